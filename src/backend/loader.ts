import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArgumentError, BackendError, MissingError, type MyelinError } from '../errors.js';
import type { AnyArray, FloatArray } from './backend.js';

/** What the addon tells about itself and the machine. */
export interface AddonInfo {
  readonly isa: { readonly compiled: string[]; readonly present: string[]; readonly chosen: string };
  readonly threads: number;
  /** Where the number of threads comes from. */
  readonly threadsSource: 'MYELIN_THREADS' | 'affinity' | 'cgroup' | 'setThreads';
  readonly cpu: string;
  readonly compiler: string;
}

/** A parameter of a kernel call, as the C++ signature has it. */
export interface KernelParam {
  readonly kind: 'array' | 'list' | 'dims' | 'integer' | 'index' | 'number' | 'boolean';
  readonly access?: 'in' | 'out' | 'outOver' | 'inOut';
  readonly element?: 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array' | 'Uint32Array' | 'any';
  readonly optional?: boolean;
  /** Of a list: the most arrays it may hold. */
  readonly capacity?: number;
}

export type CodeList =
  | 'unary'
  | 'binary'
  | 'compare'
  | 'reduce'
  | 'argReduce'
  | 'activation'
  | 'recurrentCell'
  | 'update'
  | 'convKind'
  | 'convAlgorithm';
type Floats = FloatArray;
type Nullable<T> = T | null;

/** The exports of the addon. Names of operations are codes here: their place in the list of `codes`. */
export interface Addon {
  readonly kernels: Readonly<Record<string, { readonly params: readonly KernelParam[]; readonly returns: 'nothing' | 'size' }>>;
  readonly codes: Readonly<Record<CodeList, readonly string[]>>;
  info(): AddonInfo;
  setIsa(name: string): void;
  setThreads(n: number): void;
  /** Errors are from now on what `make` returns. */
  setErrorFactory(make: (code: string, message: string) => Error): void;
  /** Bytes to add to the start of `buffer` so that the address is a multiple of 64. */
  alignOffset(buffer: ArrayBuffer): number;
  /** The most workspace in bytes that one thread has held since resetScratchPeak(). */
  scratchPeak(): number;
  resetScratchPeak(): void;

  unary(op: number, x: Floats, y: Floats, p: number, q: number): void;
  unaryGrad(op: number, x: Floats, y: Floats, dy: Floats, dx: Floats, p: number, q: number): void;
  binary(op: number, a: Floats, b: Floats, c: Floats, dims: Int32Array): void;
  compare(op: number, a: AnyArray, b: AnyArray, c: Uint8Array, dims: Int32Array): void;
  select(mask: Uint8Array, a: AnyArray, b: AnyArray, c: AnyArray): void;
  fill(y: AnyArray, value: number): void;
  copy(x: AnyArray, y: AnyArray, dims: Int32Array, xOffset: number, yOffset: number): void;
  cast(x: AnyArray, y: AnyArray): void;
  reduce(op: number, x: Floats, y: Floats, outer: number, length: number, inner: number): void;
  argReduce(op: number, x: Floats, y: Int32Array, outer: number, length: number, inner: number): void;
  softmax(x: Floats, y: Floats, rows: number, cols: number, log: boolean): void;
  softmaxGrad(y: Floats, dy: Floats, dx: Floats, rows: number, cols: number, log: boolean): void;
  crossEntropy(logits: Floats, labels: Int32Array, loss: Floats, probabilities: Floats, rows: number, cols: number): void;
  crossEntropyGrad(probabilities: Floats, labels: Int32Array, dloss: Floats, dlogits: Floats, rows: number, cols: number): void;
  norm(
    x: Floats,
    scale: Nullable<Floats>,
    shift: Nullable<Floats>,
    mean: Nullable<Floats>,
    variance: Floats,
    y: Floats,
    geometry: Int32Array,
    epsilon: number,
    fixed: boolean,
    relu: boolean,
  ): void;
  normGrad(
    x: Floats,
    dy: Floats,
    scale: Nullable<Floats>,
    mean: Nullable<Floats>,
    variance: Floats,
    dx: Nullable<Floats>,
    dscale: Nullable<Floats>,
    dshift: Nullable<Floats>,
    geometry: Int32Array,
    epsilon: number,
    fixed: boolean,
    rectified: Nullable<Floats>,
  ): void;
  gemm(
    a: Floats,
    b: Floats,
    c: Floats,
    bias: Nullable<Floats>,
    m: number,
    n: number,
    k: number,
    lda: number,
    ldb: number,
    ldc: number,
    transA: boolean,
    transB: boolean,
    accumulate: boolean,
    activation: number,
    batch: number,
    batchStrideA: number,
    batchStrideB: number,
    batchStrideC: number,
  ): void;
  gemmPackedSize(n: number, k: number): number;
  gemmPack(b: Floats, packed: Floats, n: number, k: number, ldb: number, transB: boolean): void;
  gemmPacked(
    a: Floats,
    packed: Floats,
    c: Floats,
    bias: Nullable<Floats>,
    m: number,
    n: number,
    k: number,
    lda: number,
    ldc: number,
    transA: boolean,
    activation: number,
  ): void;
  conv(
    x: Floats,
    w: Floats,
    bias: Nullable<Floats>,
    y: Floats,
    geometry: Int32Array,
    activation: number,
    algorithm: number,
  ): void;
  convGradInput(dy: Floats, w: Floats, dx: Floats, geometry: Int32Array, algorithm: number): void;
  convGradWeight(x: Floats, dy: Floats, dw: Floats, geometry: Int32Array, algorithm: number): void;
  convAlgorithm(kind: number, geometry: Int32Array, algorithm: number): number;
  maxPool(x: Floats, y: Floats, indices: Nullable<Int32Array>, geometry: Int32Array): void;
  maxPoolGrad(dy: Floats, indices: Int32Array, dx: Floats, geometry: Int32Array): void;
  maxUnpool(x: Floats, indices: Int32Array, y: Floats, dims: Int32Array): void;
  maxUnpoolGrad(dy: Floats, indices: Int32Array, dx: Floats, dims: Int32Array): void;
  resample(
    x: Floats,
    y: Floats,
    geometry: Int32Array,
    starts: Int32Array,
    cells: Int32Array,
    weights: Floats,
    divisors: Floats,
  ): void;
  recurrentKeptSize(cell: number, geometry: Int32Array): number;
  recurrent(
    cell: number,
    x: Floats,
    arrays: readonly Nullable<Floats>[],
    lengths: Nullable<Int32Array>,
    y: Nullable<Floats>,
    finals: readonly Nullable<Floats>[],
    kept: Nullable<Floats>,
    geometry: Int32Array,
  ): void;
  recurrentGrad(
    cell: number,
    x: Floats,
    arrays: readonly Nullable<Floats>[],
    lengths: Nullable<Int32Array>,
    y: Floats,
    kept: Floats,
    dy: Nullable<Floats>,
    dfinals: readonly Nullable<Floats>[],
    dx: Nullable<Floats>,
    darrays: readonly Nullable<Floats>[],
    geometry: Int32Array,
  ): void;
  gatherRows(x: AnyArray, indices: Int32Array, y: AnyArray, width: number): void;
  scatterAddRows(y: Floats, indices: Int32Array, x: Floats, width: number): void;
  dropout(x: Floats, y: Floats, rate: number, state: Uint32Array): void;
  uniform(y: Floats, low: number, high: number, state: Uint32Array): void;
  update(
    op: number,
    param: Floats,
    grad: Floats,
    a: Nullable<Floats>,
    b: Nullable<Floats>,
    c: Nullable<Floats>,
    hyper: Float64Array,
  ): void;
}

/** Where the addon may lie, most wanted first. `MYELIN_ADDON` names one file, and then no other is tried. */
export function addonPaths(): string[] {
  const forced = process.env.MYELIN_ADDON;
  if (forced) return [resolve(forced)];
  const root = fileURLToPath(new URL('../../', import.meta.url));
  return [resolve(root, 'build/Release/myelin.node'), resolve(root, `prebuilt/${process.platform}-${process.arch}/myelin.node`)];
}

/** Loads the addon. Throws MissingError where there is none, BackendError where there is one that does not load. */
export function loadAddon(): Addon {
  const paths = addonPaths();
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw missing(paths);
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (error) {
    throw explained(path, error);
  }
}

const platform = `${process.platform}-${process.arch}, Node.js ${process.versions.node}`;

function missing(paths: readonly string[]): MissingError {
  return new MissingError(
    `[native backend] expected the compiled addon for ${platform}, received none at:\n` +
      `${paths.map((path) => `  ${path}\n`).join('')}` +
      'To build it: `npx myelin build-addon` (needs Python 3, make and a C++17 compiler; it says what is missing).',
  );
}

function explained(path: string, error: unknown): MyelinError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_INVALID_ARGUMENT') return new ArgumentError(message);
  const advice =
    code === 'ERR_DLOPEN_DISABLED'
      ? 'Addons are switched off in this process (--no-addons, or a policy). Allow them, or set MYELIN_BACKEND=reference.'
      : 'It was probably built for another system. To build it anew: `npx myelin build-addon`.';
  return new BackendError(`[native backend] expected ${path} to load on ${platform}, received: ${message}\n${advice}`, {
    cause: error,
  });
}
