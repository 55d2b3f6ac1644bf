import { ArgumentError, describe, ShapeError } from '../errors.js';
import { type Shape, shapeText } from '../tensor/shape.js';
import { checkInteger } from './operand.js';

/** A number for every spatial axis, or one each. */
export type PerAxis = number | readonly number[];

/**
 * What stands around the image: `valid` nothing; `same` as much as makes the output ceil(size / stride), the odd one behind; `causal`
 * (on one axis) all of it before, so that an output sees nothing behind it; a number of cells on all sides, one for each axis, or
 * [before, after] for each axis.
 */
export type Padding =
  | 'valid'
  | 'same'
  | 'causal'
  | number
  | readonly number[]
  | readonly (readonly [before: number, after: number])[];

/** Windows over the spatial axes, always three of them (depth, height, width); missing ones have size 1. */
export interface Windows {
  input: number[];
  output: number[];
  kernel: number[];
  stride: number[];
  dilation: number[];
  padBefore: number[];
  padAfter: number[];
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
  if (padding === 'causal' && input.length === 1) return [[(extent[0] as number) - 1, 0]];
  return explicitPairs(where, padding, input.length, "'valid', 'same', 'causal' (on one axis), ");
}

/** Padding told in numbers, as [before, after] for each of `rank` spatial axes. `words` are what it may be besides. */
export function explicitPairs(where: string, padding: unknown, rank: number, words = ''): [number, number][] {
  if (typeof padding === 'number') return perAxis(where, 'padding', padding, rank, 0).map((n) => [n, n]);
  if (!Array.isArray(padding) || padding.length !== rank) {
    throw new ArgumentError(
      `[${where}] expected padding to be ${words}a number, or one entry for each of ${rank} axes, received ${describe(padding)}`,
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
 * each axis. In ceil mode the quotient is rounded up, but a window that would start behind the input and the padding before it is
 * left out.
 *
 * @throws ShapeError if the window is larger than the padded input (in ceil mode: by a stride or more).
 */
export function resolveWindows(
  where: string,
  spatial: Shape,
  kernelSize: readonly number[],
  options: { stride?: PerAxis; padding?: Padding; dilation?: PerAxis; ceilMode?: boolean },
): Windows {
  const rank = spatial.length;
  const stride = perAxis(where, 'stride', options.stride ?? 1, rank, 1);
  const dilation = perAxis(where, 'dilation', options.dilation ?? 1, rank, 1);
  const extent = kernelSize.map((n, i) => (n - 1) * (dilation[i] as number) + 1);
  const pairs = paddingPairs(where, options.padding ?? 'valid', { input: [...spatial], extent, stride });
  const output = spatial.map((size, i) => {
    const [before, after] = pairs[i] as [number, number];
    const step = stride[i] as number;
    const room = size + before + after - (extent[i] as number);
    const ceil = options.ceilMode === true;
    const steps = ceil ? Math.ceil(room / step) : Math.floor(room / step);
    if (steps < 0) {
      throw new ShapeError(
        `[${where}] expected an input of at least ${extent[i]} (padded) on spatial axis ${i}, received shape ${shapeText(spatial)}`,
      );
    }
    const beyond = ceil && steps > 0 && steps * step >= size + before;
    return beyond ? steps : steps + 1;
  });
  return threeAxes({ input: spatial, output, kernel: kernelSize, stride, dilation, pairs });
}

/** With axes of size 1 in front, so that there are three. */
function threeAxes(w: {
  input: readonly number[];
  output: readonly number[];
  kernel: readonly number[];
  stride: readonly number[];
  dilation: readonly number[];
  pairs: readonly [number, number][];
}): Windows {
  const front = (list: readonly number[], missing: number): number[] => [
    ...new Array<number>(3 - list.length).fill(missing),
    ...list,
  ];
  const side = (i: 0 | 1): number[] =>
    front(
      w.pairs.map((pair) => pair[i]),
      0,
    );
  return {
    input: front(w.input, 1),
    output: front(w.output, 1),
    kernel: front(w.kernel, 1),
    stride: front(w.stride, 1),
    dilation: front(w.dilation, 1),
    padBefore: side(0),
    padAfter: side(1),
  };
}

/** How large the result of a transposed convolution is, where several sizes would lead back to its input. */
export interface TransposedSize {
  /** How many cells more than the smallest on each axis, fewer than stride or dilation; default 0. */
  outputPadding?: PerAxis;
  /** The size itself, one number for each axis; then without outputPadding. */
  outputSize?: PerAxis;
}

/**
 * The shape rule of transposed convolution: output = (input - 1) * stride - before - after + dilation * (kernel - 1) + 1 + outputPadding
 * on each axis. With `same` padding output = input * stride. The windows are those of the convolution that leads back: its input is
 * the output here.
 *
 * @throws ShapeError if nothing is left of the output.
 */
export function resolveTransposedWindows(
  where: string,
  spatial: Shape,
  kernelSize: readonly number[],
  options: { stride?: PerAxis; padding?: Padding; dilation?: PerAxis } & TransposedSize,
): Windows {
  const rank = spatial.length;
  const { padding = 'valid', outputPadding, outputSize } = options;
  const stride = perAxis(where, 'stride', options.stride ?? 1, rank, 1);
  const dilation = perAxis(where, 'dilation', options.dilation ?? 1, rank, 1);
  const extent = kernelSize.map((n, i) => (n - 1) * (dilation[i] as number) + 1);
  if (outputPadding !== undefined && (outputSize !== undefined || padding === 'same'))
    throw new ArgumentError(`[${where}] expected outputPadding without outputSize and 'same' padding, received both`);
  const more = perAxis(where, 'outputPadding', outputPadding ?? 0, rank, 0);
  const scaled = spatial.map((n, i) => n * (stride[i] as number));
  const pairs = paddingPairs(where, padding, { input: scaled, extent, stride });
  const wanted =
    outputSize !== undefined ? perAxis(where, 'outputSize', outputSize, rank, 1) : padding === 'same' ? scaled : null;
  const input = spatial.map((size, i) => {
    const [before, after] = pairs[i] as [number, number];
    const [step, apart] = [stride[i] as number, dilation[i] as number];
    const smallest = (size - 1) * step - before - after + (extent[i] as number);
    const extra = wanted === null ? (more[i] as number) : (wanted[i] as number) - smallest;
    if (extra < 0 || (extra >= step && extra >= apart)) {
      const most = smallest + Math.max(step, apart) - 1;
      throw new ArgumentError(
        `[${where}] expected a size from ${smallest} to ${most} on spatial axis ${i} of the output, received ${smallest + extra}`,
      );
    }
    if (smallest + extra < 1) {
      throw new ShapeError(
        `[${where}] expected an input that leaves an output of at least 1 on spatial axis ${i}, received shape ${shapeText(spatial)}`,
      );
    }
    return smallest + extra;
  });
  return threeAxes({ input, output: spatial, kernel: kernelSize, stride, dilation, pairs });
}
