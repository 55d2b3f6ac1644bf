import { referenceBackend } from '../../../src/backend/reference/index.js';
import type { Kind, Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { equal, largest, same, sumOfProducts, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';
import { describe, outputOf, plane, poolGeometry, randomSpatial, type Spatial, volume } from './geometry.js';

interface Pool {
  readonly spatial: Spatial;
  readonly channels: number;
}

const halved = { stride: [1, 2, 2] } as const;
const picked: readonly Pool[] = [
  { spatial: plane(0, 4, 2, halved), channels: 3 },
  { spatial: plane(3, 26, 2, halved), channels: 32 },
  { spatial: plane(3, 11, 2, halved), channels: 64 },
  { spatial: plane(2, 9, 2, halved), channels: 17 },
  { spatial: plane(2, 8, 2, halved), channels: 1 },
  { spatial: plane(2, 10, 3, { stride: [1, 2, 2], pad: [0, 1, 1] }), channels: 33 },
  { spatial: plane(2, 7, 3, { pad: [0, 1, 1] }), channels: 16 },
  { spatial: plane(2, 7, 7), channels: 65 },
  { spatial: plane(1, 9, 3, { dilation: [1, 2, 2], pad: [0, 1, 1] }), channels: 5 },
  { spatial: plane(2, 9, 2, { stride: [1, 3, 3] }), channels: 16 },
  { spatial: { ...plane(2, 0, 0), input: [1, 1, 40], kernel: [1, 1, 4], stride: [1, 1, 4] }, channels: 20 },
  { spatial: { ...plane(2, 0, 0), input: [4, 5, 6], kernel: [2, 2, 2], stride: [2, 2, 2] }, channels: 16 },
  { spatial: { ...plane(2, 0, 0), input: [5, 5, 5], kernel: [3, 3, 3], stride: [2, 1, 2], pad: [1, 1, 1] }, channels: 3 },
];

/** Windows that see nothing but padding: no maximum, and no gradient to it. */
const blind: Pool = { spatial: plane(2, 3, 2, { stride: [1, 2, 2], pad: [0, 3, 3] }), channels: 17 };

/** Padding of at most half a window, as layers allow it: every window then holds a cell of the input. */
function pools(random: Random): Pool[] {
  const fuzz = Array.from({ length: 60 }, () => ({
    spatial: randomSpatial(random, (kernel, dilation) => (dilation === 1 ? Math.floor(kernel / 2) : 0)),
    channels: random.pick([1, 2, 3, 8, 16, 17, 31, 32, 33, 65]),
  }));
  return [...picked, ...fuzz];
}

const label = ({ spatial, channels }: Pool) => `${describe(spatial)} channels=${channels}`;
const sizeX = ({ spatial, channels }: Pool) => spatial.batch * volume(spatial.input) * channels;
const sizeY = ({ spatial, channels }: Pool) => spatial.batch * volume(outputOf(spatial)) * channels;

/** Adaptive windows, by the sizes of input and output. */
function adaptiveGeometries(random: Random): { geometry: Int32Array; text: string }[] {
  const planes = [
    ['1,7,9', '1,3,4', 17],
    ['1,8,12', '1,4,4', 16],
    ['1,1,5', '1,1,13', 3],
    ['5,7,6', '2,3,5', 8],
    ['1,31,33', '1,1,1', 65],
    ['1,14,14', '1,14,7', 33],
  ] as const;
  return planes.map(([input, output, channels]) => {
    const [batch, ones] = [random.integer(1, 3), [1, 1, 1]];
    const triple = (text: string) => text.split(',').map(Number);
    const geometry = Int32Array.of(batch, ...triple(input), channels, ...triple(output), 0, 0, 0, ...ones, 0, 0, 0, ...ones);
    return { geometry, text: `adaptive batch=${batch} in=${input} out=${output} channels=${channels}` };
  });
}

const lengthX = (g: Int32Array) => g.slice(0, 5).reduce((a, b) => a * b, 1);
const lengthY = (g: Int32Array) => [0, 4, 5, 6, 7].reduce((product, field) => product * g[field], 1);

function maxPoolCalls(random: Random): KernelCall[] {
  const call = (pool: Pool, kind: Kind, withIndices: boolean) => {
    const indices = withIndices ? new Int32Array(sizeY(pool)).fill(-7) : null;
    return callOf(
      'maxPool',
      `${label(pool)} ${kind} indices=${withIndices}`,
      [
        random.floats(sizeX(pool), kind),
        new Float32Array(sizeY(pool)).fill(7),
        indices,
        poolGeometry(pool.spatial, pool.channels),
      ],
      [{ argument: 1, tolerance: equal }, ...(withIndices ? [{ argument: 2, tolerance: same }] : [])],
    );
  };
  const adaptive = adaptiveGeometries(random).flatMap(({ geometry, text }) =>
    [true, false].map((withIndices) => {
      const indices = withIndices ? new Int32Array(lengthY(geometry)).fill(-7) : null;
      return callOf(
        'maxPool',
        `${text} indices=${withIndices}`,
        [random.floats(lengthX(geometry), 'special'), new Float32Array(lengthY(geometry)).fill(7), indices, geometry],
        [{ argument: 1, tolerance: equal }, ...(withIndices ? [{ argument: 2, tolerance: same }] : [])],
      );
    }),
  );
  const windows = [...pools(random), blind].flatMap((pool) => [
    call(pool, 'ordinary', true),
    call(pool, 'tied', true),
    call(pool, 'special', true),
    call(pool, 'special', false),
    call(pool, 'hostile', false),
  ]);
  return [...windows, ...adaptive];
}

function maxPoolGradCalls(random: Random): KernelCall[] {
  const call = (text: string, geometry: Int32Array, most: number) => {
    const [lengthOfX, lengthOfY] = [lengthX(geometry), lengthY(geometry)];
    const indices = new Int32Array(lengthOfY);
    referenceBackend.maxPool(random.floats(lengthOfX, 'tied'), new Float32Array(lengthOfY), indices, geometry);
    const dy = random.floats(lengthOfY);
    return callOf(
      'maxPoolGrad',
      text,
      [dy, indices, new Float32Array(lengthOfX).fill(NaN), geometry],
      [{ argument: 2, tolerance: within(sumOfProducts(most, largest(dy), 1)) }],
    );
  };
  return [
    ...pools(random).map((pool) => call(label(pool), poolGeometry(pool.spatial, pool.channels), volume(pool.spatial.kernel))),
    ...adaptiveGeometries(random).map(({ geometry, text }) => call(text, geometry, lengthY(geometry))),
  ];
}

/** Each image, with a plane of its own size and indices anywhere in it. */
function unpoolCalls(random: Random, kernel: 'maxUnpool' | 'maxUnpoolGrad'): KernelCall[] {
  const fuzz = sizes.map((channels) => [random.integer(1, 3), random.integer(0, 70), random.integer(1, 90), channels] as const);
  const picked = [[0, 3, 4, 5] as const, [1, 700, 2800, 64] as const, [9, 50, 200, 17] as const, [2, 3000, 1, 3] as const];
  return [...fuzz, ...picked].map(([batch, positions, plane, channels]) => {
    const values = batch * positions * channels;
    const cells = batch * plane * channels;
    const indices = random.integers(values, 0, plane - 1);
    const dims = Int32Array.of(batch, positions, plane, channels);
    const [from, to] = kernel === 'maxUnpool' ? [values, cells] : [cells, values];
    const args = [random.floats(from, 'special'), indices, new Float32Array(to).fill(7), dims] as const;
    return callOf(
      kernel,
      `batch=${batch} positions=${positions} plane=${plane} channels=${channels}`,
      [...args],
      [{ argument: 2, tolerance: same }],
    );
  });
}

export const poolCases: readonly KernelCase[] = [
  { kernel: 'maxPool', calls: maxPoolCalls },
  { kernel: 'maxPoolGrad', calls: maxPoolGradCalls },
  { kernel: 'maxUnpool', calls: (random) => unpoolCalls(random, 'maxUnpool') },
  { kernel: 'maxUnpoolGrad', calls: (random) => unpoolCalls(random, 'maxUnpoolGrad') },
];
