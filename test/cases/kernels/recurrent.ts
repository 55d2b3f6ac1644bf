import { type Backend, type RecurrentCell, recurrentArrays, recurrentGates } from '../../../src/backend/backend.js';
import { referenceBackend } from '../../../src/backend/reference/index.js';
import { exact, type Inexact, joined, productBack } from '../../support/inexact.js';
import type { Kind, Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { largest, sumOfProducts, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase, type Output } from './case.js';
import { backward, forward, type Row } from './recurrentBounds.js';

type Floats = Float32Array | null;

interface Problem {
  readonly cell: RecurrentCell;
  readonly batch: number;
  readonly steps: number;
  readonly width: number;
  readonly units: number;
  /** Width of the projection. */
  readonly projection?: number;
  readonly directions?: 1 | 2;
  readonly reverse?: boolean;
  readonly lengths?: 'random' | 'ends';
  readonly biases?: boolean;
  readonly initial?: boolean;
  readonly peephole?: boolean;
  readonly mask?: boolean;
  /** Of x. */
  readonly kind?: Kind;
  /** Neither dx nor final states nor their gradients, and no gradients of biases and states. */
  readonly bare?: boolean;
  /** No y. */
  readonly finalsOnly?: boolean;
}

/** A problem with its arrays. What stands in the padding is NaN: nobody may read it. */
interface Data {
  readonly geometry: Int32Array;
  readonly out: number;
  readonly x: Float32Array;
  readonly arrays: readonly Floats[];
  readonly lengths: Int32Array | null;
  readonly label: string;
}

const fieldsOf = (problem: object): string =>
  Object.entries(problem)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const scaled = (values: Float32Array, scale: number): Float32Array => values.map((value) => value * scale);

function lengthsOf(p: Problem, random: Random): Int32Array | null {
  if (p.lengths === undefined) return null;
  const ends = [0, 1, p.steps].filter((length) => length <= p.steps);
  return Int32Array.from({ length: p.batch }, () => (p.lengths === 'ends' ? random.pick(ends) : random.integer(0, p.steps)));
}

/** NaN where `array` [batch, steps, width] is padding. */
function spoilPadding(array: Float32Array, lengths: Int32Array | null, p: Problem, width: number): Float32Array {
  lengths?.forEach((length, b) => {
    array.fill(NaN, (b * p.steps + length) * width, (b + 1) * p.steps * width);
  });
  return array;
}

function dataOf(p: Problem, random: Random): Data {
  const { batch, steps, width, units, directions = 1, kind = 'ordinary' } = p;
  const out = p.projection ?? units;
  const columns = recurrentGates[p.cell] * units;
  // Sums of magnitudes near 1/2, so that errors do not grow from step to step.
  const recurrentScale = 1 / (2 * Math.max(1, out));
  const lstm = p.cell === 'lstm';
  const oneDirection = (): Floats[] => [
    scaled(random.floats(width * columns), 1 / Math.sqrt(width + 1)),
    scaled(random.floats(out * columns), recurrentScale),
    p.biases ? scaled(random.floats(columns), 1 / 2) : null,
    p.biases ? scaled(random.floats(columns), 1 / 2) : null,
    p.peephole ? scaled(random.floats(3 * units), 1 / 4) : null,
    p.projection === undefined ? null : scaled(random.floats(units * out), 1 / Math.sqrt(units + 1)),
    p.initial ? scaled(random.floats(batch * out), 1 / 2) : null,
    p.initial && lstm ? scaled(random.floats(batch * units), 1 / 2) : null,
    p.mask ? Float32Array.from({ length: batch * out }, () => (random.flag() ? 1.25 : 0)) : null,
  ];
  const arrays = Array.from({ length: directions }, oneDirection).flat();
  const lengths = lengthsOf(p, random);
  const x = spoilPadding(random.floats(batch * steps * width, kind), lengths, p, width);
  const geometry = Int32Array.of(batch, steps, width, units, out, directions, p.reverse ? 1 : 0);
  return { geometry, out, x, arrays, lengths, label: fieldsOf({ ...p, lengths: lengths === null ? 'all' : `[${lengths}]` }) };
}

const filled = (length: number): Float32Array => new Float32Array(length).fill(7);

function finalsOf(p: Problem, out: number): Floats[] {
  const one = (): Floats[] =>
    p.bare ? [null, null] : [filled(p.batch * out), p.cell === 'lstm' ? filled(p.batch * p.units) : null];
  return Array.from({ length: p.directions ?? 1 }, one).flat();
}

/** The rows of direction `d`, each with the positions of its steps in [batch * steps]. */
function rowsOf(p: Problem, { arrays, x, lengths, out }: Data, d: number): { row: Row; positions: number[] }[] {
  const columns = recurrentGates[p.cell] * p.units;
  const own = arrays.slice(d * recurrentArrays.length, (d + 1) * recurrentArrays.length);
  const [weightInput, weightRecurrent, biasInput, biasRecurrent, peephole, projection, h0, c0, mask] = own;
  const backwards = d === 1 || p.reverse === true;
  const rowOf = (array: Floats | undefined, b: number, width: number, otherwise = 0): ArrayLike<number> =>
    array ? array.subarray(b * width, (b + 1) * width) : new Float32Array(width).fill(otherwise);
  return Array.from({ length: p.batch }, (_, b) => {
    const positions = Array.from({ length: lengths === null ? p.steps : lengths[b] }, (_, t) => b * p.steps + t);
    if (backwards) positions.reverse();
    const row = {
      cell: p.cell,
      units: p.units,
      xs: positions.map((at) => x.subarray(at * p.width, (at + 1) * p.width)),
      weightInput: { values: weightInput!, rows: p.width, cols: columns },
      weightRecurrent: { values: weightRecurrent!, rows: out, cols: columns },
      biasInput: biasInput ?? new Float32Array(columns),
      biasRecurrent: biasRecurrent ?? new Float32Array(columns),
      peephole: peephole ?? new Float32Array(3 * p.units),
      projection: projection ? { values: projection, rows: p.units, cols: out } : null,
      h0: rowOf(h0, b, out),
      c0: rowOf(c0, b, p.units),
      mask: rowOf(mask, b, out, 1),
    };
    return { row, positions };
  });
}

const errorOf = (xs: readonly Inexact[]): number => Math.max(0, ...xs.map(({ error }) => largest(error)));
const sizeOf = (xs: readonly Inexact[]): number => Math.max(0, ...xs.map(({ value }) => largest(value)));

/** Of a sum over all pairs of a times b: what the factors are off by, and the rounding of the sum. */
function errorOfSum(pairs: readonly (readonly [Inexact, Inexact])[]): number {
  const [as, bs] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
  const factors = pairs.reduce((sum, [a, b]) => sum + sizeOf([a]) * errorOf([b]) + sizeOf([b]) * errorOf([a]), 0);
  return factors + sumOfProducts(pairs.length, sizeOf(as), sizeOf(bs));
}

const present = (args: readonly unknown[], outputs: readonly Output[]): Output[] =>
  outputs.filter(({ argument, element }) => {
    const arg = args[argument];
    return (element === undefined ? arg : (arg as readonly unknown[])[element]) !== null;
  });

function forwardOf(backend: Backend, p: Problem, data: Data, finals: Floats[], kept: Float32Array | null): Float32Array {
  const y = filled(p.batch * p.steps * (p.directions ?? 1) * data.out);
  backend.recurrent(p.cell, data.x, data.arrays, data.lengths, y, finals, kept, data.geometry);
  return y;
}

function forwardCall(p: Problem, random: Random): KernelCall {
  const data = dataOf(p, random);
  const states = forwardOf(referenceBackend, p, data, finalsOf(p, data.out), null);
  const bounds = Array.from({ length: p.directions ?? 1 }, (_, d) => {
    const steps = rowsOf(p, data, d).flatMap(({ row }) => forward(row));
    return { h: errorOf(steps.map(({ h }) => h)), c: errorOf(steps.map(({ c }) => c)) };
  });
  const args: Parameters<Backend['recurrent']> = [
    p.cell,
    data.x,
    data.arrays,
    data.lengths,
    p.finalsOnly ? null : filled(states.length),
    finalsOf(p, data.out),
    null,
    data.geometry,
  ];
  const outputs = [
    { argument: 4, tolerance: within(Math.max(...bounds.map(({ h }) => h))) },
    ...bounds.flatMap(({ h, c }, d) => [
      { argument: 5, element: 2 * d, tolerance: within(h) },
      { argument: 5, element: 2 * d + 1, tolerance: within(c) },
    ]),
  ];
  return callOf('recurrent', data.label, args, present(args, outputs));
}

/** How far dx of direction `d` may be off, and each of darrays. */
function gradientErrors(
  p: Problem,
  data: Data,
  d: number,
  dy: Floats,
  dfinals: readonly Floats[],
): { dx: number; arrays: number[] } {
  const { batch, units, directions = 1 } = p;
  const { out } = data;
  const rowOf = (array: Floats | undefined, at: number, width: number): Float32Array =>
    array ? array.slice(at * width, (at + 1) * width) : new Float32Array(width);
  const rows = rowsOf(p, data, d).map(({ row, positions }, b) => {
    const dys = positions.map((at) => rowOf(dy, at * directions + d, out));
    const backs = backward(row, dys, rowOf(dfinals[2 * d], b, out), rowOf(dfinals[2 * d + 1], b, units));
    return backs.map((back, t) => ({ ...back, x: exact(row.xs[positions.length - 1 - t]!) }));
  });
  const { weightInput } = batch > 0 ? rowsOf(p, data, d)[0]!.row : { weightInput: { values: [], rows: 0, cols: 0 } };
  const all = rows.flat();
  const one = exact([1]);
  const lasts = rows.flatMap((backs) => backs.slice(-1));
  return {
    dx: errorOf(all.map(({ da }) => productBack(da, weightInput))),
    arrays: [
      errorOfSum(all.map(({ x, da }) => [x, da])),
      errorOfSum(all.map(({ step, drecurrent }) => [step.before.seen, drecurrent])),
      errorOfSum(all.map(({ da }) => [one, da])),
      errorOfSum(all.map(({ drecurrent }) => [one, drecurrent])),
      errorOfSum(all.map(({ step, da }) => [joined(step.before.c, step.c), da])),
      errorOfSum(all.map(({ step, dtotal }) => [step.inner, dtotal])),
      errorOf(lasts.map(({ dh }) => dh)),
      errorOf(lasts.map(({ dc }) => dc)),
    ],
  };
}

/** The backend's own y and kept, in the type of the arguments. */
function runForward(backend: Backend, args: readonly unknown[]): readonly unknown[] {
  const [cell, x, arrays, lengths, y, , , , , , geometry] = args as Parameters<Backend['recurrentGrad']>;
  const Floats = x.BYTES_PER_ELEMENT === 8 ? Float64Array : Float32Array;
  const ownY = new Floats(y.length);
  const kept = new Floats(backend.recurrentKeptSize(cell, geometry));
  const none = Array.from({ length: 2 * geometry[5] }, () => null);
  backend.recurrent(cell, x, arrays, lengths, ownY, none, kept, geometry);
  return args.map((arg, i) => (i === 4 ? ownY : i === 5 ? kept : arg));
}

function backwardCall(p: Problem, random: Random): KernelCall {
  const data = dataOf(p, random);
  const states = forwardOf(referenceBackend, p, data, finalsOf(p, data.out), null);
  const { batch, steps, directions = 1 } = p;
  const gradient = (length: number) => scaled(random.floats(length), 1 / 4);
  const dy = random.flag() || p.bare ? spoilPadding(gradient(states.length), data.lengths, p, directions * data.out) : null;
  const dfinals = finalsOf(p, data.out).map((final) => (final === null || random.flag() ? null : gradient(final.length)));
  const wanted = data.arrays.filter((_, i) => i % recurrentArrays.length < recurrentArrays.length - 1);
  const darrays = wanted.map((array, i) => (array === null || (p.bare && i % 8 > 1) ? null : filled(array.length)));
  const dx = p.bare ? null : filled(batch * steps * p.width);
  const args: Parameters<Backend['recurrentGrad']> = [
    p.cell,
    data.x,
    data.arrays,
    data.lengths,
    states,
    new Float32Array(0),
    dy,
    dfinals,
    dx,
    darrays,
    data.geometry,
  ];
  const bounds = Array.from({ length: directions }, (_, d) => gradientErrors(p, data, d, dy, dfinals));
  const outputs = [
    { argument: 8, tolerance: within(bounds.reduce((sum, bound) => sum + bound.dx, 0)) },
    ...bounds.flatMap(({ arrays }, d) =>
      arrays.map((error, i) => ({ argument: 9, element: d * arrays.length + i, tolerance: within(error) })),
    ),
  ];
  return callOf('recurrentGrad', data.label, args, present(args, outputs), runForward);
}

/** Each size on its own at the lengths where vector code breaks; then more rows, units and steps than one unit of work takes. */
function shapesOf(cell: RecurrentCell): Problem[] {
  const base = { cell, batch: 3, steps: 4, width: 5, units: 7, biases: true };
  return [
    ...sizes.map((batch) => ({ ...base, batch })),
    ...[0, 1, 3, 17, 33].map((steps) => ({ ...base, steps })),
    ...sizes.map((width) => ({ ...base, width })),
    ...sizes.map((units) => ({ ...base, units })),
    { ...base, batch: 1, width: 40, units: 130, initial: true },
    { ...base, batch: 70, steps: 3, width: 33, units: 80, initial: true },
    { ...base, batch: 37, steps: 9, width: 20, units: 48, lengths: 'random' as const, directions: 2 as const },
    // A few rows: weights in place over a few steps, else in wide panels, of which the last ones are narrower.
    ...[1, 2, 6].flatMap((batch) => [
      { ...base, batch, units: 48, mask: true },
      { ...base, batch, steps: 9, units: 112, initial: true },
      { ...base, batch, steps: 8, units: 167, directions: 2 as const },
    ]),
  ];
}

/** Every choice with every other, by turns with few rows and with more. */
function variantsOf(cell: RecurrentCell): Problem[] {
  const base = { cell, steps: 4, width: 3, units: 18, biases: true };
  const ways: Partial<Problem>[] = [{}, { reverse: true }, { directions: 2 }];
  const rows: Partial<Problem>[] = [{}, { lengths: 'random' }, { lengths: 'ends' }];
  const states: Partial<Problem>[] = [{}, { initial: true }, { mask: true }, { initial: true, mask: true, biases: false }];
  const cells: Partial<Problem>[] =
    cell === 'lstm' ? [{}, { peephole: true }, { projection: 5 }, { projection: 19, peephole: true }, { projection: 33 }] : [{}];
  return ways
    .flatMap((way) =>
      rows.flatMap((row) => states.flatMap((state) => cells.map((own) => ({ ...way, ...row, ...state, ...own })))),
    )
    .map((choice, i) => ({ ...base, ...choice, batch: i % 3 === 0 ? 5 : 9 }));
}

/** NaN and infinities stay in their rows. */
function specialOf(cell: RecurrentCell): Problem[] {
  return [
    { cell, batch: 9, steps: 3, width: 4, units: 17, biases: true, kind: 'special' },
    { cell, batch: 1, steps: 2, width: 3, units: 5, kind: 'special' },
  ];
}

export const recurrentCases: readonly KernelCase[] = (Object.keys(recurrentGates) as RecurrentCell[]).flatMap((cell) => {
  const problems = [...shapesOf(cell), ...variantsOf(cell)];
  const bare = problems.map((problem): Problem => ({ ...problem, bare: true })).filter((_, i) => i % 5 === 0);
  const finals = problems.map((problem): Problem => ({ ...problem, finalsOnly: true })).filter((_, i) => i % 7 === 0);
  return [
    {
      kernel: 'recurrent' as const,
      op: cell,
      calls: (random: Random) =>
        [...problems, ...bare, ...finals, ...specialOf(cell)].map((problem) => forwardCall(problem, random)),
    },
    {
      kernel: 'recurrentGrad' as const,
      alsoCovers: ['recurrentKeptSize' as const],
      op: cell,
      calls: (random: Random) => [...problems, ...bare].map((problem) => backwardCall(problem, random)),
    },
  ];
});
