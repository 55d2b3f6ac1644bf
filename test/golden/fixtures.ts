import { readFileSync } from 'node:fs';
import { tensor } from '../../src/tensor/create.js';
import type { DType, FloatDType } from '../../src/tensor/dtype.js';
import type { Tensor } from '../../src/tensor/tensor.js';

/** A tensor as generate.py writes it. */
export interface Flat {
  shape: number[];
  values: number[];
  dtype?: 'float' | 'int32';
}

export type FlatState = Record<string, Flat>;

/** Both element types that every fixture is held to, and the backend's part in it: float64 always runs on the reference. */
export const floatTypes: readonly FloatDType[] = ['float64', 'float32'];

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}

export function toTensor(flat: Flat, dtype: DType): Tensor {
  return tensor(Float64Array.from(flat.values), { shape: flat.shape, dtype: flat.dtype === 'int32' ? 'int32' : dtype });
}

/**
 * How far a number may lie from PyTorch's float64 result. In float64 only the order of sums differs: a thousand roundings, or what
 * float32 tells of how the problem amplifies them. In float32 PyTorch's own float32 run tells what rounding does to the problem;
 * another order of sums may do some times as much.
 */
export function allowed(dtype: FloatDType, largest: number, float32Error: number): number {
  return dtype === 'float64'
    ? Math.max(1000 * Number.EPSILON * Math.max(1, largest), 20 * float32Error * 2 ** -29)
    : 20 * float32Error + 1e-6 * Math.max(1, largest);
}

/** The worst place where `got` leaves the bound, as a text; null where it keeps it. */
export function compare(
  name: string,
  got: ArrayLike<number>,
  want: readonly number[],
  dtype: FloatDType,
  float32Error: number,
): string | null {
  if (got.length !== want.length) return `${name}: expected ${want.length} numbers, received ${got.length}`;
  const bound = allowed(
    dtype,
    want.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
    float32Error,
  );
  for (const [i, expected] of want.entries()) {
    const received = got[i] as number;
    if (!(Math.abs(received - expected) <= bound))
      return `${name} (${dtype}) at ${i}: expected ${expected} within ${bound}, received ${received}`;
  }
  return null;
}
