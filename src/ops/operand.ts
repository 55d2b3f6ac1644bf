import { ArgumentError, DTypeError, describe } from '../errors.js';
import { type DType, isFloat } from '../tensor/dtype.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';

/** Throws unless `x` is a live tensor. */
export function checkTensor(where: string, x: unknown): asserts x is Tensor {
  if (!(x instanceof Tensor)) throw new ArgumentError(`[${where}] expected a tensor, received ${x === null ? 'null' : typeof x}`);
  x.array;
}

/** Throws unless `x` is a live tensor of a floating-point type. */
export function checkFloatTensor(where: string, x: unknown): asserts x is Tensor {
  checkTensor(where, x);
  if (!isFloat(x.dtype)) throw new DTypeError(`[${where}] expected a float32 or float64 tensor, received ${x.dtype}`);
}

/** Throws unless `x` is a live tensor of the type. */
export function checkTensorType(where: string, x: unknown, dtype: DType): asserts x is Tensor {
  checkTensor(where, x);
  if (x.dtype !== dtype) throw new DTypeError(`[${where}] expected a tensor of ${dtype}, received ${x.dtype}`);
}

/** Throws unless both have one element type. */
export function checkSameType(where: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) throw new DTypeError(`[${where}] expected operands of one type, received ${a.dtype} and ${b.dtype}`);
}

/** Throws unless `value` is an integer within the range. */
export function checkInteger(
  where: string,
  name: string,
  value: unknown,
  low: number,
  high = 2 ** 31 - 1,
): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) {
    throw new ArgumentError(`[${where}] expected ${name} to be an integer from ${low} to ${high}, received ${describe(value)}`);
  }
}

/** Throws unless `value` is a number (NaN and infinities are). */
export function checkNumber(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') throw new ArgumentError(`[${where}] expected ${name} to be a number, received ${typeof value}`);
}

/** `x` itself, or a scalar tensor of the type of the other operand. */
export function asTensor(where: string, x: TensorLike, other: TensorLike): Tensor {
  if (typeof x !== 'number') {
    checkTensor(where, x);
    return x;
  }
  const scalar = new Tensor([], other instanceof Tensor ? other.dtype : 'float32');
  scalar.array[0] = x;
  return scalar;
}
