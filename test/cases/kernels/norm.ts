import type { Backend } from '../../../src/backend/backend.js';
import { referenceBackend } from '../../../src/backend/reference/index.js';
import type { Random } from '../../support/random.js';
import { eps, largest, sumOfProducts, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase, type Output } from './case.js';

type Geometry = readonly [outer: number, length: number, groups: number, width: number];

/** What a call leaves out cannot be compared. */
const written = (args: readonly unknown[], outputs: readonly Output[]) =>
  outputs.filter(({ argument }) => args[argument] !== null);

const geometries: readonly Geometry[] = [
  // Contiguous runs: layer normalisation, group normalisation without positions.
  ...[1, 3, 15, 16, 17, 63, 65, 100, 1000].map((width): Geometry => [5, 1, 1, width]),
  [3, 1, 4, 6],
  [2, 1, 1, 9001],
  [700, 1, 1, 128],
  [301, 1, 3, 100],
  // Columns: few channels, whose rows are folded, with and without rows left over; then many.
  ...[1, 3, 5, 16, 63, 64, 65, 100].map((channels): Geometry => [1, 37, channels, 1]),
  [1, 32, 6, 1],
  [4, 9, 5, 1],
  [3, 7, 2, 3],
  [2, 8, 1, 6],
  // Several units of work, strips of columns, blocks that leave the cache.
  [1, 3000, 37, 1],
  [1, 70_001, 3, 1],
  [2, 700, 100, 2],
  [1, 130, 1100, 1],
  [9, 400, 8, 4],
  // Nothing.
  [0, 3, 2, 2],
  [2, 0, 3, 1],
  [2, 3, 0, 1],
  [2, 1, 1, 0],
];

/** Sums are kept in float for at most this many additions; see native/kernels/norm-inl.h and native/ops/norm_columns.cc. */
const longestRun = 1024;

interface Problem {
  readonly geometry: Geometry;
  readonly x: Float32Array;
  readonly scale: Float32Array | null;
  readonly shift: Float32Array | null;
  readonly mean: Float32Array | null;
  readonly variance: Float32Array;
  readonly dims: Int32Array;
  readonly epsilon: number;
  /** Relative error of a sum over the elements of a statistic, and of what else is rounded on the way. */
  readonly error: number;
  /** Largest |x - mean|, 1 / deviation and their product. */
  readonly spread: number;
  readonly inverse: number;
  readonly unit: number;
}

function problemOf(geometry: Geometry, random: Random, far: boolean, centred: boolean, affine: boolean): Problem {
  const [outer, length, groups, width] = geometry;
  const x = random.floats(outer * length * groups * width).map((value) => (far ? 1000 + value : value));
  const dims = Int32Array.from(geometry);
  const scale = affine ? random.floats(groups * width) : null;
  const shift = affine ? random.floats(groups * width) : null;
  const mean = centred ? new Float32Array(outer * groups) : null;
  const variance = new Float32Array(outer * groups);
  const epsilon = 1e-5;
  referenceBackend.norm(x, null, null, mean, variance, new Float32Array(x.length), dims, epsilon, false, false);
  const statisticOf = (i: number) => Math.floor(i / (length * groups * width)) * groups + (Math.floor(i / width) % groups);
  const deviations = x.map((value, i) => value - (mean === null ? 0 : (mean[statisticOf(i)] as number)));
  const inverses = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  return {
    geometry,
    x,
    scale,
    shift,
    mean,
    variance,
    dims,
    epsilon,
    error: eps * (Math.min(length * width, longestRun) / 2 + 8),
    spread: largest(deviations),
    inverse: largest(inverses),
    unit: largest(deviations.map((d, i) => d * (inverses[statisticOf(i)] as number))),
  };
}

function problems(random: Random): [string, Problem][] {
  return geometries.flatMap((geometry): [string, Problem][] => [
    [`[${geometry}]`, problemOf(geometry, random, false, true, true)],
    [`[${geometry}] far from 0, plain`, problemOf(geometry, random, true, true, false)],
    [`[${geometry}] without a mean`, problemOf(geometry, random, false, false, true)],
  ]);
}

function normCalls(random: Random): KernelCall[] {
  return problems(random).flatMap(([label, p]) =>
    [
      [false, false],
      [true, false],
      [false, true],
    ].map(([fixed = false, relu = false]) => {
      const given = (values: Float32Array) => (fixed ? values : values.slice().fill(7));
      // What the mean lacks is scaled as the data are; the variance's error counts half; the rest are roundings of the result's parts.
      const scale = p.scale === null ? 1 : largest(p.scale);
      const bound = scale * p.error * (p.inverse * p.spread + p.unit) + 4 * eps * (scale * p.unit + largest(p.shift ?? []));
      const args: Parameters<Backend['norm']> = [
        p.x,
        p.scale,
        p.shift,
        p.mean && given(p.mean),
        given(p.variance),
        p.x.slice().fill(7),
        p.dims,
        p.epsilon,
        fixed,
        relu,
      ];
      const outputs = [
        { argument: 3, tolerance: within(p.error * p.spread) },
        { argument: 4, tolerance: within((i) => p.error * (p.variance[i] as number)) },
        { argument: 5, tolerance: within(bound) },
      ];
      return callOf('norm', `${label}${fixed ? ', given statistics' : ''}${relu ? ', relu' : ''}`, args, written(args, outputs));
    }),
  );
}

function normGradCalls(random: Random): KernelCall[] {
  return problems(random).flatMap(([label, p], i) => {
    const [outer, length, groups, width] = p.geometry;
    const channels = groups * width;
    const dy = random.floats(p.x.length);
    const most = largest(dy) * (p.scale === null ? 1 : largest(p.scale));
    return [
      [false, false],
      [true, false],
      [i % 2 === 0, true],
    ].map(([fixed = false, relu = false]) => {
      const inPlace = i % 2 === 1;
      // Zeros of both signs, which are not above 0, and NaN, which is not either.
      const rectified = random.floats(p.x.length).map((value, at) => [value, 0, -0, Number.NaN, value][at % 5] as number);
      // Each of the two means is off by the error of its sum; three products are rounded.
      const bound = p.inverse * most * (p.error * (1 + p.unit * p.unit) + 4 * eps * (1 + p.unit));
      const parameters = i % 3 !== 0;
      const dx = inPlace ? dy : dy.slice().fill(7);
      const gradient = () => (parameters ? new Float32Array(channels).fill(7) : null);
      const args: Parameters<Backend['normGrad']> = [
        p.x,
        dy,
        p.scale,
        p.mean,
        p.variance,
        i % 5 === 4 ? null : dx,
        gradient(),
        gradient(),
        p.dims,
        p.epsilon,
        fixed,
        relu ? rectified : null,
      ];
      const outputs = [
        { argument: 5, tolerance: within(bound) },
        { argument: 6, tolerance: within(sumOfProducts(outer * length, largest(dy), p.unit)) },
        { argument: 7, tolerance: within(sumOfProducts(outer * length, largest(dy), 1)) },
      ];
      const name = `${label}${fixed ? ', given statistics' : ''}${relu ? ', relu' : ''}${inPlace ? ', in place' : ''}${parameters ? '' : ', dx alone'}`;
      return callOf('normGrad', name, args, written(args, outputs));
    });
  });
}

export const normCases: readonly KernelCase[] = [
  { kernel: 'norm', calls: normCalls },
  { kernel: 'normGrad', calls: normGradCalls },
];
