import { isTracked, record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { checkOptions, ShapeError } from '../errors.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor } from './operand.js';
import { type Padding, type PerAxis, perAxis, resolveWindows } from './window.js';

export interface PoolOptions {
  /** Size of the window. */
  size: PerAxis;
  /** Step of the window; default its size. */
  stride?: PerAxis;
  /** Default 'valid'. Padding is never a maximum. */
  padding?: Padding;
  /** Distance of neighbouring window cells; default 1. */
  dilation?: PerAxis;
}

export interface AvgPoolOptions extends Omit<PoolOptions, 'dilation'> {
  /** Whether padding counts in the divisor; default true. */
  countPad?: boolean;
}

function setUp(where: string, x: Tensor, options: PoolOptions): { geometry: Int32Array; y: Tensor } {
  checkFloatTensor(where, x);
  checkOptions(where, options);
  const rank = x.rank - 2;
  if (rank < 1 || rank > 3)
    throw new ShapeError(
      `[${where}] expected x [batch, ...spatial, channels] with 1 to 3 spatial axes, received ${shapeText(x.shape)}`,
    );
  const size = perAxis(where, 'size', options.size, rank, 1);
  const w = resolveWindows(where, x.shape.slice(1, -1), size, { ...options, stride: options.stride ?? size });
  w.padBefore.slice(3 - rank).forEach((before, i) => {
    if (before >= (size[i] as number)) {
      throw new ShapeError(
        `[${where}] expected padding smaller than the window ${shapeText(size)}, received ${before} on spatial axis ${i}`,
      );
    }
  });
  const batch = x.shape[0] as number;
  const channels = x.shape[x.rank - 1] as number;
  const geometry = Int32Array.of(
    batch,
    ...w.input,
    channels,
    ...w.output,
    ...w.kernel,
    ...w.stride,
    ...w.padBefore,
    ...w.dilation,
  );
  return { geometry, y: new Tensor([batch, ...w.output.slice(3 - rank), channels], x.dtype) };
}

/**
 * Maximum of each window over 1, 2 or 3 spatial axes. The gradient goes to the first maximum.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...output, channels]
 */
export function maxPool(x: Tensor, options: PoolOptions): Tensor {
  const { geometry, y } = setUp('maxPool', x, options);
  const backend = backendFor(x.dtype);
  if (!isTracked(x)) {
    backend.maxPool(x.floats, y.floats, null, geometry);
    return y;
  }
  const indices = new Tensor(y.shape, 'int32');
  backend.maxPool(x.floats, y.floats, indices.array as Int32Array, geometry);
  return record('maxPool', y, [x], (dy) => {
    const dx = new Tensor(x.shape, x.dtype);
    backend.maxPoolGrad(dy.floats, indices.array as Int32Array, dx.floats, geometry);
    indices.dispose();
    return [dx];
  });
}

/**
 * Mean of each window over 1, 2 or 3 spatial axes.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...output, channels]
 */
export function avgPool(x: Tensor, options: AvgPoolOptions): Tensor {
  const { geometry, y } = setUp('avgPool', x, options);
  const countPad = options.countPad ?? true;
  const backend = backendFor(x.dtype);
  backend.avgPool(x.floats, y.floats, geometry, countPad);
  return record('avgPool', y, [x], (dy) => {
    const dx = new Tensor(x.shape, x.dtype);
    backend.avgPoolGrad(dy.floats, dx.floats, geometry, countPad);
    return [dx];
  });
}
