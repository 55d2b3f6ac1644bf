import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, DTypeError, describe } from '../errors.js';

/** Element types. float32 is the default; float64 always runs on the reference backend and exists for gradient checks. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

/** Types that carry gradients. */
export type FloatDType = 'float32' | 'float64';

const bytesOf: Record<DType, number> = { float32: 4, float64: 8, int32: 4, uint8: 1, bool: 1 };

/** Bytes an element takes. */
export function bytesPerElement(dtype: DType): number {
  return bytesOf[dtype];
}

export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'float32' || dtype === 'float64';
}

/** Throws unless `dtype` is the name of an element type. */
export function checkDType(where: string, dtype: unknown): asserts dtype is DType {
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesOf, dtype)) {
    throw new ArgumentError(
      `[${where}] expected dtype to be one of ${Object.keys(bytesOf).join(', ')}, received ${describe(dtype)}`,
    );
  }
}

/** Throws unless `dtype` is a floating-point type. */
export function checkFloat(where: string, dtype: DType): asserts dtype is FloatDType {
  if (!isFloat(dtype)) throw new DTypeError(`[${where}] expected a float32 or float64 tensor, received ${dtype}`);
}

/** A view of `length` elements at a byte offset of a buffer. */
export function viewOf(dtype: DType, buffer: ArrayBuffer, byteOffset: number, length: number): AnyArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    default:
      return new Uint8Array(buffer, byteOffset, length);
  }
}
