import {
  type AxisMatrix,
  adaptiveMeans,
  cubicBetween,
  linearBetween,
  nearestCells,
  transposed,
  windowMeans,
} from '../../../src/ops/axisMatrix.js';
import { planOf } from '../../../src/ops/resample.js';
import type { Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { largest, sumOfProducts, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

/** A random matrix of one of the kinds that ops make of an axis of `input` cells, or the transposed one of such a matrix. */
function matrixOf(random: Random, input: number): AxisMatrix {
  const output = random.integer(1, 20);
  const scaling = { input, output, alignCorners: random.flag() };
  const [kernel, dilation] = [random.integer(1, 4), random.integer(1, 2)];
  const reach = (kernel - 1) * dilation;
  const [before, after] = [random.integer(0, reach), random.integer(0, reach)];
  const windows = { input, output, kernel, stride: random.integer(1, 3), before, after, dilation };
  const matrix = random.pick([
    () => windowMeans(windows, random.flag()),
    () => adaptiveMeans(input, output),
    () => nearestCells(scaling, 0),
    () => linearBetween(scaling),
    () => cubicBetween(scaling),
  ])();
  return matrix;
}

/** The most that the weights of a row add up to, over its divisor, and the most taps of a row. */
function extentOf({ starts, weights, divisors }: AxisMatrix): { taps: number; weight: number } {
  let [taps, weight] = [0, 0];
  divisors.forEach((divisor, row) => {
    const own = weights.subarray(starts[row], starts[row + 1]);
    taps = Math.max(taps, own.length);
    weight = Math.max(weight, own.reduce((sum, one) => sum + Math.abs(one), 0) / Math.abs(divisor));
  });
  return { taps, weight };
}

function callWith(random: Random, batch: number, channels: number, matrices: readonly AxisMatrix[]): KernelCall {
  const [input, output] = [matrices.map(({ columns }) => columns), matrices.map(({ divisors }) => divisors.length)];
  const product = (list: readonly number[]) => list.reduce((a, b) => a * b, batch * channels);
  const x = random.floats(product(input));
  const { geometry, starts, cells, weights, divisors } = planOf(matrices, batch, channels, 'float32');
  const extents = matrices.map(extentOf);
  const taps = extents.reduce((sum, one) => sum + one.taps, 0);
  // Each weight and their products are rounded, too: two roundings more a tap.
  const absolute = sumOfProducts(
    3 * taps,
    largest(x),
    extents.reduce((most, one) => most * one.weight, 1),
  );
  return callOf(
    'resample',
    `batch=${batch} in=${input} out=${output} channels=${channels}`,
    [x, new Float32Array(product(output)).fill(NaN), geometry, starts, cells, weights, divisors],
    [{ argument: 1, tolerance: within(absolute, 2) }],
  );
}

function resampleCalls(random: Random): KernelCall[] {
  const inputs = (dimensions: number) => Array.from({ length: dimensions }, () => random.integer(1, dimensions === 3 ? 6 : 17));
  const fuzz = Array.from({ length: 80 }, (_, i) => {
    const matrices = inputs(random.pick([1, 2, 2, 3])).map((input) => matrixOf(random, input));
    return callWith(
      random,
      random.integer(1, 3),
      random.pick([1, 3, 16, 17, 64, 65, 100]),
      i % 2 === 0 ? matrices : matrices.map(transposed),
    );
  });
  const halves = windowMeans({ input: 28, output: 14, kernel: 2, stride: 2, before: 0, after: 0, dilation: 1 }, true);
  const threes = windowMeans({ input: 14, output: 14, kernel: 3, stride: 1, before: 1, after: 1, dilation: 1 }, false);
  const twice = linearBetween({ input: 20, output: 40, alignCorners: false });
  const picked: [batch: number, channels: number, matrices: AxisMatrix[]][] = [
    [3, 32, [halves, halves]],
    [2, 64, [threes, threes]],
    [2, 64, [transposed(threes), transposed(threes)]],
    [2, 33, [twice, twice]],
    [1, 200, [adaptiveMeans(56, 1), adaptiveMeans(56, 1)]],
    [1, 1000, [adaptiveMeans(40, 1), adaptiveMeans(40, 39)]],
    [0, 3, [halves]],
    ...sizes.map((channels): [number, number, AxisMatrix[]] => [
      1,
      channels,
      [adaptiveMeans(9, 4), nearestCells({ input: 5, output: 9, alignCorners: false }, 0.5)],
    ]),
  ];
  return [...fuzz, ...picked.map(([batch, channels, matrices]) => callWith(random, batch, channels, matrices))];
}

export const resampleCases: readonly KernelCase[] = [{ kernel: 'resample', calls: resampleCalls }];
