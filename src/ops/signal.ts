/**
 * Convolution and cross-correlation of signals as signal processing defines them, over 1 or 2 axes, without batch or channels:
 * (x * k)[n] = sum over i of x[n - i] k[i], and (x ⋆ k)[n] = sum over i of x[n + i] k[i]. What layers call convolution is the second.
 */
import { ArgumentError, describe, ShapeError } from '../errors.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { conv } from './conv.js';
import { flip, reshape } from './movement.js';
import { checkFloatTensor } from './operand.js';

/**
 * Which part of the result: `full` all where signals touch (n + k - 1 on each axis), `same` the middle of it, as large as x, `valid`
 * where the kernel lies inside of x (n - k + 1).
 */
export type SignalMode = 'full' | 'same' | 'valid';

/** Cells of zeros before and after a signal for a kernel of k. Of `full`, `same` leaves out (k - 1) >> 1 in front. */
const padding: Readonly<Record<SignalMode, (k: number) => [number, number]>> = {
  full: (k) => [k - 1, k - 1],
  same: (k) => [k >> 1, (k - 1) >> 1],
  valid: () => [0, 0],
};

function checkSignals(where: string, x: Tensor, k: Tensor, mode: SignalMode): void {
  checkFloatTensor(where, x);
  checkFloatTensor(where, k);
  for (const signal of [x, k]) {
    if (signal.rank < 1 || signal.rank > 2 || signal.size === 0 || signal.rank !== x.rank) {
      throw new ShapeError(
        `[${where}] expected two signals [n] or two images [height, width], received ${shapeText(x.shape)} and ${shapeText(k.shape)}`,
      );
    }
  }
  if (typeof mode !== 'string' || !Object.hasOwn(padding, mode)) {
    throw new ArgumentError(`[${where}] expected a mode, 'full', 'same' or 'valid', received ${describe(mode)}`);
  }
}

function slide(x: Tensor, k: Tensor, mode: SignalMode): Tensor {
  const y = conv(reshape(x, [1, ...x.shape, 1]), reshape(k, [...k.shape, 1, 1]), null, { padding: k.shape.map(padding[mode]) });
  return reshape(y, y.shape.slice(1, -1));
}

/** Whether `valid` has to exchange the two because the kernel is the larger one. As in SciPy, one must be so on every axis. */
function exchanged(where: string, x: Tensor, k: Tensor, mode: SignalMode): boolean {
  if (mode !== 'valid' || k.shape.every((n, i) => n <= (x.shape[i] as number))) return false;
  if (k.shape.every((n, i) => n >= (x.shape[i] as number))) return true;
  throw new ShapeError(
    `[${where}] expected one of the two to be at least as large as the other on both axes, received ${shapeText(x.shape)} and ${shapeText(k.shape)}`,
  );
}

/**
 * Cross-correlation: the kernel slides over the signal as it is. As numpy.correlate and scipy.signal.correlate2d have it.
 *
 * @param x [n] or [height, width]
 * @param k as many axes
 * @example
 * correlate(tensor([1, 2, 3]), tensor([0, 1, 0.5]), 'same'); // [2, 3.5, 3]
 */
export function correlate(x: Tensor, k: Tensor, mode: SignalMode = 'valid'): Tensor {
  checkSignals('correlate', x, k, mode);
  return exchanged('correlate', x, k, mode) ? flip(slide(k, x, mode)) : slide(x, k, mode);
}

/**
 * True convolution: the kernel slides over the signal reversed. As numpy.convolve and scipy.signal.convolve2d have it.
 *
 * @param x [n] or [height, width]
 * @param k as many axes
 * @example
 * convolve(tensor([1, 2, 3]), tensor([0, 1, 0.5])); // [0, 1, 2.5, 4, 1.5]: the product of the polynomials
 */
export function convolve(x: Tensor, k: Tensor, mode: SignalMode = 'full'): Tensor {
  checkSignals('convolve', x, k, mode);
  return exchanged('convolve', x, k, mode) ? slide(k, flip(x), mode) : slide(x, flip(k), mode);
}
