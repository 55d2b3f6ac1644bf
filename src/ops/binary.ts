import { isTracked, record } from '../autograd/tape.js';
import type { BinaryOp, CompareOp } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import { broadcastShapes, broadcastStrides, type Shape, sameShape } from '../tensor/shape.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import { denseDims } from './accumulate.js';
import { broadcastTo } from './movement.js';
import { asTensor, checkFloatTensor, checkSameType, checkTensorType } from './operand.js';
import { sumTo } from './reduce.js';
import { affine, log, neg, powScalar } from './unary.js';

/** The `dims` argument of an elementwise kernel: shape and both strides, with plain cases as short as they can be. */
function broadcastDims(a: Shape, b: Shape, shape: Shape): Int32Array {
  if (sameShape(a, b)) {
    let size = 1;
    for (const n of shape) size *= n;
    return denseDims(size);
  }
  return Int32Array.of(shape.length, ...shape, ...broadcastStrides(a, shape), ...broadcastStrides(b, shape));
}

/** op(a, b) without recording; for gradients. */
function apply(op: BinaryOp, a: Tensor, b: Tensor, into?: Tensor): Tensor {
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(op, a.shape, b.shape);
  const c = into ?? new Tensor(shape, a.dtype);
  backendFor(a.dtype).binary(op, a.floats, b.floats, c.floats, broadcastDims(a.shape, b.shape, shape));
  return c;
}

/** Gradients of c = op(a, b) in the shape of c: one function for a, one for b. `dy` must not be changed. */
interface Partials {
  a(dy: Tensor, a: Tensor, b: Tensor, c: Tensor): Tensor;
  b(dy: Tensor, a: Tensor, b: Tensor, c: Tensor): Tensor;
}

/** The larger (or smaller) operand gets the gradient; equal ones get half each, as in PyTorch. */
function extremePartials(op: 'greater' | 'less'): Partials {
  const share = (dy: Tensor, x: Tensor, other: Tensor): Tensor => {
    const wins = compare(op, x, other);
    const ties = compare('equal', x, other);
    const weight = apply('add', castMask(wins, dy), affine(castMask(ties, dy), 0.5, 0));
    return apply('mul', dy, weight);
  };
  return { a: (dy, a, b) => share(dy, a, b), b: (dy, a, b) => share(dy, b, a) };
}

function castMask(mask: Tensor, like: Tensor): Tensor {
  const y = new Tensor(mask.shape, like.dtype);
  backendFor(like.dtype).cast(mask.array, y.array);
  return y;
}

const partials: Record<BinaryOp, Partials> = {
  add: { a: (dy) => dy, b: (dy) => dy },
  sub: { a: (dy) => dy, b: (dy) => neg(dy) },
  mul: { a: (dy, _a, b) => apply('mul', dy, b), b: (dy, a) => apply('mul', dy, a) },
  div: { a: (dy, _a, b) => apply('div', dy, b), b: (dy, _a, b, c) => neg(apply('div', apply('mul', dy, c), b)) },
  pow: {
    // b * a^(b-1), and 0 where b is 0 whatever a is.
    a: (dy, a, b) => {
      const slope = apply('mul', b, apply('pow', a, affine(b, 1, -1)));
      const constant = compare('equal', b, asTensor('pow', 0, b));
      return apply('mul', dy, where(broadcastTo(constant, slope.shape), zerosLike(slope), slope));
    },
    // a^b * log a, and 0 where a is 0 and b >= 0.
    b: (dy, a, b, c) => {
      const slope = apply('mul', c, log(a));
      const zero = asTensor('pow', 0, a);
      const flat = new Tensor(slope.shape, 'bool');
      const baseIsZero = broadcastTo(compare('equal', a, zero), slope.shape).array;
      const exponentCounts = broadcastTo(compare('greaterEqual', b, zero), slope.shape).array;
      for (let i = 0; i < flat.size; i++) flat.array[i] = (baseIsZero[i] as number) & (exponentCounts[i] as number);
      return apply('mul', dy, where(flat, zerosLike(slope), slope));
    },
  },
  maximum: extremePartials('greater'),
  minimum: extremePartials('less'),
};

function zerosLike(x: Tensor): Tensor {
  const y = new Tensor(x.shape, x.dtype);
  backendFor(x.dtype).fill(y.array, 0);
  return y;
}

function binary(op: BinaryOp, x: TensorLike, z: TensorLike): Tensor {
  const a = asTensor(op, x, z);
  const b = asTensor(op, z, x);
  checkFloatTensor(op, a);
  checkFloatTensor(op, b);
  checkSameType(op, a, b);
  const c = apply(op, a, b);
  if (!isTracked(a) && !isTracked(b)) return c;
  const rule = partials[op];
  return record(op, c, [a, b], (dy, needs) => [
    needs[0] ? sumTo(rule.a(dy, a, b, c), a.shape) : null,
    needs[1] ? sumTo(rule.b(dy, a, b, c), b.shape) : null,
  ]);
}

/** a + b, broadcasting. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return typeof b === 'number' && typeof a !== 'number' ? affine(a, 1, b) : binary('add', a, b);
}
/** a - b, broadcasting. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return typeof b === 'number' && typeof a !== 'number' ? affine(a, 1, -b) : binary('sub', a, b);
}
/** a * b, broadcasting. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return typeof b === 'number' && typeof a !== 'number' ? affine(a, b, 0) : binary('mul', a, b);
}
/** a / b, broadcasting. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return binary('div', a, b);
}
/** a to the power b, broadcasting. */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  return typeof b === 'number' && typeof a !== 'number' ? powScalar(a, b) : binary('pow', a, b);
}
/** The larger of each pair; NaN wins; the gradient of equal ones is shared. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return binary('maximum', a, b);
}
/** The smaller of each pair; NaN wins; the gradient of equal ones is shared. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return binary('minimum', a, b);
}

function compare(op: CompareOp, x: TensorLike, z: TensorLike): Tensor {
  const a = asTensor(op, x, z);
  const b = asTensor(op, z, x);
  checkSameType(op, a, b);
  const shape = broadcastShapes(op, a.shape, b.shape);
  const c = new Tensor(shape, 'bool');
  backendFor(a.dtype).compare(op, a.array, b.array, c.array as Uint8Array, broadcastDims(a.shape, b.shape, shape));
  return c;
}

/** a == b as bool, broadcasting. */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return compare('equal', a, b);
}
/** a != b as bool, broadcasting. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('notEqual', a, b);
}
/** a < b as bool, broadcasting. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return compare('less', a, b);
}
/** a <= b as bool, broadcasting. */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('lessEqual', a, b);
}
/** a > b as bool, broadcasting. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return compare('greater', a, b);
}
/** a >= b as bool, broadcasting. */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return compare('greaterEqual', a, b);
}

/** mask ? a : b, all broadcast to one shape; mask is bool. */
export function where(mask: Tensor, x: TensorLike, z: TensorLike): Tensor {
  checkTensorType('where', mask, 'bool');
  const a = asTensor('where', x, z);
  const b = asTensor('where', z, x);
  checkSameType('where', a, b);
  const shape = broadcastShapes('where', mask.shape, broadcastShapes('where', a.shape, b.shape));
  const m = broadcastTo(mask, shape);
  const wide = [broadcastTo(a, shape), broadcastTo(b, shape)] as const;
  const c = new Tensor(shape, a.dtype);
  backendFor(a.dtype).select(m.array as Uint8Array, wide[0].array, wide[1].array, c.array);
  return record('where', c, wide, (dy, needs) => {
    const zero = zerosLike(dy);
    const part = (first: Tensor, second: Tensor): Tensor => {
      const dx = new Tensor(shape, dy.dtype);
      backendFor(dy.dtype).select(m.array as Uint8Array, first.array, second.array, dx.array);
      return dx;
    };
    return [needs[0] ? part(dy, zero) : null, needs[1] ? part(zero, dy) : null];
  });
}
