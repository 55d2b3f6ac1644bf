import { ArgumentError, describe, ShapeError } from '../errors.js';

/** Sizes of the axes, outermost first. A scalar has shape []. */
export type Shape = readonly number[];

/** The largest rank that kernels take. */
export const maxRank = 8;

/** The largest number of elements: what a 32-bit index reaches. */
const maxSize = 2 ** 31 - 1;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Throws unless `shape` is an array of at most 8 sizes whose product a 32-bit index reaches. */
export function checkShape(where: string, shape: unknown): asserts shape is Shape {
  if (!Array.isArray(shape)) throw new ShapeError(`[${where}] expected a shape (an array of sizes), received ${typeof shape}`);
  if (shape.length > maxRank) throw new ShapeError(`[${where}] expected at most ${maxRank} axes, received ${shape.length}`);
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0)
      throw new ShapeError(`[${where}] expected sizes to be integers >= 0, received ${describe(shape)}`);
  }
  if (sizeOf(shape) > maxSize)
    throw new ShapeError(`[${where}] expected at most ${maxSize} elements, received shape ${shapeText(shape)}`);
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] as number;
  }
  return strides;
}

/** The shape that both broadcast to, by NumPy's rule: axes align at the end, a size of 1 repeats. */
export function broadcastShapes(where: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `[${where}] expected shapes that broadcast (equal or 1 on each axis), received ${shapeText(a)} and ${shapeText(b)}`,
      );
    }
    shape[rank - i] = m === 1 ? n : m;
  }
  return shape;
}

/** Strides of an array of `shape` read as `target`: 0 on the axes that repeat. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = new Array<number>(target.length).fill(0);
  let step = 1;
  for (let i = 1; i <= shape.length; i++) {
    const n = shape[shape.length - i] as number;
    if (n !== 1) strides[target.length - i] = step;
    step *= n;
  }
  return strides;
}

/** `axis` counted from the front; negative ones count from the end. */
export function checkAxis(where: string, axis: unknown, rank: number): number {
  if (!Number.isInteger(axis) || (axis as number) < -rank || (axis as number) >= rank) {
    throw new ArgumentError(`[${where}] expected an axis from ${-rank} to ${rank - 1}, received ${describe(axis)}`);
  }
  return (axis as number) < 0 ? (axis as number) + rank : (axis as number);
}

/** Distinct axes in ascending order; undefined means all. */
export function checkAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (Array.isArray(axes) ? axes : [axes]).map((axis) => checkAxis(where, axis, rank)).sort((a, b) => a - b);
  if (new Set(list).size !== list.length)
    throw new ArgumentError(`[${where}] expected distinct axes, received ${describe(axes)}`);
  return list;
}

/** The target of a reshape, with at most one -1 standing for "the rest". */
export function resolveShape(where: string, shape: readonly number[], size: number): number[] {
  const unknown = shape.indexOf(-1);
  if (unknown < 0) {
    checkShape(where, shape);
    if (sizeOf(shape) !== size)
      throw new ShapeError(`[${where}] expected a shape of ${size} elements, received ${shapeText(shape)}`);
    return [...shape];
  }
  const known = shape.map((n, i) => (i === unknown ? 1 : n));
  checkShape(where, known);
  const product = sizeOf(known);
  if (product === 0 || size % product !== 0) {
    throw new ShapeError(`[${where}] expected a shape that holds ${size} elements, received ${shapeText(shape)}`);
  }
  known[unknown] = size / product;
  return known;
}
