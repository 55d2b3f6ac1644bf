import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { checkTensor } from '../ops/operand.js';
import { checkDType, checkFloat, type DType } from './dtype.js';
import { checkShape, type Shape, shapeText, sizeOf } from './shape.js';
import { type NestedArray, Tensor } from './tensor.js';

export interface TensorOptions {
  /** Default: that of a typed array, else float32. */
  dtype?: DType;
  /** Default: the nesting of the values, or one axis for a typed array. */
  shape?: Shape;
}

const dtypeOfArray: Record<string, DType> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int32Array: 'int32',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
};

function nestedShape(values: NestedArray): number[] {
  const shape: number[] = [];
  for (let level: NestedArray | undefined = values; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > 8) break;
  }
  return shape;
}

function flatten(values: unknown, shape: Shape, axis: number, out: number[]): void {
  if (axis === shape.length) {
    if (typeof values !== 'number' && typeof values !== 'boolean') {
      throw new ShapeError(
        `[tensor] expected numbers nested evenly as ${shapeText(shape)}, received ${Array.isArray(values) ? 'an array' : typeof values} among them`,
      );
    }
    out.push(Number(values));
    return;
  }
  if (!Array.isArray(values) || values.length !== shape[axis]) {
    throw new ShapeError(
      `[tensor] expected arrays of length ${shape[axis]} at depth ${axis}, received ${Array.isArray(values) ? `length ${values.length}` : typeof values}`,
    );
  }
  for (const value of values) flatten(value, shape, axis + 1, out);
}

/** Throws where a value does not fit an integer type: nothing is cut off in silence. */
function checkValues(values: ArrayLike<number>, dtype: DType): void {
  if (dtype === 'float32' || dtype === 'float64') return;
  const [low, high] = dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : dtype === 'uint8' ? [0, 255] : [0, 1];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new ArgumentError(
        `[tensor] expected ${dtype} values to be integers from ${low} to ${high}, received ${value} at ${i}`,
      );
    }
  }
}

/**
 * A tensor of the given values, which are copied: a number, nested arrays of numbers, or a typed array.
 *
 * @example
 * tensor([[1, 2], [3, 4]]);
 * tensor(new Float32Array(6), { shape: [2, 3] });
 */
export function tensor(values: NestedArray | boolean | AnyArray | Uint8ClampedArray, options: TensorOptions = {}): Tensor {
  checkOptions('tensor', options);
  let flat: ArrayLike<number>;
  let shape: Shape;
  let natural: DType = 'float32';
  if (ArrayBuffer.isView(values)) {
    const type = dtypeOfArray[Object.prototype.toString.call(values).slice(8, -1)];
    if (type === undefined)
      throw new ArgumentError(`[tensor] expected a Float32, Float64, Int32 or Uint8 array, received ${describe(values)}`);
    natural = type;
    flat = values;
    shape = [values.length];
  } else {
    shape = nestedShape(values as NestedArray);
    checkShape('tensor', shape);
    const list: number[] = [];
    flatten(values, shape, 0, list);
    flat = list;
  }
  const dtype = options.dtype ?? natural;
  checkDType('tensor', dtype);
  if (options.shape !== undefined) {
    checkShape('tensor', options.shape);
    if (sizeOf(options.shape) !== flat.length) {
      throw new ShapeError(
        `[tensor] expected ${sizeOf(options.shape)} values for shape ${shapeText(options.shape)}, received ${flat.length}`,
      );
    }
    shape = [...options.shape];
  }
  if (dtype !== natural || natural === 'float32') checkValues(flat, dtype);
  const result = new Tensor(shape, dtype);
  result.array.set(flat);
  return result;
}

/** A tensor without axes. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  return tensor(value, { dtype });
}

/** `value` everywhere. */
export function full(shape: Shape, value: number, options: { dtype?: DType } = {}): Tensor {
  checkOptions('full', options);
  const { dtype = 'float32' } = options;
  checkShape('full', shape);
  checkDType('full', dtype);
  checkValues([value], dtype);
  const result = new Tensor([...shape], dtype);
  result.array.fill(value);
  return result;
}

/** Zeros. */
export function zeros(shape: Shape, options: { dtype?: DType } = {}): Tensor {
  return full(shape, 0, options);
}

/** Ones. */
export function ones(shape: Shape, options: { dtype?: DType } = {}): Tensor {
  return full(shape, 1, options);
}

/** Zeros of the shape and type of another tensor. */
export function zerosLike(x: Tensor): Tensor {
  checkTensor('zerosLike', x);
  return full(x.shape, 0, { dtype: x.dtype });
}

/** Ones of the shape and type of another tensor. */
export function onesLike(x: Tensor): Tensor {
  checkTensor('onesLike', x);
  return full(x.shape, 1, { dtype: x.dtype });
}

/** start, start + step, ... as far as below stop (above it for a negative step). One argument is the stop. */
export function arange(start: number, stop?: number, step = 1, dtype: DType = 'float32'): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0) {
    throw new ArgumentError(
      `[arange] expected finite bounds and a step other than 0, received ${describe(from)}, ${describe(to)}, ${describe(step)}`,
    );
  }
  const count = Math.max(0, Math.ceil((to - from) / step));
  checkShape('arange', [count]);
  return tensor(
    Array.from({ length: count }, (_, i) => from + i * step),
    { dtype, shape: [count] },
  );
}

/** `count` numbers evenly from start to stop, both included. */
export function linspace(start: number, stop: number, count: number, dtype: DType = 'float32'): Tensor {
  checkShape('linspace', [count]);
  checkDType('linspace', dtype);
  checkFloat('linspace', dtype);
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  return tensor(
    Array.from({ length: count }, (_, i) => (i === count - 1 && count > 1 ? stop : start + i * step)),
    { dtype, shape: [count] },
  );
}

/** Ones on the diagonal of an n by n matrix. */
export function eye(n: number, dtype: DType = 'float32'): Tensor {
  const result = full([n, n], 0, { dtype });
  for (let i = 0; i < n; i++) result.array[i * n + i] = 1;
  return result;
}
