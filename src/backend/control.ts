import { cpus } from 'node:os';
import { checkInteger } from '../ops/operand.js';
import type { BackendName } from './select.js';
import { backend, nativeBackend } from './select.js';

/** What computes, and on what. */
export interface ComputeInfo {
  readonly backend: BackendName;
  /** Instruction sets that the addon has kernels for, those of them this machine can run, and the one in use; null on the reference. */
  readonly isa: { readonly compiled: string[]; readonly present: string[]; readonly chosen: string } | null;
  readonly threads: number;
  /** Where the number of threads comes from. */
  readonly threadsSource: 'MYELIN_THREADS' | 'affinity' | 'cgroup' | 'setThreads' | 'reference';
  readonly cpu: string;
  /** What compiled the addon; null on the reference. */
  readonly compiler: string | null;
}

/** The most threads that the addon takes. */
export const maxThreads = 256;

/** Tells what computes here: backend, instruction sets, threads, processor. */
export function computeInfo(): ComputeInfo {
  if (backend().name === 'native') {
    const { isa, threads, threadsSource, cpu, compiler } = nativeBackend().info();
    return { backend: 'native', isa, threads, threadsSource, cpu, compiler };
  }
  return {
    backend: 'reference',
    isa: null,
    threads: 1,
    threadsSource: 'reference',
    cpu: cpus()[0]?.model ?? 'unknown',
    compiler: null,
  };
}

/** Sets the number of threads that kernels use, for the whole process. Results do not depend on it. The reference backend has one. */
export function setThreads(n: number): void {
  checkInteger('setThreads', 'the number of threads', n, 1, maxThreads);
  if (backend().name === 'native') nativeBackend().setThreads(n);
}
