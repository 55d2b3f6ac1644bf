import { isTracked, record } from '../autograd/tape.js';
import type { Activation } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { broadcastShapes, type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { broadcastTo, reshape } from './movement.js';
import { checkFloatTensor, checkSameType } from './operand.js';
import { sumTo } from './reduce.js';
import { unaryGradient } from './unary.js';

export interface MatmulOptions {
  /** Read a as its transpose (last two axes). */
  transposeA?: boolean;
  /** Read b as its transpose (last two axes). */
  transposeB?: boolean;
}

/** The batch of products: its shape, and how far apart the matrices of each side lie (0: one matrix for all). */
function product(a: Tensor, b: Tensor, transA: boolean, transB: boolean, batch: Shape, m: number, n: number, k: number): Tensor {
  const c = new Tensor([...batch, m, n], a.dtype);
  const count = sizeOf(batch);
  const strideA = a.size === m * k && count !== 1 ? 0 : m * k;
  const strideB = b.size === k * n && count !== 1 ? 0 : k * n;
  const lda = transA ? m : k;
  const ldb = transB ? k : n;
  const backend = backendFor(a.dtype);
  if (strideB === 0 && !transA && strideA !== 0) {
    // One right side for all: the batch is more rows.
    backend.gemm(a.floats, b.floats, c.floats, null, count * m, n, k, lda, ldb, n, false, transB, false, 'linear', 1, 0, 0, 0);
  } else {
    backend.gemm(
      a.floats,
      b.floats,
      c.floats,
      null,
      m,
      n,
      k,
      lda,
      ldb,
      n,
      transA,
      transB,
      false,
      'linear',
      count,
      strideA,
      strideB,
      m * n,
    );
  }
  return c;
}

/**
 * Matrix product over the last two axes; the others are a batch and broadcast. A vector on the left is a row, on the right a
 * column, and that axis goes again.
 *
 * @param a [..., m, k] ([..., k, m] with transposeA)
 * @param b [..., k, n] ([..., n, k] with transposeB)
 * @returns [..., m, n]
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  checkFloatTensor('matmul', a);
  checkFloatTensor('matmul', b);
  checkSameType('matmul', a, b);
  checkOptions('matmul', options);
  const { transposeA = false, transposeB = false } = options;
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError(`[matmul] expected at least one axis, received ${shapeText(a.shape)} and ${shapeText(b.shape)}`);
  if (a.rank === 1 || b.rank === 1) {
    const left = a.rank === 1 ? reshape(a, [1, -1]) : a;
    const right = b.rank === 1 ? reshape(b, [-1, 1]) : b;
    const c = matmul(left, right, { transposeA: a.rank > 1 && transposeA, transposeB: b.rank > 1 && transposeB });
    const shape = [...c.shape];
    if (b.rank === 1) shape.pop();
    if (a.rank === 1) shape.splice(b.rank === 1 ? -1 : -2, 1);
    return reshape(c, shape);
  }
  const [rowsA, colsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, colsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [colsA, rowsA] : [rowsA, colsA];
  const [k2, n] = transposeB ? [colsB, rowsB] : [rowsB, colsB];
  if (k !== k2)
    throw new ShapeError(`[matmul] expected inner sizes to agree, received ${shapeText(a.shape)} and ${shapeText(b.shape)}`);
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcastShapes('matmul', batchA, batchB);
  // Kernels repeat one matrix or step through all; anything between is spread out first.
  const full = (x: Tensor, own: Shape): Tensor =>
    sameShape(own, batch) || sizeOf(own) === 1 ? x : broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  const left = full(a, batchA);
  const right = full(b, batchB);
  const c = product(left, right, transposeA, transposeB, batch, m, n, k);
  if (!isTracked(left) && !isTracked(right)) return c;
  return record('matmul', c, [left, right], (dy, needs) => [
    needs[0] ? matmulGradient(dy, right, left, transposeA, transposeB, true) : null,
    needs[1] ? matmulGradient(dy, left, right, transposeA, transposeB, false) : null,
  ]);
}

/** d/da = dy op(b)^T and d/db = op(a)^T dy, transposed where the operand was, summed over a batch that repeated it. */
function matmulGradient(dy: Tensor, other: Tensor, target: Tensor, transA: boolean, transB: boolean, left: boolean): Tensor {
  let full: Tensor;
  if (left)
    full = transA ? matmul(other, dy, { transposeA: transB, transposeB: true }) : matmul(dy, other, { transposeB: !transB });
  else full = transB ? matmul(dy, other, { transposeA: true, transposeB: transA }) : matmul(other, dy, { transposeA: !transA });
  return sumTo(full, target.shape);
}

/** Sum over all rows of [rows, n]: the gradient of a bias. */
export function biasGradient(dy: Tensor, rows: number, n: number): Tensor {
  const db = new Tensor([n], dy.dtype);
  backendFor(dy.dtype).reduce('sum', dy.floats, db.floats, 1, rows, n);
  return db;
}

/** The gradient before a fused activation, from the one behind it. */
export function activationGradient(activation: Activation, y: Tensor, dy: Tensor): Tensor {
  return activation === 'linear' ? dy : unaryGradient(activation, y, y, dy, 0, 0);
}

const activations: readonly string[] = ['linear', 'relu', 'sigmoid', 'tanh'];

/** Throws unless `activation` is one that kernels apply as they write. */
export function checkActivation(where: string, activation: unknown): asserts activation is Activation {
  if (typeof activation !== 'string' || !activations.includes(activation)) {
    throw new ArgumentError(
      `[${where}] expected activation to be one of ${activations.join(', ')}, received ${describe(activation)}`,
    );
  }
}

/**
 * A dense layer in one call: activation(x weight + bias).
 *
 * @param x [..., in]
 * @param weight [in, out]
 * @param bias [out] or null
 * @returns [..., out]
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null, activation: Activation = 'linear'): Tensor {
  checkFloatTensor('linear', x);
  checkFloatTensor('linear', weight);
  checkSameType('linear', x, weight);
  checkActivation('linear', activation);
  const [k, n] = weight.shape as [number, number];
  if (weight.rank !== 2 || x.rank < 1 || x.shape[x.rank - 1] !== k) {
    throw new ShapeError(
      `[linear] expected x [..., in] and weight [in, out], received ${shapeText(x.shape)} and ${shapeText(weight.shape)}`,
    );
  }
  if (bias !== null) {
    checkFloatTensor('linear', bias);
    checkSameType('linear', x, bias);
    if (bias.rank !== 1 || bias.shape[0] !== n)
      throw new ShapeError(`[linear] expected bias [${n}], received ${shapeText(bias.shape)}`);
  }
  const backend = backendFor(x.dtype);
  const shape = x.shape.slice();
  shape[x.rank - 1] = 1;
  const m = sizeOf(shape);
  shape[x.rank - 1] = n;
  const y = new Tensor(shape, x.dtype);
  backend.gemm(
    x.floats,
    weight.floats,
    y.floats,
    bias === null ? null : bias.floats,
    m,
    n,
    k,
    k,
    n,
    n,
    false,
    false,
    false,
    activation,
    1,
    0,
    0,
    0,
  );
  return record('linear', y, bias === null ? [x, weight] : [x, weight, bias], (dy, needs) => {
    const dz = activationGradient(activation, y, dy);
    let dx: Tensor | null = null;
    let dw: Tensor | null = null;
    if (needs[1]) {
      dw = new Tensor(weight.shape, x.dtype);
      backend.gemm(x.floats, dz.floats, dw.floats, null, k, n, m, k, n, n, true, false, false, 'linear', 1, 0, 0, 0);
    }
    const db = needs[2] ? biasGradient(dz, m, n) : null;
    if (needs[0]) {
      dx = new Tensor(x.shape, x.dtype);
      backend.gemm(dz.floats, weight.floats, dx.floats, null, m, k, n, n, n, k, false, true, false, 'linear', 1, 0, 0, 0);
    }
    if (dz !== dy) dz.dispose();
    return [dx, dw, db];
  });
}
