import { ArgumentError, BackendError } from '../errors.js';
import type { Activation, AnyArray, Backend, ConvAlgorithm, ConvKind } from './backend.js';
import { type Addon, type AddonInfo, type CodeList, loadAddon } from './loader.js';
import { recurrentGates } from './recurrent.js';
import { convAlgorithms } from './reference/conv.js';
import { binaryOps, compareOps, unaryOps } from './reference/elementwise.js';
import { argReduceOps, reduceOps } from './reference/reduce.js';
import { updateOps } from './reference/update.js';

/** The addon as a backend, with what only it can tell or be told. */
export interface NativeBackend extends Backend {
  readonly name: 'native';
  readonly addon: Addon;
  info(): AddonInfo;
  /** Chooses the kernels of one instruction set, for tests and measurements. What gemmPack laid out before is void. */
  setIsa(name: string): void;
  setThreads(n: number): void;
}

const activations: Readonly<Record<Activation, true>> = { linear: true, relu: true, sigmoid: true, tanh: true };

const convKinds: Readonly<Record<ConvKind, true>> = { forward: true, gradInput: true, gradWeight: true };

/**
 * The place of each name in the addon's list. The lists must agree as sets: an operation that only one side knows means that
 * the addon was built from other sources than the TypeScript.
 */
function codesOf<Name extends string>(
  addon: Addon,
  list: CodeList,
  names: Readonly<Record<Name, unknown>>,
): Record<Name, number> {
  const known = addon.codes[list] ?? [];
  const wanted = Object.keys(names);
  if (known.length !== wanted.length || !wanted.every((name) => known.includes(name)))
    throw stale(`${list} operations ${wanted}`, `${known}`);
  return Object.fromEntries(known.map((name, code) => [name, code])) as Record<Name, number>;
}

function stale(expected: string, received: string): BackendError {
  return new BackendError(
    `[native backend] expected an addon with ${expected}, received one with ${received}: it was built from other sources; ` +
      'build it anew with `npx myelin build-addon`',
  );
}

/** Float64 lives on the reference. Tested by element size: `instanceof` fails for arrays of another realm. */
const isDouble = (x: AnyArray): boolean => x.BYTES_PER_ELEMENT === 8;

/** Loads the addon and wraps it. `reference` computes what the addon has no kernels for: float64. */
export function loadNative(reference: Backend, addon: Addon = loadAddon()): NativeBackend {
  const missing = Object.keys(reference).filter((name) => name !== 'name' && !Object.hasOwn(addon.kernels, name));
  if (missing.length > 0) throw stale(`the kernels ${missing}`, 'none such');
  const unary = codesOf(addon, 'unary', unaryOps);
  const binary = codesOf(addon, 'binary', binaryOps);
  const compare = codesOf(addon, 'compare', compareOps);
  const reduce = codesOf(addon, 'reduce', reduceOps);
  const argReduce = codesOf(addon, 'argReduce', argReduceOps);
  const update = codesOf(addon, 'update', updateOps);
  const activation = codesOf(addon, 'activation', activations);
  const convKind = codesOf(addon, 'convKind', convKinds);
  const convAlgorithm = codesOf(addon, 'convAlgorithm', convAlgorithms);
  const recurrentCell = codesOf(addon, 'recurrentCell', recurrentGates);
  addon.setErrorFactory((_code, message) => new ArgumentError(message));

  return {
    name: 'native',
    addon,
    info: addon.info,
    setIsa: addon.setIsa,
    setThreads: addon.setThreads,

    unary: (op, x, y, p, q) => (isDouble(x) ? reference.unary(op, x, y, p, q) : addon.unary(unary[op], x, y, p, q)),
    unaryGrad: (op, x, y, dy, dx, p, q) =>
      isDouble(dx) ? reference.unaryGrad(op, x, y, dy, dx, p, q) : addon.unaryGrad(unary[op], x, y, dy, dx, p, q),
    binary: (op, a, b, c, dims) => (isDouble(c) ? reference.binary(op, a, b, c, dims) : addon.binary(binary[op], a, b, c, dims)),
    compare: (op, a, b, c, dims) => addon.compare(compare[op], a, b, c, dims),
    select: addon.select,

    fill: addon.fill,
    copy: addon.copy,
    cast: addon.cast,

    reduce: (op, x, y, outer, length, inner) =>
      isDouble(x) ? reference.reduce(op, x, y, outer, length, inner) : addon.reduce(reduce[op], x, y, outer, length, inner),
    argReduce: (op, x, y, outer, length, inner) =>
      isDouble(x)
        ? reference.argReduce(op, x, y, outer, length, inner)
        : addon.argReduce(argReduce[op], x, y, outer, length, inner),

    softmax: (x, y, rows, cols, log) => (isDouble(x) ? reference : addon).softmax(x, y, rows, cols, log),
    softmaxGrad: (y, dy, dx, rows, cols, log) => (isDouble(dx) ? reference : addon).softmaxGrad(y, dy, dx, rows, cols, log),
    crossEntropy: (logits, labels, loss, probabilities, rows, cols) =>
      (isDouble(logits) ? reference : addon).crossEntropy(logits, labels, loss, probabilities, rows, cols),
    crossEntropyGrad: (probabilities, labels, dloss, dlogits, rows, cols) =>
      (isDouble(dlogits) ? reference : addon).crossEntropyGrad(probabilities, labels, dloss, dlogits, rows, cols),

    norm: (x, scale, shift, mean, variance, y, geometry, epsilon, fixed, relu) =>
      (isDouble(x) ? reference : addon).norm(x, scale, shift, mean, variance, y, geometry, epsilon, fixed, relu),
    normGrad: (x, dy, scale, mean, variance, dx, dscale, dshift, geometry, epsilon, fixed, rectified) =>
      (isDouble(x) ? reference : addon).normGrad(
        x,
        dy,
        scale,
        mean,
        variance,
        dx,
        dscale,
        dshift,
        geometry,
        epsilon,
        fixed,
        rectified,
      ),

    gemm: (a, b, c, bias, m, n, k, lda, ldb, ldc, transA, transB, accumulate, act, batch, strideA, strideB, strideC) =>
      isDouble(c)
        ? reference.gemm(a, b, c, bias, m, n, k, lda, ldb, ldc, transA, transB, accumulate, act, batch, strideA, strideB, strideC)
        : addon.gemm(
            a,
            b,
            c,
            bias,
            m,
            n,
            k,
            lda,
            ldb,
            ldc,
            transA,
            transB,
            accumulate,
            activation[act],
            batch,
            strideA,
            strideB,
            strideC,
          ),
    // One size for both layouts: which of them will be asked for is not known yet.
    gemmPackedSize: (n, k) => Math.max(addon.gemmPackedSize(n, k), reference.gemmPackedSize(n, k)),
    gemmPack: (b, packed, n, k, ldb, transB) => (isDouble(b) ? reference : addon).gemmPack(b, packed, n, k, ldb, transB),
    gemmPacked: (a, packed, c, bias, m, n, k, lda, ldc, transA, act) =>
      isDouble(c)
        ? reference.gemmPacked(a, packed, c, bias, m, n, k, lda, ldc, transA, act)
        : addon.gemmPacked(a, packed, c, bias, m, n, k, lda, ldc, transA, activation[act]),

    conv: (x, w, bias, y, geometry, act, algorithm) =>
      isDouble(y)
        ? reference.conv(x, w, bias, y, geometry, act, algorithm)
        : addon.conv(x, w, bias, y, geometry, activation[act], convAlgorithm[algorithm]),
    convGradInput: (dy, w, dx, geometry, algorithm) =>
      isDouble(dx)
        ? reference.convGradInput(dy, w, dx, geometry, algorithm)
        : addon.convGradInput(dy, w, dx, geometry, convAlgorithm[algorithm]),
    convGradWeight: (x, dy, dw, geometry, algorithm) =>
      isDouble(dw)
        ? reference.convGradWeight(x, dy, dw, geometry, algorithm)
        : addon.convGradWeight(x, dy, dw, geometry, convAlgorithm[algorithm]),
    convAlgorithm: (kind, geometry, algorithm) => {
      const taken = addon.convAlgorithm(convKind[kind], geometry, convAlgorithm[algorithm]);
      return (addon.codes.convAlgorithm as readonly ConvAlgorithm[])[taken] as ConvAlgorithm;
    },

    maxPool: (x, y, indices, geometry) => (isDouble(x) ? reference : addon).maxPool(x, y, indices, geometry),
    maxPoolGrad: (dy, indices, dx, geometry) => (isDouble(dx) ? reference : addon).maxPoolGrad(dy, indices, dx, geometry),
    maxUnpool: (x, indices, y, dims) => (isDouble(x) ? reference : addon).maxUnpool(x, indices, y, dims),
    maxUnpoolGrad: (dy, indices, dx, dims) => (isDouble(dx) ? reference : addon).maxUnpoolGrad(dy, indices, dx, dims),

    resample: (x, y, geometry, starts, cells, weights, divisors) =>
      (isDouble(x) ? reference : addon).resample(x, y, geometry, starts, cells, weights, divisors),

    // One size for both layouts, as of gemmPackedSize.
    recurrentKeptSize: (cell, geometry) =>
      Math.max(addon.recurrentKeptSize(recurrentCell[cell], geometry), reference.recurrentKeptSize(cell, geometry)),
    recurrent: (cell, x, arrays, lengths, y, finals, kept, geometry) =>
      isDouble(x)
        ? reference.recurrent(cell, x, arrays, lengths, y, finals, kept, geometry)
        : addon.recurrent(recurrentCell[cell], x, arrays, lengths, y, finals, kept, geometry),
    recurrentGrad: (cell, x, arrays, lengths, y, kept, dy, dfinals, dx, darrays, geometry) =>
      isDouble(x)
        ? reference.recurrentGrad(cell, x, arrays, lengths, y, kept, dy, dfinals, dx, darrays, geometry)
        : addon.recurrentGrad(recurrentCell[cell], x, arrays, lengths, y, kept, dy, dfinals, dx, darrays, geometry),

    gatherRows: addon.gatherRows,
    scatterAddRows: (y, indices, x, width) => (isDouble(x) ? reference : addon).scatterAddRows(y, indices, x, width),

    dropout: (x, y, rate, state) => (isDouble(x) ? reference : addon).dropout(x, y, rate, state),
    uniform: (y, low, high, state) => (isDouble(y) ? reference : addon).uniform(y, low, high, state),

    update: (op, param, grad, a, b, c, hyper) =>
      isDouble(param) ? reference.update(op, param, grad, a, b, c, hyper) : addon.update(update[op], param, grad, a, b, c, hyper),
  };
}
