/**
 * Cells around a tensor. What a mode puts there is cells of x in runs: on each axis the padded positions are cut into runs that read
 * x forwards, backwards or one cell repeatedly, and a region of the result is a product of runs, one strided copy. So every cell is
 * written once, and most of them by one copy.
 */
import { record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, describe, ShapeError } from '../errors.js';
import { full } from '../tensor/create.js';
import { checkShape, type Shape, shapeText, sizeOf, stridesOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { denseDims } from './accumulate.js';
import { checkInteger, checkTensor } from './operand.js';

/**
 * What stands around x. Of 1 2 3, two cells on each side: `zeros` 0 0, 0 0; a constant; `reflect` 3 2, 2 1 (mirrored at the edge cell);
 * `replicate` 1 1, 3 3 (the edge cell); `circular` 2 3, 1 2 (the other side).
 */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular' | { readonly constant: number };

/** How many cells before and after an axis. */
export type PaddingPair = readonly [before: number, after: number];

/** Of n cells, the one that stands at position i outside of them. */
const sources: Readonly<Record<string, (i: number, n: number) => number>> = {
  reflect: (i, n) => {
    const period = Math.max(1, 2 * (n - 1));
    const at = ((i % period) + period) % period;
    return at < n ? at : period - at;
  },
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => ((i % n) + n) % n,
};

/** The constant of a mode that has one; null for the others. */
export function constantOf(where: string, mode: unknown): number | null {
  if (typeof mode === 'number') return mode;
  if (mode === 'zeros') return 0;
  if (typeof mode === 'object' && mode !== null && 'constant' in mode && typeof mode.constant === 'number') return mode.constant;
  if (typeof mode === 'string' && Object.hasOwn(sources, mode)) return null;
  throw new ArgumentError(
    `[${where}] expected a padding mode, 'zeros', ${Object.keys(sources)
      .map((name) => `'${name}'`)
      .join(', ')}, { constant } or a number, received ${describe(mode)}`,
  );
}

/** Positions `at`, at + 1, ... of a padded axis, which hold the cells start, start + step, ... of x, or (null) the constant. */
interface Run {
  readonly at: number;
  readonly count: number;
  readonly start: number | null;
  readonly step: number;
}

/** Runs of the cells that stand at `count` positions from `at`, where x has cell 0 at `before`. */
function borderRuns(at: number, count: number, before: number, source: (i: number) => number): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < count; ) {
    const cell = (k: number): number => source(at + k - before);
    const start = cell(first);
    const step = first + 1 < count ? cell(first + 1) - start : 0;
    let next = first + 1;
    if (Math.abs(step) <= 1) while (next < count && cell(next) === start + (next - first) * step) next++;
    runs.push({ at: at + first, count: next - first, start, step: next - first > 1 ? step : 0 });
    first = next;
  }
  return runs;
}

/** All runs of an axis of n cells; the first is x itself. */
function runsOf(n: number, [before, after]: PaddingPair, mode: PaddingMode | number, constant: number | null): Run[] {
  const inside: Run = { at: before, count: n, start: 0, step: 1 };
  const behind = before + n;
  if (constant !== null) {
    const sides = [
      { at: 0, count: before, start: null, step: 0 },
      { at: behind, count: after, start: null, step: 0 },
    ];
    return [inside, ...sides.filter(({ count }) => count > 0)];
  }
  const source = (i: number): number => sources[mode as string]?.(i, n) as number;
  return [inside, ...borderRuns(0, before, before, source), ...borderRuns(behind, after, before, source)];
}

function copy(
  x: Tensor,
  y: Tensor,
  shape: Shape,
  stepsX: readonly number[],
  stepsY: readonly number[],
  from: number,
  to: number,
) {
  backendFor(x.dtype).copy(x.array, y.array, Int32Array.of(shape.length, ...shape, ...stepsX, ...stepsY), from, to);
}

/** Writes each region of y: what lies outside on an axis is constant whatever the axes behind it say. */
function spread(x: Tensor, y: Tensor, runs: readonly (readonly Run[])[], constant: Tensor): void {
  const [stridesX, stridesY] = [stridesOf(x.shape), stridesOf(y.shape)];
  const none = new Array<number>(y.rank).fill(0);
  const region = (axis: number, shape: number[], steps: number[], from: number, to: number): void => {
    if (axis === y.rank) {
      if (x.size > 0) copy(x, y, shape, steps, stridesY, from, to);
      return;
    }
    const [stepX, stepY] = [stridesX[axis] as number, stridesY[axis] as number];
    for (const { at, count, start, step } of runs[axis] as readonly Run[]) {
      if (start === null) copy(constant, y, [...shape, count, ...y.shape.slice(axis + 1)], none, stridesY, 0, to + at * stepY);
      else region(axis + 1, [...shape, count], [...steps, step * stepX], from + start * stepX, to + at * stepY);
    }
  };
  region(0, [], [], 0, 0);
}

/** Adds one border run of an axis of y, [outer, size, inner], to the cells of x that it repeats. */
function foldRun(y: Tensor, { at, count, start, step }: Run, before: number, outer: number, size: number, inner: number): void {
  const backend = backendFor(y.dtype);
  const strip = (n: number): Tensor => new Tensor([outer, n, inner], y.dtype);
  const inStrip = (n: number): number[] => [n * inner, inner, 1];
  let border = strip(count);
  copy(y, border, border.shape, [size * inner, inner, 1], inStrip(count), at * inner, 0);
  // One cell that was repeated receives all of the run.
  const cells = step === 0 ? 1 : count;
  if (cells !== count) {
    const repeated = border;
    border = strip(1);
    backend.reduce('sum', repeated.floats, border.floats, outer, count, inner);
    repeated.dispose();
  }
  const target = strip(cells);
  const [steps, offset] = [[size * inner, step * inner, 1], (before + (start as number)) * inner];
  copy(y, target, target.shape, steps, inStrip(cells), offset, 0);
  backend.binary('add', target.floats, border.floats, target.floats, denseDims(target.size));
  copy(target, y, target.shape, inStrip(cells), steps, 0, offset);
  border.dispose();
  target.dispose();
}

/** The gradient of padding: each axis folds its borders onto the cells that they repeat; then what was x is cut out. */
function fold(dy: Tensor, runs: readonly (readonly Run[])[], shape: Shape): Tensor {
  const folds = dy.size > 0 && runs.some((list) => list.some(({ start }, i) => i > 0 && start !== null));
  let y = dy;
  if (folds && dy.storage.refs > 1) {
    y = new Tensor(dy.shape, dy.dtype);
    copy(dy, y, [dy.size], [1], [1], 0, 0);
  }
  for (const [axis, [inside, ...borders]] of runs.entries()) {
    const [outer, inner] = [sizeOf(dy.shape.slice(0, axis)), sizeOf(dy.shape.slice(axis + 1))];
    for (const run of borders)
      if (folds && run.start !== null) foldRun(y, run, (inside as Run).at, outer, dy.shape[axis] as number, inner);
  }
  const dx = new Tensor(shape, dy.dtype);
  const strides = stridesOf(dy.shape);
  const offset = runs.reduce((sum, [inside], axis) => sum + (inside as Run).at * (strides[axis] as number), 0);
  if (dx.size > 0) copy(y, dx, shape, strides, stridesOf(shape), offset, 0);
  if (y !== dy) y.dispose();
  return dx;
}

/**
 * Puts `before` and `after` cells around each axis: a number, or what the mode says. Repeating modes repeat as often as they must.
 *
 * @param amounts one [before, after] for each axis
 * @throws ShapeError where cells of an empty axis would be repeated, ArgumentError where the number does not fit the type of x
 * @example
 * pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], 'reflect'); // images [batch, height, width, channels]
 */
export function pad(x: Tensor, amounts: readonly PaddingPair[], mode: PaddingMode | number = 0): Tensor {
  checkTensor('pad', x);
  const constant = constantOf('pad', mode);
  if (!Array.isArray(amounts) || amounts.length !== x.rank) {
    throw new ArgumentError(`[pad] expected ${x.rank} pairs for shape ${shapeText(x.shape)}, received ${describe(amounts)}`);
  }
  const pairs = amounts.map((pair: readonly unknown[]): PaddingPair => {
    const [before, after] = [pair?.[0], pair?.[1]];
    checkInteger('pad', 'an amount', before, 0);
    checkInteger('pad', 'an amount', after, 0);
    return [before, after];
  });
  const shape = x.shape.map((n, i) => n + (pairs[i]?.[0] as number) + (pairs[i]?.[1] as number));
  checkShape('pad', shape);
  if (constant === null && x.shape.some((n, i) => n === 0 && shape[i] !== 0))
    throw new ShapeError(`[pad] expected axes with cells to repeat, received shape ${shapeText(x.shape)}`);
  const runs = x.shape.map((n, i) => runsOf(n, pairs[i] as PaddingPair, mode, constant));
  const y = new Tensor(shape, x.dtype);
  const value = full([1], constant ?? 0, { dtype: x.dtype });
  if (y.size > 0) spread(x, y, runs, value);
  value.dispose();
  return record('pad', y, [x], (dy) => [fold(dy, runs, x.shape)]);
}
