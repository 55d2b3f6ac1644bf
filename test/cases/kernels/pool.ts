import { referenceBackend } from '../../../src/backend/reference/index.js';
import type { Kind, Random } from '../../support/random.js';
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

/** Windows that see nothing but padding: no maximum, no gradient to it, and a mean of 0. */
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
  return [...pools(random), blind].flatMap((pool) => [
    call(pool, 'ordinary', true),
    call(pool, 'tied', true),
    call(pool, 'special', true),
    call(pool, 'hostile', false),
  ]);
}

function maxPoolGradCalls(random: Random): KernelCall[] {
  return pools(random).map((pool) => {
    const geometry = poolGeometry(pool.spatial, pool.channels);
    const indices = new Int32Array(sizeY(pool));
    referenceBackend.maxPool(random.floats(sizeX(pool), 'tied'), new Float32Array(sizeY(pool)), indices, geometry);
    const dy = random.floats(sizeY(pool));
    return callOf(
      'maxPoolGrad',
      label(pool),
      [dy, indices, new Float32Array(sizeX(pool)).fill(NaN), geometry],
      [{ argument: 2, tolerance: within(sumOfProducts(volume(pool.spatial.kernel), largest(dy), 1)) }],
    );
  });
}

function avgPoolCalls(random: Random): KernelCall[] {
  return [...pools(random), blind].flatMap((pool) =>
    [true, false].map((countPad) => {
      const x = random.floats(sizeX(pool));
      return callOf(
        'avgPool',
        `${label(pool)} countPad=${countPad}`,
        [x, new Float32Array(sizeY(pool)).fill(NaN), poolGeometry(pool.spatial, pool.channels), countPad],
        [{ argument: 1, tolerance: within(sumOfProducts(volume(pool.spatial.kernel), largest(x), 1), 2) }],
      );
    }),
  );
}

function avgPoolGradCalls(random: Random): KernelCall[] {
  return [...pools(random), blind].flatMap((pool) =>
    [true, false].map((countPad) => {
      const dy = random.floats(sizeY(pool));
      return callOf(
        'avgPoolGrad',
        `${label(pool)} countPad=${countPad}`,
        [dy, new Float32Array(sizeX(pool)).fill(NaN), poolGeometry(pool.spatial, pool.channels), countPad],
        [{ argument: 1, tolerance: within(sumOfProducts(volume(pool.spatial.kernel), largest(dy), 1), 2) }],
      );
    }),
  );
}

export const poolCases: readonly KernelCase[] = [
  { kernel: 'maxPool', calls: maxPoolCalls },
  { kernel: 'maxPoolGrad', calls: maxPoolGradCalls },
  { kernel: 'avgPool', calls: avgPoolCalls },
  { kernel: 'avgPoolGrad', calls: avgPoolGradCalls },
];
