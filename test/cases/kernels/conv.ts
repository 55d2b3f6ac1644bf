import type { Activation, Backend, ConvAlgorithm, ConvKind } from '../../../src/backend/backend.js';
import type { Kind, Random } from '../../support/random.js';
import { largest, type Tolerance, winogradAmplification } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';
import { activations, productTolerance } from './gemm.js';
import { type Conv, convGeometry, describe, outputOf, plane, randomSpatial, type Spatial, volume } from './geometry.js';

const conv = (spatial: Spatial, inChannels: number, outChannels: number, groups = 1): Conv => ({
  ...spatial,
  inChannels,
  outChannels,
  groups,
});

const picked: readonly Conv[] = [
  conv(plane(0, 5, 3), 2, 3),
  conv(plane(1, 1, 1), 1, 1),
  conv(plane(2, 9, 3), 1, 32),
  conv(plane(3, 28, 3), 1, 32),
  conv(plane(5, 13, 3), 32, 64),
  conv(plane(2, 8, 1), 33, 17),
  conv(plane(2, 9, 1, { stride: [1, 2, 2] }), 16, 48),
  conv(plane(2, 7, 3, { pad: [0, 1, 1] }), 16, 16),
  conv(plane(2, 14, 3, { pad: [0, 1, 1], stride: [1, 2, 2] }), 5, 65),
  conv(plane(1, 32, 7, { pad: [0, 3, 3], stride: [1, 2, 2] }), 3, 64),
  conv(plane(2, 11, 5, { pad: [0, 2, 2] }), 4, 31),
  conv(plane(2, 15, 3, { dilation: [1, 2, 2], pad: [0, 2, 2] }), 6, 18),
  conv(plane(2, 10, 3, { pad: [0, 1, 1] }), 32, 32, 32),
  conv(plane(2, 11, 3, { pad: [0, 1, 1], stride: [1, 2, 2] }), 24, 24, 24),
  conv(plane(2, 7, 3, { pad: [0, 1, 1] }), 65, 65, 65),
  conv(plane(2, 12, 3, { pad: [0, 1, 1], stride: [1, 2, 2] }), 144, 144, 144),
  conv(plane(1, 31, 5, { pad: [0, 4, 4], dilation: [1, 2, 2] }), 48, 48, 48),
  conv(plane(1, 17, 7, { stride: [1, 3, 3], pad: [0, 3, 3] }), 3, 3, 3),
  conv({ ...plane(2, 0, 0), input: [4, 5, 6], kernel: [3, 3, 2], stride: [2, 1, 2], pad: [1, 2, 1] }, 33, 33, 33),
  conv(plane(2, 33, 3), 1, 1),
  conv(plane(2, 9, 3), 17, 34, 17),
  conv(plane(2, 9, 3), 12, 30, 3),
  conv(plane(2, 8, 4, { stride: [1, 4, 4] }), 3, 20),
  conv(plane(1, 6, 3, { stride: [1, 5, 5], pad: [0, 2, 2] }), 4, 4),
  conv(plane(2, 3, 5, { pad: [0, 4, 4] }), 2, 3),
  conv({ ...plane(3, 0, 0), input: [1, 1, 65], kernel: [1, 1, 7], pad: [0, 0, 3] }, 3, 19),
  conv(
    { ...plane(2, 0, 0), input: [1, 1, 50], kernel: [1, 1, 3], dilation: [1, 1, 4], pad: [0, 0, 8], padBehind: [0, 0, 0] },
    8,
    8,
  ),
  conv({ ...plane(2, 0, 0), input: [5, 6, 7], kernel: [3, 2, 3], pad: [1, 0, 1] }, 4, 9),
  conv({ ...plane(1, 0, 0), input: [7, 7, 7], kernel: [3, 3, 3], stride: [2, 2, 2], pad: [1, 1, 1] }, 6, 16, 2),
  conv(
    { ...plane(2, 0, 0), input: [1, 9, 40], kernel: [1, 2, 5], stride: [1, 1, 3], pad: [0, 0, 1], padBehind: [0, 1, 2] },
    7,
    33,
  ),
];

function geometries(random: Random): Conv[] {
  const fuzz = Array.from({ length: 60 }, () => {
    const groups = random.pick([1, 1, 1, 2, 3, 8]);
    // Pads up to the whole window: then whole rows of outputs see nothing but zeros.
    const spatial = randomSpatial(random, (kernel, dilation) =>
      random.integer(1, 4) === 1 ? dilation * (kernel - 1) + 1 : Math.floor(kernel / 2),
    );
    return conv(spatial, groups * random.integer(1, 9), groups * random.integer(1, 20), groups);
  });
  return [...picked, ...fuzz];
}

const label = (c: Conv) => `${describe(c)} channels=${c.inChannels} to ${c.outChannels} groups=${c.groups}`;
const sizeX = (c: Conv) => c.batch * volume(c.input) * c.inChannels;
const sizeY = (c: Conv) => c.batch * volume(outputOf(c)) * c.outChannels;
const sizeW = (c: Conv) => (volume(c.kernel) * c.inChannels * c.outChannels) / c.groups;

/** Those that sum the products as they are defined; Winograd's has calls and tolerances of its own. */
const algorithms: readonly ConvAlgorithm[] = ['auto', 'gemm', 'direct'];

/** The last argument of a call is an algorithm; where the backend cannot take it for this geometry it is left to choose. */
const withAlgorithm = (kind: ConvKind, c: Conv) => (backend: Backend, args: readonly unknown[]) => {
  const wanted = args[args.length - 1] as ConvAlgorithm;
  const taken = backend.convAlgorithm(kind, convGeometry(c), wanted);
  return [...args.slice(0, -1), taken === 'winograd' && wanted !== taken ? 'gemm' : taken];
};

const toleranceOf = (algorithm: ConvAlgorithm, k: number, maxA: number, maxB: number, maxBias = 0): Tolerance =>
  productTolerance(algorithm === 'winograd' ? winogradAmplification * k : k, maxA, maxB, 0, maxBias);

function forwardCall(
  c: Conv,
  kind: Kind,
  bias: boolean,
  activation: Activation,
  random: Random,
  algorithm: ConvAlgorithm = random.pick(algorithms),
): KernelCall {
  const [x, w] = [random.floats(sizeX(c), kind), random.floats(sizeW(c))];
  const biases = bias ? random.floats(c.outChannels) : null;
  const k = (volume(c.kernel) * c.inChannels) / c.groups;
  return callOf(
    'conv',
    `${label(c)} ${kind} bias=${bias} ${activation} ${algorithm}`,
    [x, w, biases, new Float32Array(sizeY(c)).fill(NaN), convGeometry(c), activation, algorithm],
    [{ argument: 3, tolerance: toleranceOf(algorithm, k, largest(x), largest(w), bias ? largest(biases!) : 0) }],
    withAlgorithm('forward', c),
  );
}

function forwardCalls(random: Random): KernelCall[] {
  return geometries(random).flatMap((c) => [
    forwardCall(c, 'ordinary', false, 'linear', random),
    forwardCall(c, 'ordinary', true, random.pick(activations), random),
    forwardCall(c, 'special', random.flag(), random.pick(activations), random),
  ]);
}

/** Every third geometry of a gradient meets infinities and NaN. */
const kindOf = (i: number): Kind => (i % 3 === 2 ? 'special' : 'ordinary');

const withAlgorithms = (random: Random) =>
  geometries(random).flatMap((c) => [[c, 'auto'] as const, [c, random.pick(algorithms)] as const]);

function gradInputCall(c: Conv, kind: Kind, algorithm: ConvAlgorithm, random: Random): KernelCall {
  const [dy, w] = [random.floats(sizeY(c), kind), random.floats(sizeW(c))];
  const k = (volume(c.kernel) * c.outChannels) / c.groups;
  return callOf(
    'convGradInput',
    `${label(c)} ${algorithm}`,
    [dy, w, new Float32Array(sizeX(c)).fill(NaN), convGeometry(c), algorithm],
    [{ argument: 2, tolerance: toleranceOf(algorithm, k, largest(dy), largest(w)) }],
    withAlgorithm('gradInput', c),
  );
}

function gradWeightCall(c: Conv, kind: Kind, algorithm: ConvAlgorithm, random: Random): KernelCall {
  const [x, dy] = [random.floats(sizeX(c), kind), random.floats(sizeY(c))];
  const k = c.batch * volume(outputOf(c));
  return callOf(
    'convGradWeight',
    `${label(c)} ${algorithm}`,
    [x, dy, new Float32Array(sizeW(c)).fill(NaN), convGeometry(c), algorithm],
    [{ argument: 2, tolerance: toleranceOf(algorithm, k, largest(x), largest(dy)) }],
    withAlgorithm('gradWeight', c),
  );
}

/** Results that fill tiles and that do not, one image and several, padding that reaches far, channels in odd numbers. */
function winogradGeometries(random: Random): Conv[] {
  const padded = { pad: [0, 1, 1] } as const;
  const chosen = [
    conv(plane(0, 8, 3, padded), 16, 16),
    conv(plane(1, 3, 3), 1, 1),
    conv(plane(2, 2, 3, padded), 33, 65),
    conv(plane(3, 7, 3, padded), 65, 31),
    conv(plane(2, 16, 3, padded), 16, 32),
    conv({ ...plane(1, 0, 3), input: [3, 6, 5] }, 17, 40),
    conv({ ...plane(2, 0, 3), input: [1, 5, 18], pad: [0, 4, 0], padBehind: [0, 0, 3] }, 24, 48),
    conv(plane(1, 12, 3, padded), 140, 70),
  ];
  const fuzz = Array.from({ length: 12 }, () => {
    const side = () => random.integer(0, 3);
    const spatial = { input: [1, random.integer(3, 13), random.integer(3, 13)], pad: [0, side(), side()] } as const;
    return conv(
      { ...plane(random.integer(1, 3), 0, 3), ...spatial, padBehind: [0, side(), side()] },
      random.integer(1, 36),
      random.integer(1, 36),
    );
  });
  return [...chosen, ...fuzz];
}

export const convCases: readonly KernelCase[] = [
  { kernel: 'conv', alsoCovers: ['convAlgorithm'], calls: forwardCalls },
  {
    kernel: 'convGradInput',
    calls: (random) => withAlgorithms(random).map(([c, algorithm], i) => gradInputCall(c, kindOf(i), algorithm, random)),
  },
  {
    kernel: 'convGradWeight',
    calls: (random) => withAlgorithms(random).map(([c, algorithm], i) => gradWeightCall(c, kindOf(i), algorithm, random)),
  },
  {
    kernel: 'conv',
    op: 'winograd',
    calls: (random) =>
      winogradGeometries(random).map((c, i) =>
        forwardCall(c, 'ordinary', i % 2 === 0, activations[i % activations.length], random, 'winograd'),
      ),
  },
  {
    kernel: 'convGradInput',
    op: 'winograd',
    calls: (random) => winogradGeometries(random).map((c) => gradInputCall(c, 'ordinary', 'winograd', random)),
  },
  {
    kernel: 'convGradWeight',
    op: 'winograd',
    calls: (random) => winogradGeometries(random).map((c) => gradWeightCall(c, 'ordinary', 'winograd', random)),
  },
];
