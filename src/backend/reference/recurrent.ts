/**
 * Recurrent layers: row by row and step by step, so that rows cannot depend on each other. Products are gathered in double; states,
 * and their gradients on the way back, are rounded to the arrays' type from step to step, since that is how they pass from call to call.
 */
import { ArgumentError } from '../../errors.js';
import { type FloatArray, type RecurrentCell, recurrentArrays, recurrentGates, recurrentGeometryFields } from '../backend.js';
import { cells, type StepBack } from './recurrentCells.js';
import { addColumns, addRows } from './rows.js';
import { readGeometry } from './windows.js';

type ArrayName = (typeof recurrentArrays)[number];
type Arrays = Record<ArrayName, FloatArray | null>;
type Geometry = Record<(typeof recurrentGeometryFields)[number], number>;

/** One direction of a call. */
interface Direction {
  readonly index: number;
  readonly arrays: Arrays;
  readonly weightInput: FloatArray;
  readonly weightRecurrent: FloatArray;
  /** [batch, steps, keptWidth * units] */
  readonly kept: FloatArray;
  readonly backwards: boolean;
}

const zeros = (like: FloatArray, length: number): FloatArray =>
  like.BYTES_PER_ELEMENT === 8 ? new Float64Array(length) : new Float32Array(length);

/** Row `row` of a matrix, or zeros where there is none. */
function rowOf(matrix: FloatArray | null, row: number, like: FloatArray, width: number): FloatArray {
  return matrix === null ? zeros(like, width) : matrix.slice(row * width, (row + 1) * width);
}

function checkLengths(where: string, lengths: Int32Array | null, steps: number): void {
  lengths?.forEach((length, row) => {
    if (length < 0 || length > steps)
      throw new ArgumentError(`[${where}] expected lengths from 0 to ${steps}, received ${length} at position ${row}`);
  });
}

export function recurrentKeptSize(cell: RecurrentCell, geometry: Int32Array): number {
  const g = readGeometry(recurrentGeometryFields, geometry);
  return g.directions * g.batch * g.steps * g.units * cells[cell].keptWidth;
}

function directionsOf(
  g: Geometry,
  cell: RecurrentCell,
  arrays: readonly (FloatArray | null)[],
  kept: FloatArray | null,
): Direction[] {
  const keptLength = g.batch * g.steps * g.units * cells[cell].keptWidth;
  return Array.from({ length: g.directions }, (_, index) => {
    const own = Object.fromEntries(
      recurrentArrays.map((name, i) => [name, arrays[index * recurrentArrays.length + i]]),
    ) as Arrays;
    const { weightInput, weightRecurrent } = own;
    if (weightInput === null || weightRecurrent === null)
      throw new ArgumentError('[recurrent] expected weightInput and weightRecurrent, received null');
    return {
      index,
      arrays: own,
      weightInput,
      weightRecurrent,
      kept: kept === null ? zeros(weightInput, keptLength) : kept.subarray(index * keptLength, (index + 1) * keptLength),
      backwards: index === 1 || g.reverse === 1,
    };
  });
}

/** The bias of all gates that is added to x W, [columns]; a gate that adds biasRecurrent elsewhere has it left out. */
function biasOf({ biasInput, biasRecurrent }: Arrays, columns: number, joint: number): Float64Array {
  return Float64Array.from(
    { length: columns },
    (_, j) => (biasInput === null ? 0 : biasInput[j]) + (biasRecurrent === null || j >= joint ? 0 : biasRecurrent[j]),
  );
}

/** Gates whose two biases make one sum, in columns. */
function jointColumns(cell: RecurrentCell, units: number): number {
  return (recurrentGates[cell] - (cells[cell].separateBias ? 1 : 0)) * units;
}

export function recurrent(
  cell: RecurrentCell,
  x: FloatArray,
  arrays: readonly (FloatArray | null)[],
  lengths: Int32Array | null,
  y: FloatArray | null,
  finals: readonly (FloatArray | null)[],
  kept: FloatArray | null,
  geometry: Int32Array,
): void {
  const g = readGeometry(recurrentGeometryFields, geometry);
  checkLengths('recurrent', lengths, g.steps);
  const { keptWidth, forward } = cells[cell];
  const columns = recurrentGates[cell] * g.units;
  const width = keptWidth * g.units;
  y?.fill(0);
  for (const { index, arrays: own, weightInput, weightRecurrent, kept: keptHere, backwards } of directionsOf(
    g,
    cell,
    arrays,
    kept,
  )) {
    const bias = biasOf(own, columns, jointColumns(cell, g.units));
    for (let b = 0; b < g.batch; b++) {
      const h = rowOf(own.h0, b, x, g.out);
      const mask = own.mask === null ? null : rowOf(own.mask, b, x, g.out);
      const length = lengths === null ? g.steps : lengths[b];
      const step = {
        units: g.units,
        out: g.out,
        columns,
        weightRecurrent,
        biasRecurrent: own.biasRecurrent,
        peephole: own.peephole,
        h,
        seen: h.slice(),
        c: rowOf(own.c0, b, x, g.units),
        sums: new Float64Array(columns),
        hidden: new Float64Array(g.units),
        kept: keptHere,
      };
      for (let s = 0; s < length; s++) {
        const at = b * g.steps + (backwards ? length - 1 - s : s);
        for (let j = 0; j < g.out; j++) step.seen[j] = mask === null ? h[j] : h[j] * mask[j];
        step.sums.fill(0);
        addRows(step.sums, 0, columns, g.in, x, at * g.in, 1, weightInput, 0, columns);
        for (let j = 0; j < columns; j++) step.sums[j] = step.sums[j] + bias[j];
        step.kept = keptHere.subarray(at * width, (at + 1) * width);
        forward(step);
        h.set(projected(own.projection, step.hidden, g.out));
        y?.set(h, (at * g.directions + index) * g.out);
      }
      finals[2 * index]?.set(h, b * g.out);
      finals[2 * index + 1]?.set(step.c, b * g.units);
    }
  }
}

/** hidden P, or hidden. */
function projected(projection: FloatArray | null, hidden: Float64Array, out: number): Float64Array {
  if (projection === null) return hidden;
  const sums = new Float64Array(out);
  addRows(sums, 0, out, hidden.length, hidden, 0, 1, projection, 0, out);
  return sums;
}

/** Gradients of one direction's weights as they are gathered; each has its array in `darrays` or goes nowhere. */
function totalsOf(g: Geometry, columns: number) {
  return {
    weightInput: new Float64Array(g.in * columns),
    weightRecurrent: new Float64Array(g.out * columns),
    biasInput: new Float64Array(columns),
    biasRecurrent: new Float64Array(columns),
    peephole: new Float64Array(3 * g.units),
    projection: new Float64Array(g.units * g.out),
    h0: new Float64Array(g.batch * g.out),
    c0: new Float64Array(g.batch * g.units),
  };
}

/** total += column times row. */
function addOuter(total: Float64Array, column: FloatArray, start: number, rows: number, row: FloatArray): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < row.length; j++) total[i * row.length + j] = total[i * row.length + j] + column[start + i] * row[j];
  }
}

function addInto(total: Float64Array, row: Float64Array): void {
  for (let j = 0; j < row.length; j++) total[j] = total[j] + row[j];
}

export function recurrentGrad(
  cell: RecurrentCell,
  x: FloatArray,
  arrays: readonly (FloatArray | null)[],
  lengths: Int32Array | null,
  y: FloatArray,
  kept: FloatArray,
  dy: FloatArray | null,
  dfinals: readonly (FloatArray | null)[],
  dx: FloatArray | null,
  darrays: readonly (FloatArray | null)[],
  geometry: Int32Array,
): void {
  const g = readGeometry(recurrentGeometryFields, geometry);
  checkLengths('recurrentGrad', lengths, g.steps);
  const columns = recurrentGates[cell] * g.units;
  dx?.fill(0);
  for (const direction of directionsOf(g, cell, arrays, kept)) {
    const totals = totalsOf(g, columns);
    for (let b = 0; b < g.batch; b++) {
      const length = lengths === null ? g.steps : lengths[b];
      rowBack(cell, g, direction, b, length, { x, y, dy, dx, dfinals }, totals);
    }
    recurrentArrays.forEach((name, i) => {
      if (name !== 'mask') darrays[direction.index * (recurrentArrays.length - 1) + i]?.set(totals[name]);
    });
  }
}

interface Flow {
  readonly x: FloatArray;
  readonly y: FloatArray;
  readonly dy: FloatArray | null;
  readonly dx: FloatArray | null;
  readonly dfinals: readonly (FloatArray | null)[];
}

/** One row of one direction, from its last valid step to its first. */
function rowBack(
  cell: RecurrentCell,
  g: Geometry,
  { index, arrays: own, weightInput, weightRecurrent, kept, backwards }: Direction,
  b: number,
  length: number,
  { x, y, dy, dx, dfinals }: Flow,
  totals: ReturnType<typeof totalsOf>,
): void {
  const { keptWidth, backward } = cells[cell];
  const columns = recurrentGates[cell] * g.units;
  const mask = own.mask === null ? null : rowOf(own.mask, b, x, g.out);
  const dh = rowOf(dfinals[2 * index] ?? null, b, x, g.out);
  const dhTotal = zeros(x, g.out);
  const dxRow = new Float64Array(g.in);
  const rounded = zeros(x, g.in);
  const step: StepBack = {
    units: g.units,
    out: g.out,
    columns,
    weightRecurrent,
    biasRecurrent: own.biasRecurrent,
    peephole: own.peephole,
    h: zeros(x, g.out),
    seen: zeros(x, g.out),
    c: zeros(x, g.units),
    sums: new Float64Array(columns),
    recurrentSums: new Float64Array(columns),
    hidden: new Float64Array(g.units),
    kept,
    dc: rowOf(dfinals[2 * index + 1] ?? null, b, x, g.units),
    dseen: new Float64Array(g.out),
    dpast: new Float64Array(g.out),
    dweightRecurrent: totals.weightRecurrent,
    dpeephole: totals.peephole,
  };
  const positionOf = (s: number): number => b * g.steps + (backwards ? length - 1 - s : s);
  const keptOf = (s: number): FloatArray =>
    kept.subarray(positionOf(s) * keptWidth * g.units, (positionOf(s) + 1) * keptWidth * g.units);
  const yOf = (s: number): number => (positionOf(s) * g.directions + index) * g.out;
  for (let s = length - 1; s >= 0; s--) {
    step.kept = keptOf(s);
    const before = s === 0 ? rowOf(own.h0, b, x, g.out) : y.subarray(yOf(s - 1), yOf(s - 1) + g.out);
    step.h.set(before);
    for (let j = 0; j < g.out; j++) step.seen[j] = mask === null ? before[j] : before[j] * mask[j];
    // Only the lstm has a c, the last part of what it keeps.
    step.c.set(s === 0 ? rowOf(own.c0, b, x, g.units) : keptOf(s - 1).subarray((keptWidth - 1) * g.units));
    for (let j = 0; j < g.out; j++) dhTotal[j] = dh[j] + (dy === null ? 0 : dy[yOf(s) + j]);
    if (own.projection === null) {
      step.hidden.set(dhTotal);
    } else {
      step.hidden.fill(0);
      addColumns(step.hidden, 0, g.units, g.out, dhTotal, 0, 1, own.projection, 0, g.out);
      const hidden = Float64Array.from(step.hidden, (_, j) => step.kept[3 * g.units + j] * Math.tanh(step.kept[4 * g.units + j]));
      addOuter(totals.projection, hidden, 0, g.units, dhTotal);
    }
    step.dseen.fill(0);
    backward(step);
    for (let j = 0; j < g.out; j++) dh[j] = step.dpast[j] + (mask === null ? 1 : mask[j]) * step.dseen[j];
    addInto(totals.biasInput, step.sums);
    addInto(totals.biasRecurrent, step.recurrentSums);
    addOuter(totals.weightInput, x, positionOf(s) * g.in, g.in, step.sums);
    if (dx === null) continue;
    dxRow.fill(0);
    addColumns(dxRow, 0, g.in, columns, step.sums, 0, 1, weightInput, 0, columns);
    rounded.set(dxRow);
    for (let i = 0; i < g.in; i++) dx[positionOf(s) * g.in + i] += rounded[i];
  }
  totals.h0.set(dh, b * g.out);
  totals.c0.set(step.dc, b * g.units);
}
