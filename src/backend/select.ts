import { ArgumentError, BackendError, MissingError } from '../errors.js';
import type { Backend } from './backend.js';
import { loadNative, type NativeBackend } from './native.js';
import { referenceBackend } from './reference/index.js';

/**
 * Which backend computes. Chosen at the first use, not at import: `MYELIN_BACKEND=native` or `reference` decides; without it the
 * addon if it loads, else the reference, with one warning.
 */
export type BackendName = Backend['name'];

let current: Backend | undefined;
let native: NativeBackend | undefined;

/** The backend in use. */
export function backend(): Backend {
  current ??= chosen();
  return current;
}

/** The backend that computes on a type: float64 always runs on the reference. */
export function backendFor(dtype: 'float32' | 'float64' | 'int32' | 'uint8' | 'bool'): Backend {
  return dtype === 'float64' ? referenceBackend : (current ?? backend());
}

/** Chooses the backend for all calls from now on. Tensors live on: their arrays belong to no backend. */
export function setBackend(name: BackendName): void {
  if (name === 'native') current = nativeBackend();
  else if (name === 'reference') current = referenceBackend;
  else throw new ArgumentError(`[setBackend] expected 'native' or 'reference', received ${JSON.stringify(name)}`);
}

/** The addon as a backend, loaded if it is not yet. Throws BackendError if it cannot be. */
export function nativeBackend(): NativeBackend {
  try {
    native ??= loadNative(referenceBackend);
  } catch (error) {
    if (error instanceof MissingError) throw new BackendError(error.message, { cause: error });
    throw error;
  }
  return native;
}

/** Bytes to add to the start of a buffer so that the address is a multiple of 64 (0 on the reference, which has no use for it). */
export function alignOffset(buffer: ArrayBuffer): number {
  return backend() === native ? native.addon.alignOffset(buffer) : 0;
}

function chosen(): Backend {
  const name = process.env.MYELIN_BACKEND;
  if (name === 'reference') return referenceBackend;
  if (name === 'native') return nativeBackend();
  if (name && name !== 'auto')
    throw new ArgumentError(`[MYELIN_BACKEND] expected 'native', 'reference' or 'auto', received ${JSON.stringify(name)}`);
  try {
    return nativeBackend();
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    process.emitWarning(`${error.message}\nComputing on the reference backend: right, but slow.`, { code: 'MYELIN_NO_ADDON' });
    return referenceBackend;
  }
}
