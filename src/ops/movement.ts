import { isTracked, record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, describe, ShapeError } from '../errors.js';
import {
  broadcastShapes,
  broadcastStrides,
  checkAxes,
  checkAxis,
  checkShape,
  resolveShape,
  type Shape,
  sameShape,
  shapeText,
  stridesOf,
} from '../tensor/shape.js';
import { type SliceRange, Tensor } from '../tensor/tensor.js';
import { checkInteger, checkSameType, checkTensor } from './operand.js';
import { sumTo } from './reduce.js';

/** Strided copy of a region of `shape` from x to y. */
function copy(
  x: Tensor,
  y: Tensor,
  shape: Shape,
  stridesX: readonly number[],
  stridesY: readonly number[],
  offsetX = 0,
  offsetY = 0,
): void {
  backendFor(x.dtype).copy(x.array, y.array, Int32Array.of(shape.length, ...shape, ...stridesX, ...stridesY), offsetX, offsetY);
}

function filled(shape: Shape, like: Tensor, value: number): Tensor {
  const y = new Tensor(shape, like.dtype);
  backendFor(like.dtype).fill(y.array, value);
  return y;
}

/** The same elements in another shape of as many; one size may be -1. Shares memory. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('reshape', x);
  if (!Array.isArray(shape)) throw new ShapeError(`[reshape] expected a shape (an array of sizes), received ${typeof shape}`);
  const y = x.alias(resolveShape('reshape', shape, x.size));
  return record('reshape', y, [x], (dy) => [dy.alias(x.shape)]);
}

/** Joins the axes from `from` on into one: [n, h, w, c] becomes [n, h*w*c] from 1. */
export function flatten(x: Tensor, from = 0): Tensor {
  checkTensor('flatten', x);
  if (x.rank === 0) return reshape(x, [1]);
  const axis = checkAxis('flatten', from, x.rank);
  let rest = 1;
  for (const n of x.shape.slice(axis)) rest *= n;
  return reshape(x, [...x.shape.slice(0, axis), rest]);
}

/** Drops axes of size 1: those given, or all. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('squeeze', x);
  const drop = axes === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : checkAxes('squeeze', axes, x.rank);
  for (const axis of drop) {
    if (x.shape[axis] !== 1)
      throw new ShapeError(`[squeeze] expected size 1 on axis ${axis}, received shape ${shapeText(x.shape)}`);
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !drop.includes(i)),
  );
}

/** Puts an axis of size 1 before `axis`. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  checkTensor('unsqueeze', x);
  const at = checkAxis('unsqueeze', axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Axis i of the result is axis axes[i] of x. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  checkTensor('permute', x);
  if (!Array.isArray(axes) || axes.length !== x.rank) {
    throw new ArgumentError(`[permute] expected ${x.rank} axes for shape ${shapeText(x.shape)}, received ${describe(axes)}`);
  }
  const order = axes.map((axis) => checkAxis('permute', axis, x.rank));
  if (new Set(order).size !== order.length)
    throw new ArgumentError(`[permute] expected distinct axes, received ${describe(axes)}`);
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis] as number);
  const y = new Tensor(shape, x.dtype);
  copy(
    x,
    y,
    shape,
    order.map((axis) => strides[axis] as number),
    stridesOf(shape),
  );
  if (!isTracked(x)) return y;
  const inverse = order.map((_, i) => order.indexOf(i));
  return record('permute', y, [x], (dy) => [permute(dy, inverse)]);
}

/** Swaps the last two axes. */
export function transpose(x: Tensor): Tensor {
  checkTensor('transpose', x);
  if (x.rank < 2) throw new ShapeError(`[transpose] expected at least 2 axes, received shape ${shapeText(x.shape)}`);
  const axes = x.shape.map((_, i) => i);
  return permute(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** Repeats axes of size 1 (and puts new ones in front) until x has the shape. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', x);
  checkShape('broadcastTo', shape);
  if (sameShape(x.shape, shape)) return record('broadcastTo', x.alias(), [x], (dy) => [dy]);
  if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
    throw new ShapeError(`[broadcastTo] expected a shape that broadcasts to ${shapeText(shape)}, received ${shapeText(x.shape)}`);
  }
  const y = new Tensor([...shape], x.dtype);
  copy(x, y, shape, broadcastStrides(x.shape, shape), stridesOf(shape));
  return record('broadcastTo', y, [x], (dy) => [sumTo(dy, x.shape)]);
}

interface Region {
  shape: number[];
  strides: number[];
  offset: number;
  /** The result's shape: the region without the axes that were indexed. */
  kept: number[];
}

function resolveRange(x: Tensor, ranges: readonly SliceRange[]): Region {
  if (ranges.length > x.rank)
    throw new ArgumentError(
      `[slice] expected at most ${x.rank} ranges for shape ${shapeText(x.shape)}, received ${ranges.length}`,
    );
  const steps = stridesOf(x.shape);
  const region: Region = { shape: [], strides: [], offset: 0, kept: [] };
  x.shape.forEach((size, axis) => {
    const range = ranges[axis] ?? null;
    const stride = steps[axis] as number;
    if (typeof range === 'number') {
      checkInteger('slice', `the index on axis ${axis}`, range, -size, size - 1);
      region.offset += (range < 0 ? range + size : range) * stride;
      region.shape.push(1);
      region.strides.push(stride);
      return;
    }
    if (range !== null && !Array.isArray(range)) {
      throw new ArgumentError(
        `[slice] expected a number, [start, end, step] or null on axis ${axis}, received ${describe(range)}`,
      );
    }
    const [first, last, step = 1] = range ?? [];
    for (const bound of [first, last]) if (bound != null) checkInteger('slice', `a bound on axis ${axis}`, bound, -(2 ** 31));
    checkInteger('slice', `the step on axis ${axis}`, step, -(2 ** 31));
    if (step === 0) throw new ArgumentError(`[slice] expected a step other than 0 on axis ${axis}, received 0`);
    // As in Python: bounds count from the end where negative, and are clamped.
    const low = step > 0 ? 0 : -1;
    const high = step > 0 ? size : size - 1;
    const clamp = (bound: number): number => Math.min(high, Math.max(low, bound < 0 ? bound + size : bound));
    const start = first == null ? (step > 0 ? 0 : size - 1) : clamp(first);
    const end = last == null ? (step > 0 ? size : -1) : clamp(last);
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (count > 0) region.offset += start * stride;
    region.shape.push(count);
    region.strides.push(stride * step);
    region.kept.push(count);
  });
  return region;
}

/**
 * A part of x, one range an axis (missing ones take all): a number picks an index and drops the axis; [start, end, step] picks a
 * range as Python does (end excluded, negatives from the end, step may be negative); null takes all.
 *
 * @example
 * slice(x, [0, [1, 3], null]); // x[0, 1:3, :]
 */
export function slice(x: Tensor, ranges: readonly SliceRange[]): Tensor {
  checkTensor('slice', x);
  if (!Array.isArray(ranges)) throw new ArgumentError(`[slice] expected an array of ranges, received ${typeof ranges}`);
  const { shape, strides, offset, kept } = resolveRange(x, ranges);
  const y = new Tensor(kept, x.dtype);
  if (y.size > 0) copy(x, y, shape, strides, stridesOf(shape), offset, 0);
  return record('slice', y, [x], (dy) => {
    const dx = filled(x.shape, dy, 0);
    if (dy.size > 0) copy(dy, dx, shape, stridesOf(shape), strides, 0, offset);
    return [dx];
  });
}

/** Reverses the order along axes (default all). */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('flip', x);
  const turned = checkAxes('flip', axes, x.rank);
  return slice(
    x,
    x.shape.map((_, i) => (turned.includes(i) ? [null, null, -1] : null)),
  );
}

function checkList(where: string, list: unknown): asserts list is readonly Tensor[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new ArgumentError(`[${where}] expected an array of at least one tensor, received ${describe(list)}`);
  for (const x of list) checkTensor(where, x);
}

/** Joins tensors along an axis; all other sizes are equal. */
export function concat(list: readonly Tensor[], axis = 0): Tensor {
  checkList('concat', list);
  const first = list[0] as Tensor;
  const at = checkAxis('concat', axis, first.rank);
  let total = 0;
  for (const x of list) {
    checkSameType('concat', first, x);
    if (x.rank !== first.rank || x.shape.some((n, i) => i !== at && n !== first.shape[i])) {
      throw new ShapeError(
        `[concat] expected shapes equal but for axis ${at}, received ${list.map((t) => shapeText(t.shape)).join(', ')}`,
      );
    }
    total += x.shape[at] as number;
  }
  const shape = first.shape.map((n, i) => (i === at ? total : n));
  const y = new Tensor(shape, first.dtype);
  const strides = stridesOf(shape);
  const starts: number[] = [];
  let start = 0;
  for (const x of list) {
    starts.push(start);
    if (x.size > 0) copy(x, y, x.shape, stridesOf(x.shape), strides, 0, start * (strides[at] as number));
    start += x.shape[at] as number;
  }
  return record('concat', y, list, (dy, needs) =>
    list.map((x, i) => {
      if (!needs[i]) return null;
      const from = starts[i] as number;
      return slice(
        dy,
        x.shape.map((n, k) => (k === at ? [from, from + n] : null)),
      );
    }),
  );
}

/** Joins tensors of one shape along a new axis. */
export function stack(list: readonly Tensor[], axis = 0): Tensor {
  checkList('stack', list);
  return concat(
    list.map((x) => unsqueeze(x, axis)),
    checkAxis('stack', axis, (list[0] as Tensor).rank + 1),
  );
}

/** Cuts x along an axis into `parts` equal parts, or into parts of the given sizes. */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  checkTensor('split', x);
  const at = checkAxis('split', axis, x.rank);
  const size = x.shape[at] as number;
  let sizes: readonly number[];
  if (typeof parts === 'number') {
    checkInteger('split', 'parts', parts, 1);
    sizes = new Array<number>(parts).fill(size / parts);
  } else sizes = parts;
  if (!Array.isArray(sizes) || !sizes.every((n) => Number.isInteger(n) && n >= 0) || sizes.reduce((a, b) => a + b, 0) !== size) {
    throw new ShapeError(
      `[split] expected parts that add up to ${size} on axis ${at} of ${shapeText(x.shape)}, received ${describe(parts)}`,
    );
  }
  let start = 0;
  return sizes.map((n) => {
    const from = start;
    start += n;
    return slice(
      x,
      x.shape.map((_, i) => (i === at ? [from, from + n] : null)),
    );
  });
}
