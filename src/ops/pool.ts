import { isTracked, record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor, checkTensorType } from './operand.js';
import { planned } from './planned.js';
import { type Padding, type PerAxis, perAxis, resolveWindows, type Windows } from './window.js';

export interface PoolOptions {
  /** Size of the window. */
  size: PerAxis;
  /** Step of the window; default its size. */
  stride?: PerAxis;
  /** Default 'valid'. Padding is never a maximum. */
  padding?: Padding;
  /** Distance of neighbouring window cells; default 1. */
  dilation?: PerAxis;
  /** Whether a last window may reach beyond the padded input, if it starts inside the input or the padding before it; default false. */
  ceilMode?: boolean;
}

/** Sizes of the spatial axes that adaptive pooling makes; null keeps the input's. A number holds for all axes. */
export type AdaptiveSize = number | readonly (number | null)[];

/** Maxima, and where they stood: an int32 tensor of their shape with the cell of the input, (depth * height + row) * width + column. */
export interface MaximaWithIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** @internal The number of spatial axes of x, a batch of sequences, images or volumes. */
export function spatialRank(where: string, x: unknown): number {
  checkFloatTensor(where, x);
  const rank = x.rank - 2;
  if (rank >= 1 && rank <= 3) return rank;
  throw new ShapeError(
    `[${where}] expected x [batch, ...spatial, channels] with 1 to 3 spatial axes, received ${shapeText(x.shape)}`,
  );
}

/** @internal The windows of pooling over these spatial axes; a window reaches further than the padding before it. */
export function poolWindows(where: string, spatial: Shape, options: PoolOptions): Windows {
  const rank = spatial.length;
  const { ceilMode = false } = options;
  if (typeof ceilMode !== 'boolean')
    throw new ArgumentError(`[${where}] expected ceilMode to be true or false, received ${describe(ceilMode)}`);
  const size = perAxis(where, 'size', options.size, rank, 1);
  const w = resolveWindows(where, spatial, size, { ...options, stride: options.stride ?? size });
  w.padBefore.forEach((before, i) => {
    const extent = ((w.kernel[i] as number) - 1) * (w.dilation[i] as number) + 1;
    if (before >= extent) {
      throw new ShapeError(
        `[${where}] expected padding smaller than the window ${shapeText(size)}, received ${before} on spatial axis ${i + rank - 3}`,
      );
    }
  });
  return w;
}

/** @internal The output sizes of adaptive pooling of these spatial axes. */
export function adaptiveSizes(where: string, spatial: Shape, outputSize: AdaptiveSize): number[] {
  const kept = Array.isArray(outputSize) ? outputSize.map((n, i) => n ?? spatial[i] ?? null) : outputSize;
  const sizes = perAxis(where, 'outputSize', kept as PerAxis, spatial.length, 1);
  if (spatial.includes(0))
    throw new ShapeError(`[${where}] expected spatial axes of at least 1, received shape ${shapeText(spatial)}`);
  return sizes;
}

const front = (list: readonly number[]): number[] => [...new Array<number>(3 - list.length).fill(1), ...list];

/** What the kernel is told, and the shape of the result. */
interface Plan {
  readonly geometry: Int32Array;
  readonly shape: Shape;
}

function planOf(x: Tensor, input: readonly number[], output: readonly number[], windows: readonly number[]): Plan {
  const [batch, channels] = [x.shape[0] as number, x.shape[x.rank - 1] as number];
  return {
    geometry: Int32Array.of(batch, ...input, channels, ...output, ...windows),
    shape: Object.freeze([batch, ...output.slice(5 - x.rank), channels]),
  };
}

function planWindows(op: string, x: Tensor, options: PoolOptions): Plan {
  spatialRank(op, x);
  return planned(op, options, x, null, () => {
    checkOptions(op, options);
    const w = poolWindows(op, x.shape.slice(1, -1), options);
    return planOf(x, w.input, w.output, [...w.kernel, ...w.stride, ...w.padBefore, ...w.dilation]);
  });
}

function planAdaptive(op: string, x: Tensor, outputSize: AdaptiveSize): Plan {
  spatialRank(op, x);
  const output = adaptiveSizes(op, x.shape.slice(1, -1), outputSize);
  const ones = [1, 1, 1];
  return planOf(x, front(x.shape.slice(1, -1)), front(output), [0, 0, 0, ...ones, 0, 0, 0, ...ones]);
}

function maxima<WithIndices extends boolean>(
  op: string,
  x: Tensor,
  { geometry, shape }: Plan,
  withIndices: WithIndices,
): { values: Tensor; indices: WithIndices extends true ? Tensor : null } {
  const backend = backendFor(x.dtype);
  const y = new Tensor(shape, x.dtype);
  const tracked = isTracked(x);
  const indices = withIndices || tracked ? new Tensor(y.shape, 'int32') : null;
  backend.maxPool(x.floats, y.floats, indices === null ? null : (indices.array as Int32Array), geometry);
  // What the gradient needs must outlive the indices that are handed out.
  const own = tracked && withIndices ? (indices as Tensor).alias() : indices;
  const values = record(op, y, [x], (dy) => {
    const dx = new Tensor(x.shape, x.dtype);
    const places = own as Tensor;
    backend.maxPoolGrad(dy.floats, places.array as Int32Array, dx.floats, geometry);
    places.dispose();
    return [dx];
  });
  return { values, indices: (withIndices ? indices : null) as WithIndices extends true ? Tensor : null };
}

/**
 * Maximum of each window over 1, 2 or 3 spatial axes; NaN counts as the greatest. The gradient goes to the first maximum.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...output, channels], output sizes by `resolveWindows`
 * @throws ShapeError where no window fits
 */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  return maxima('maxPool', x, planWindows('maxPool', x, options), false).values;
}

/** As `maxPool`, and where the maxima stood: for `maxUnpool`. */
export function maxPoolWithIndices(x: Tensor, options: PoolOptions): MaximaWithIndices {
  return maxima('maxPoolWithIndices', x, planWindows('maxPoolWithIndices', x, options), true);
}

/**
 * Maximum of windows that are laid out for an output of a given size: window i of an axis runs from floor(i * input / output) to
 * ceil((i + 1) * input / output), the end excluded.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...outputSize, channels]
 */
export function adaptiveMaxPool(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return maxima('adaptiveMaxPool', x, planAdaptive('adaptiveMaxPool', x, outputSize), false).values;
}

/** As `adaptiveMaxPool`, and where the maxima stood. */
export function adaptiveMaxPoolWithIndices(x: Tensor, outputSize: AdaptiveSize): MaximaWithIndices {
  return maxima('adaptiveMaxPoolWithIndices', x, planAdaptive('adaptiveMaxPoolWithIndices', x, outputSize), true);
}

export interface MaxUnpoolOptions {
  /** The window of the pooling. */
  size: PerAxis;
  /** Its step; default its size. */
  stride?: PerAxis;
  /** Its padding, a number of cells on all sides or one for each axis; default 0. */
  padding?: PerAxis;
  /** Sizes of the spatial axes; default (input - 1) * stride - 2 * padding + size. */
  outputSize?: PerAxis;
}

/** @internal The spatial axes that unpooling makes of these. */
export function unpooledSizes(where: string, spatial: Shape, options: MaxUnpoolOptions): number[] {
  const rank = spatial.length;
  const size = perAxis(where, 'size', options.size, rank, 1);
  const stride = perAxis(where, 'stride', options.stride ?? size, rank, 1);
  const padding = perAxis(where, 'padding', options.padding ?? 0, rank, 0);
  if (options.outputSize !== undefined) return perAxis(where, 'outputSize', options.outputSize, rank, 1);
  return spatial.map((n, i) => {
    const output = (n - 1) * (stride[i] as number) - 2 * (padding[i] as number) + (size[i] as number);
    if (output >= 1) return output;
    throw new ShapeError(
      `[${where}] expected an input that unpools to at least 1 cell on spatial axis ${i}, received shape ${shapeText(spatial)}`,
    );
  });
}

/**
 * Puts maxima back where they stood, with 0 around them: the partial inverse of `maxPoolWithIndices`. Where windows overlapped,
 * several may have one place; the last of them counts.
 *
 * @param x [batch, ...spatial, channels]
 * @param indices int32, of the shape of x: cells of the output, (depth * height + row) * width + column
 * @returns [batch, ...output, channels]
 * @throws ArgumentError for an index that is no cell of the output
 */
export function maxUnpool(x: Tensor, indices: Tensor, options: MaxUnpoolOptions): Tensor {
  spatialRank('maxUnpool', x);
  checkTensorType('maxUnpool', indices, 'int32');
  checkOptions('maxUnpool', options);
  if (!sameShape(x.shape, indices.shape))
    throw new ShapeError(`[maxUnpool] expected indices of shape ${shapeText(x.shape)}, received ${shapeText(indices.shape)}`);
  const spatial = x.shape.slice(1, -1);
  const output = unpooledSizes('maxUnpool', spatial, options);
  const batch = x.shape[0] as number;
  const channels = x.shape[x.rank - 1] as number;
  const dims = Int32Array.of(batch, sizeOf(spatial), sizeOf(output), channels);
  const backend = backendFor(x.dtype);
  const y = new Tensor([batch, ...output, channels], x.dtype);
  const own = isTracked(x) ? indices.alias() : indices;
  backend.maxUnpool(x.floats, own.array as Int32Array, y.floats, dims);
  return record('maxUnpool', y, [x], (dy) => {
    const dx = new Tensor(x.shape, x.dtype);
    backend.maxUnpoolGrad(dy.floats, own.array as Int32Array, dx.floats, dims);
    own.dispose();
    return [dx];
  });
}
