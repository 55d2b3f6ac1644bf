import type { Backend } from './backend.js';
import { referenceBackend } from './reference/index.js';

/** The backend in use. */
export function backend(): Backend {
  return referenceBackend;
}

/** The backend that computes on a type. */
export function backendFor(_dtype: 'float32' | 'float64' | 'int32' | 'uint8' | 'bool'): Backend {
  return referenceBackend;
}

/** Bytes to add to the start of a buffer so that the address is a multiple of 64. */
export function alignOffset(_buffer: ArrayBuffer): number {
  return 0;
}
