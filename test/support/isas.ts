import type { NativeBackend } from '../../src/backend/native.js';
import { nativeBackend } from '../../src/backend/select.js';
import { MissingError } from '../../src/errors.js';

/** The addon, or undefined, said aloud, where none was built. One that is there but does not load is a failure. */
export function nativeIfBuilt(leftOut: string): NativeBackend | undefined {
  try {
    return nativeBackend();
  } catch (error) {
    if (!(error instanceof Error && error.cause instanceof MissingError)) throw error;
    console.warn(`LEFT OUT, no addon: ${leftOut}. ${error.message}`);
    return undefined;
  }
}

/** Sets with fused multiply-add: they give the same bits. */
const fused: ReadonlySet<string> = new Set(['avx2', 'avx512', 'neon']);

export function fusedIsas(native: NativeBackend): string[] {
  return native.info().isa.present.filter((isa) => fused.has(isa));
}

/** Runs `body` with an instruction set and a number of threads, and puts back what was before. */
export function withSettings<T>(native: NativeBackend, settings: { isa?: string; threads?: number }, body: () => T): T {
  const before = native.info();
  try {
    if (settings.isa !== undefined) native.setIsa(settings.isa);
    if (settings.threads !== undefined) native.setThreads(settings.threads);
    return body();
  } finally {
    native.setIsa(before.isa.chosen);
    native.setThreads(before.threads);
  }
}
