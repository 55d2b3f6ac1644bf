import { ArgumentError, describe, ShapeError } from '../errors.js';
import { type Shape, shapeText } from '../tensor/shape.js';
import { checkInteger } from './operand.js';

/** A number for every spatial axis, or one each. */
export type PerAxis = number | readonly number[];

/**
 * What stands around the image: `valid` nothing; `same` as much as makes the output ceil(size / stride), the odd one behind; a
 * number of zeros on all sides, one for each axis, or [before, after] for each axis.
 */
export type Padding = 'valid' | 'same' | number | readonly number[] | readonly (readonly [before: number, after: number])[];

/** Windows over the spatial axes, always three of them (depth, height, width); missing ones have size 1. */
export interface Windows {
  input: number[];
  output: number[];
  kernel: number[];
  stride: number[];
  dilation: number[];
  padBefore: number[];
}

/** `value` as one number for each of `rank` spatial axes. */
export function perAxis(where: string, name: string, value: PerAxis, rank: number, low: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value;
  if (!Array.isArray(list) || list.length !== rank)
    throw new ArgumentError(`[${where}] expected ${name} to be a number or ${rank} numbers, received ${describe(value)}`);
  for (const n of list) checkInteger(where, name, n, low);
  return [...list];
}

function paddingPairs(
  where: string,
  padding: Padding,
  windows: { input: number[]; extent: number[]; stride: number[] },
): [number, number][] {
  const { input, extent, stride } = windows;
  if (padding === 'valid') return input.map(() => [0, 0]);
  if (padding === 'same') {
    return input.map((size, i) => {
      const step = stride[i] as number;
      const total = Math.max(0, (Math.ceil(size / step) - 1) * step + (extent[i] as number) - size);
      return [total >> 1, total - (total >> 1)];
    });
  }
  if (typeof padding === 'number') return perAxis(where, 'padding', padding, input.length, 0).map((n) => [n, n]);
  if (!Array.isArray(padding) || padding.length !== input.length) {
    throw new ArgumentError(
      `[${where}] expected padding to be 'valid', 'same', a number, or one entry for each of ${input.length} axes, received ${describe(padding)}`,
    );
  }
  return padding.map((entry: unknown) => {
    const [before, after] = Array.isArray(entry) ? entry : [entry, entry];
    checkInteger(where, 'padding', before, 0);
    checkInteger(where, 'padding', after, 0);
    return [before, after];
  });
}

/**
 * The shape rule of convolution and pooling: output = floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1 on
 * each axis.
 *
 * @throws ShapeError if the window is larger than the padded input.
 */
export function resolveWindows(
  where: string,
  spatial: Shape,
  kernelSize: readonly number[],
  options: { stride?: PerAxis; padding?: Padding; dilation?: PerAxis },
): Windows {
  const rank = spatial.length;
  const stride = perAxis(where, 'stride', options.stride ?? 1, rank, 1);
  const dilation = perAxis(where, 'dilation', options.dilation ?? 1, rank, 1);
  const extent = kernelSize.map((n, i) => (n - 1) * (dilation[i] as number) + 1);
  const pairs = paddingPairs(where, options.padding ?? 'valid', { input: [...spatial], extent, stride });
  const output = spatial.map((size, i) => {
    const [before, after] = pairs[i] as [number, number];
    const room = size + before + after - (extent[i] as number);
    if (room < 0) {
      throw new ShapeError(
        `[${where}] expected an input of at least ${extent[i]} (padded) on spatial axis ${i}, received shape ${shapeText(spatial)}`,
      );
    }
    return Math.floor(room / (stride[i] as number)) + 1;
  });
  const front = <T>(list: readonly T[], missing: T): T[] => [...new Array<T>(3 - rank).fill(missing), ...list];
  return {
    input: front(spatial, 1),
    output: front(output, 1),
    kernel: front(kernelSize, 1),
    stride: front(stride, 1),
    dilation: front(dilation, 1),
    padBefore: front(
      pairs.map((pair) => pair[0]),
      0,
    ),
  };
}
