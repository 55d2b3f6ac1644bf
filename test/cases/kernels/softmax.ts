import { referenceBackend } from '../../../src/backend/reference/index.js';
import type { Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { eps, largest, sumOfProducts, type Tolerance, ulps, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

type Extent = readonly [rows: number, cols: number];

const extents: readonly Extent[] = [
  ...[...sizes, 10, 15, 16, 100].map((cols): Extent => [5, cols]),
  ...sizes.map((rows): Extent => [rows, 10]),
  [128, 10],
  [3, 1025],
  [2, 40_003],
  [301, 1000],
];

/** Rows whose greatest element, an overflow without the shift or an infinity decides. */
function inputs(rows: number, cols: number, random: Random): Record<string, Float32Array> {
  const ordinary = random.floats(rows * cols);
  return {
    ordinary,
    steep: ordinary.map((x) => 60 * x),
    huge: ordinary.map((x) => 1e38 * x),
    masked: ordinary.map((x, i) => (i % 3 === 1 ? -Infinity : x)),
  };
}

const forbidden = (rows: number, cols: number, value: number) =>
  new Float32Array(rows * cols).fill(1).map((x, i) => (i % cols === 2 ? value : x));

/**
 * Error of x - max (half an ulp of the difference, which exp turns into a relative error), of exp itself, and of a sum of
 * positive terms in 16 lanes and blocks.
 */
function relativeErrors(x: Float32Array, cols: number): (i: number) => number {
  const greatest = new Float64Array(cols === 0 ? 0 : x.length / cols).fill(-Infinity);
  x.forEach((value, i) => {
    const row = Math.floor(i / cols);
    greatest[row] = Math.max(greatest[row], value);
  });
  return (i) => {
    const fall = greatest[Math.floor(i / cols)] - x[i];
    return eps * (6 + (Number.isFinite(fall) ? fall / 2 : 0) + Math.min(cols, 1024) / 32);
  };
}

function probabilityTolerance(x: Float32Array, cols: number): Tolerance {
  const exact = new Float64Array(x.length);
  referenceBackend.softmax(Float64Array.from(x), exact, cols === 0 ? 0 : x.length / cols, cols, false);
  const relativeError = relativeErrors(x, cols);
  return within((i) => exact[i] * relativeError(i), 2);
}

/** A relative error of the sum is an absolute one of its logarithm; the two subtractions round. */
function logTolerance(x: Float32Array, cols: number): Tolerance {
  const logOfCols = Math.log(Math.max(cols, 1));
  const relativeError = relativeErrors(x, cols);
  return within((i) => relativeError(i) + eps * logOfCols, 2);
}

function softmaxCalls(random: Random): KernelCall[] {
  const call = (label: string, x: Float32Array, rows: number, cols: number, log: boolean, inPlace: boolean) =>
    callOf(
      'softmax',
      `${log ? 'log ' : ''}${label} [${rows}, ${cols}]${inPlace ? ' in place' : ''}`,
      [x, inPlace ? x : new Float32Array(x.length).fill(7), rows, cols, log],
      [{ argument: 1, tolerance: log ? logTolerance(x, cols) : probabilityTolerance(x, cols) }],
    );
  return [false, true].flatMap((log) => [
    ...extents.flatMap(([rows, cols], i) =>
      Object.entries(inputs(rows, cols, random)).map(([label, x]) => call(label, x, rows, cols, log, i % 2 === 1)),
    ),
    ...[NaN, Infinity].map((value) => call(`with ${value}`, forbidden(3, 5, value), 3, 5, log, false)),
    call('nothing but -Infinity', new Float32Array(10).fill(-Infinity), 2, 5, log, false),
  ]);
}

function softmaxGradCalls(random: Random): KernelCall[] {
  return [false, true].flatMap((log) =>
    extents.map(([rows, cols], i) => {
      const y = new Float32Array(rows * cols);
      referenceBackend.softmax(random.floats(rows * cols), y, rows, cols, log);
      const dy = random.floats(rows * cols);
      const inPlace = i % 2 === 1;
      const largestDy = largest(dy);
      const sumError = sumOfProducts(cols, log ? 1 : largest(y), largestDy);
      const sumBound = cols * largestDy;
      // The weight multiplies the sum's error; it, the difference and the last product are rounded.
      const bound = (at: number) =>
        log
          ? Math.exp(y[at]) * (sumError + 4 * eps * sumBound) + eps * Math.abs(dy[at])
          : y[at] * (sumError + 2 * eps * largestDy);
      return callOf(
        'softmaxGrad',
        `${log ? 'log ' : ''}[${rows}, ${cols}]${inPlace ? ' in place' : ''}`,
        [y, dy, inPlace ? dy : new Float32Array(dy.length).fill(7), rows, cols, log],
        [{ argument: 2, tolerance: within(bound, 2) }],
      );
    }),
  );
}

function crossEntropyCalls(random: Random): KernelCall[] {
  return extents
    .filter(([, cols]) => cols > 0)
    .flatMap(([rows, cols]) =>
      Object.entries(inputs(rows, cols, random)).map(([label, x]) => {
        const labels = random.integers(rows, 0, cols - 1);
        const log = logTolerance(x, cols);
        const loss: Tolerance = within((r) => (log.kind === 'within' ? log.absolute(r * cols + labels[r]) : 0), 2);
        return callOf(
          'crossEntropy',
          `${label} [${rows}, ${cols}]`,
          [x, labels, new Float32Array(rows).fill(7), new Float32Array(rows * cols).fill(7), rows, cols],
          [
            { argument: 2, tolerance: loss },
            { argument: 3, tolerance: probabilityTolerance(x, cols) },
          ],
        );
      }),
    );
}

function crossEntropyGradCalls(random: Random): KernelCall[] {
  return extents
    .filter(([, cols]) => cols > 0)
    .map(([rows, cols], i) => {
      const probabilities = new Float32Array(rows * cols);
      referenceBackend.softmax(random.floats(rows * cols), probabilities, rows, cols, false);
      const inPlace = i % 2 === 1;
      return callOf(
        'crossEntropyGrad',
        `[${rows}, ${cols}]${inPlace ? ' in place' : ''}`,
        [
          probabilities,
          random.integers(rows, 0, cols - 1),
          random.floats(rows),
          inPlace ? probabilities : new Float32Array(rows * cols).fill(7),
          rows,
          cols,
        ],
        [{ argument: 3, tolerance: ulps(2) }],
      );
    });
}

export const softmaxCases: readonly KernelCase[] = [
  { kernel: 'softmax', calls: softmaxCalls },
  { kernel: 'softmaxGrad', calls: softmaxGradCalls },
  { kernel: 'crossEntropy', calls: crossEntropyCalls },
  { kernel: 'crossEntropyGrad', calls: crossEntropyGradCalls },
];
