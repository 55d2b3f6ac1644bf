import { noGrad, record } from '../autograd/tape.js';
import { ArgumentError, checkOptions, describe } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { type AxisMatrix, type AxisWindows, adaptiveMeans, transposed, windowMeans, windowSums } from './axisMatrix.js';
import { equal, mul, where } from './binary.js';
import { checkNumber } from './operand.js';
import { type AdaptiveSize, adaptiveSizes, maxPool, type PoolOptions, poolWindows, spatialRank } from './pool.js';
import { applyMatrices, resample } from './resample.js';
import { abs, neg, powScalar, rsqrt, sqrt, square } from './unary.js';

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts in the divisor; default true. What a window has beyond the padding (in ceil mode) never counts. */
  countPad?: boolean;
  /** Divides in place of the count of cells. */
  divisor?: number;
}

export interface LpPoolOptions extends PoolOptions {
  /** The exponent p; default 2. Infinity gives the greatest magnitude of each window, -Infinity the smallest. */
  norm?: number;
  /** Whether the sum is over |x|^p rather than x^p; default false, as in PyTorch. They differ where p is odd or no whole number. */
  absolute?: boolean;
  /** Whether a window cut short by ceil mode counts as if full, its sum scaled up; default true, as in PyTorch. */
  rescale?: boolean;
}

/** The windows on each spatial axis of x. */
function axesOf(where: string, x: Tensor, options: PoolOptions): AxisWindows[] {
  const rank = spatialRank(where, x);
  checkOptions(where, options);
  const w = poolWindows(where, x.shape.slice(1, -1), options);
  const axes = w.input.map((input, i) => ({
    input,
    output: w.output[i] as number,
    kernel: w.kernel[i] as number,
    stride: w.stride[i] as number,
    before: w.padBefore[i] as number,
    after: w.padAfter[i] as number,
    dilation: w.dilation[i] as number,
  }));
  return axes.slice(3 - rank);
}

function checkBoolean(where: string, name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean')
    throw new ArgumentError(`[${where}] expected ${name} to be true or false, received ${describe(value)}`);
}

/** The matrices of an average, those of the last axes of x. */
function averages(where: string, x: Tensor, options: AvgPoolOptions): AxisMatrix[] {
  const axes = axesOf(where, x, options);
  const { countPad = true, divisor } = options;
  checkBoolean(where, 'countPad', countPad);
  if (divisor === undefined) return axes.map((axis) => windowMeans(axis, countPad));
  checkNumber(where, 'divisor', divisor);
  if (divisor === 0 || !Number.isFinite(divisor))
    throw new ArgumentError(`[${where}] expected a divisor other than 0, received ${divisor}`);
  const [first, ...others] = axes.map(windowSums) as [AxisMatrix, ...AxisMatrix[]];
  return [{ ...first, divisors: first.divisors.fill(divisor) }, ...others];
}

/**
 * Mean of each window over 1, 2 or 3 spatial axes.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...output, channels], output sizes by `resolveWindows`
 * @throws ShapeError where no window fits
 */
export function avgPool(x: Tensor, options: AvgPoolOptions): Tensor {
  return resample('avgPool', x, averages('avgPool', x, options));
}

/**
 * Mean of windows that are laid out for an output of a given size: window i of an axis runs from floor(i * input / output) to
 * ceil((i + 1) * input / output), the end excluded.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...outputSize, channels]
 */
export function adaptiveAvgPool(x: Tensor, outputSize: AdaptiveSize): Tensor {
  spatialRank('adaptiveAvgPool', x);
  const sizes = adaptiveSizes('adaptiveAvgPool', x.shape.slice(1, -1), outputSize);
  const matrices = sizes.map((size, i) => adaptiveMeans(x.shape[i + 1] as number, size));
  return resample('adaptiveAvgPool', x, matrices);
}

/** x^exponent, by the operations that are exact or fast where there are such. */
function power(x: Tensor, exponent: number): Tensor {
  if (exponent === 2) return square(x);
  if (exponent === 0.5) return sqrt(x);
  if (exponent === -0.5) return rsqrt(x);
  return exponent === 1 ? x : powScalar(x, exponent);
}

/** y = (sum of x^p over each window)^(1/p) where `matrices` sum; its gradient is 0 where the sum is. */
function powerSums(x: Tensor, p: number, matrices: readonly AxisMatrix[]): Tensor {
  const sums = noGrad(() => applyMatrices(matrices, power(x, p)));
  const y = noGrad(() => power(sums, 1 / p));
  return record('lpPool', y, [x], (dy) => [
    noGrad(() => {
      const shares = where(equal(sums, 0), 0, mul(power(sums, 1 / p - 1), dy));
      return mul(power(x, p - 1), applyMatrices(matrices.map(transposed), shares));
    }),
  ]);
}

/**
 * The p-norm of each window, (sum of x^p)^(1/p), over 1, 2 or 3 spatial axes: L2 pooling by default, the sum at p = 1. A negative sum
 * has no root: NaN. Where the sum is 0, so is the gradient.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...output, channels], output sizes by `resolveWindows`
 * @throws ShapeError where no window fits
 */
export function lpPool(x: Tensor, options: LpPoolOptions): Tensor {
  const windows = axesOf('lpPool', x, options);
  const { norm = 2, absolute = false, rescale = true } = options;
  checkNumber('lpPool', 'norm', norm);
  checkBoolean('lpPool', 'absolute', absolute);
  checkBoolean('lpPool', 'rescale', rescale);
  if (norm === 0 || Number.isNaN(norm)) throw new ArgumentError(`[lpPool] expected a norm other than 0, received ${norm}`);
  if (norm === Infinity) return maxPool(abs(x), options);
  if (norm === -Infinity) return neg(maxPool(neg(abs(x)), options));
  const sums = windows.map((axis) => {
    if (!rescale) return windowSums(axis);
    const means = windowMeans(axis, true);
    return { ...means, divisors: means.divisors.map((count) => count / axis.kernel) };
  });
  return powerSums(absolute ? abs(x) : x, norm, sums);
}
