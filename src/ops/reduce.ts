import { isTracked, record, recordNotDifferentiable } from '../autograd/tape.js';
import type { ArgReduceOp, ReduceOp } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import { ShapeError } from '../errors.js';
import { broadcastStrides, checkAxes, checkAxis, type Shape, sameShape, shapeText, sizeOf, stridesOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { equal, mul } from './binary.js';
import { broadcastTo } from './movement.js';
import { checkFloatTensor } from './operand.js';
import { affine } from './unary.js';

/** Reduces the given axes without recording; the result keeps them with size 1. */
function reduceAxes(op: ReduceOp, x: Tensor, axes: readonly number[]): Tensor {
  const backend = backendFor(x.dtype);
  let array = x.floats;
  const shape = [...x.shape];
  let y: Tensor | null = null;
  // Neighbouring axes go in one call, last ones first, so that most is gone after the first.
  for (let last = axes.length - 1; last >= 0; ) {
    let first = last;
    while (first > 0 && axes[first - 1] === (axes[first] as number) - 1) first--;
    const from = axes[first] as number;
    const to = axes[last] as number;
    const outer = sizeOf(shape.slice(0, from));
    const length = sizeOf(shape.slice(from, to + 1));
    const inner = sizeOf(shape.slice(to + 1));
    for (let i = from; i <= to; i++) shape[i] = 1;
    const part = new Tensor([...shape], x.dtype);
    // Squares are taken once; what follows adds them up.
    backend.reduce(op === 'sumSquares' && y !== null ? 'sum' : op, array, part.floats, outer, length, inner);
    y?.dispose();
    y = part;
    array = part.floats;
    last = first - 1;
  }
  return y ?? x.alias();
}

/** Adds the gradient of a broadcast up again: to the shape that was broadcast. May return `dy` itself. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const lead = dy.rank - shape.length;
  const axes: number[] = [];
  dy.shape.forEach((n, i) => {
    if (i < lead || (shape[i - lead] === 1 && n !== 1)) axes.push(i);
  });
  const kept = reduceAxes('sum', dy, axes);
  const result = kept.alias(shape);
  kept.dispose();
  return result;
}

interface Reduction {
  /** The result, in its final shape. */
  y: Tensor;
  /** The result's shape with the reduced axes kept as 1. */
  keptShape: Shape;
  /** How many elements went into each. */
  count: number;
}

function reduction(
  op: ReduceOp,
  name: string,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  keepDims: boolean,
): Reduction {
  checkFloatTensor(name, x);
  if (axes === undefined && x.size > 0) {
    const keptShape = new Array<number>(x.rank).fill(1);
    const y = new Tensor(keepDims ? keptShape : [], x.dtype);
    backendFor(x.dtype).reduce(op, x.floats, y.floats, 1, x.size, 1);
    return { y, keptShape, count: x.size };
  }
  const list = checkAxes(name, axes, x.rank);
  const keptShape = x.shape.map((n, i) => (list.includes(i) ? 1 : n));
  const count = list.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  if (count === 0 && (op === 'max' || op === 'min')) {
    throw new ShapeError(`[${name}] expected at least one element to choose from, received shape ${shapeText(x.shape)}`);
  }
  const kept = list.length === 0 && op === 'sumSquares' ? mul(x, x) : reduceAxes(op, x, list);
  const y = keepDims ? kept : kept.alias(x.shape.filter((_, i) => !list.includes(i)));
  if (y !== kept) kept.dispose();
  return { y, keptShape, count };
}

/** dy (with the reduced axes as 1) repeated over x's shape, in one strided copy. */
function spread(dy: Tensor, keptShape: Shape, shape: Shape): Tensor {
  const dx = new Tensor(shape, dy.dtype);
  if (dy.size === 1) {
    backendFor(dy.dtype).fill(dx.array, dy.item());
    return dx;
  }
  const dims = Int32Array.of(shape.length, ...shape, ...broadcastStrides(keptShape, shape), ...stridesOf(shape));
  backendFor(dy.dtype).copy(dy.array, dx.array, dims, 0, 0);
  return dx;
}

/** Sum over axes (default all). */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const { y, keptShape } = reduction('sum', 'sum', x, axes, keepDims);
  return record('sum', y, [x], (dy) => [spread(dy, keptShape, x.shape)]);
}

/** Mean over axes (default all); NaN over nothing. */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const { y, keptShape, count } = reduction('mean', 'mean', x, axes, keepDims);
  return record('mean', y, [x], (dy) => [spread(affine(dy, 1 / count, 0), keptShape, x.shape)]);
}

/** Sum of squares over axes (default all). */
export function sumSquares(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const { y, keptShape } = reduction('sumSquares', 'sumSquares', x, axes, keepDims);
  return record('sumSquares', y, [x], (dy) => [mul(spread(affine(dy, 2, 0), keptShape, x.shape), x)]);
}

function extreme(op: 'max' | 'min', x: Tensor, axes: number | readonly number[] | undefined, keepDims: boolean): Tensor {
  const { y, keptShape } = reduction(op, op, x, axes, keepDims);
  if (!isTracked(x)) return y;
  return record(op, y, [x], (dy) => {
    const mask = equal(x, y.alias(keptShape));
    const weight = new Tensor(x.shape, x.dtype);
    backendFor(x.dtype).cast(mask.array, weight.array);
    const ties = sumTo(weight, keptShape);
    const share = new Tensor(keptShape, x.dtype);
    const dense = Int32Array.of(1, share.size, 1, 1);
    backendFor(x.dtype).binary('div', dy.floats, ties.floats, share.floats, dense);
    return [mul(weight, broadcastTo(share, x.shape))];
  });
}

/** Largest element over axes (default all); NaN wins; equal ones share the gradient. */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return extreme('max', x, axes, keepDims);
}

/** Smallest element over axes (default all); NaN wins; equal ones share the gradient. */
export function min(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return extreme('min', x, axes, keepDims);
}

/** Product over axes (default all). Its gradient is exact where elements are 0. */
export function prod(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const { y, keptShape } = reduction('prod', 'prod', x, axes, keepDims);
  if (!isTracked(x)) return y;
  return record('prod', y, [x], (dy) => {
    // d y / d x_i is the product of the others: of all non-zero ones where x_i is the only zero, 0 where there are two.
    const isZero = equal(x, 0);
    const zeros = new Tensor(x.shape, x.dtype);
    backendFor(x.dtype).cast(isZero.array, zeros.array);
    const list = checkAxes('prod', axes, x.rank);
    const count = spread(reduceAxes('sum', zeros, list), keptShape, x.shape).floats;
    const replaced = new Tensor(x.shape, x.dtype);
    for (let i = 0; i < x.size; i++) replaced.floats[i] = isZero.array[i] ? 1 : (x.floats[i] as number);
    const others = spread(reduceAxes('prod', replaced, list), keptShape, x.shape);
    const seed = spread(dy, keptShape, x.shape);
    for (let i = 0; i < x.size; i++) {
      const here = isZero.array[i] as number;
      const elsewhere = (count[i] as number) - here;
      const slope = elsewhere > 0 ? 0 : (others.floats[i] as number) / (replaced.floats[i] as number);
      seed.floats[i] = (seed.floats[i] as number) * slope;
    }
    return [seed];
  });
}

function argReduce(op: ArgReduceOp, x: Tensor, axis: number): Tensor {
  checkFloatTensor(op, x);
  const at = checkAxis(op, axis, x.rank);
  const length = x.shape[at] as number;
  const shape = x.shape.filter((_, i) => i !== at);
  if (length === 0)
    throw new ShapeError(`[${op}] expected at least one element on axis ${at}, received shape ${shapeText(x.shape)}`);
  const y = new Tensor(shape, 'int32');
  backendFor(x.dtype).argReduce(
    op,
    x.floats,
    y.array as Int32Array,
    sizeOf(x.shape.slice(0, at)),
    length,
    sizeOf(x.shape.slice(at + 1)),
  );
  return recordNotDifferentiable(op, y, [x]);
}

/** Position of the largest element along an axis, the first of equals, as int32; NaN counts as largest. */
export function argMax(x: Tensor, axis = -1): Tensor {
  return argReduce('argMax', x, axis);
}

/** Position of the smallest element along an axis, the first of equals, as int32; NaN counts as smallest. */
export function argMin(x: Tensor, axis = -1): Tensor {
  return argReduce('argMin', x, axis);
}
