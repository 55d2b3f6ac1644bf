import { isTracked, recordMany } from '../autograd/tape.js';
import { type FloatArray, type RecurrentCell, recurrentArrays, recurrentGates } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, GradientError, ShapeError } from '../errors.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor, checkInteger, checkSameType, checkTensorType } from './operand.js';

/** The weights of one direction; gates lie side by side: i, f, g, o (lstm), r, z, n (gru). */
export interface RecurrentWeights {
  /** [in, gates*units] */
  weightInput: Tensor;
  /** [out, gates*units], with out the width of h */
  weightRecurrent: Tensor;
  /** [gates*units] each */
  biasInput?: Tensor | null;
  biasRecurrent?: Tensor | null;
  /** lstm: [3, units], the weights by which i and f see c, and o sees the new c. */
  peephole?: Tensor | null;
  /** lstm: [units, out], through which h passes. */
  projection?: Tensor | null;
}

/** What one direction carries from step to step. */
export interface RecurrentState {
  /** [batch, out] */
  h: Tensor;
  /** lstm: [batch, units] */
  c?: Tensor | null;
}

export interface RecurrentOptions {
  /** With one direction: run from the last valid step to the first. */
  reverse?: boolean;
  /** Valid steps of each row, 0 to steps: int32 [batch] or as many integers. Steps beyond change nothing and give 0. */
  lengths?: Tensor | readonly number[];
  /** For each direction, the state before its first step; null is 0. */
  initial?: readonly (RecurrentState | null)[];
  /** For each direction, [batch, out]: multiplies h on its way into the recurrent products, at every step the same. Constants. */
  masks?: readonly (Tensor | null)[];
}

export interface RecurrentResult {
  /** [batch, steps, directions*out], the directions side by side. */
  output: Tensor;
  /** For each direction, the state after its last step. */
  final: RecurrentState[];
}

/** All arrays of a call by their place in recurrentArrays, and its sizes. */
interface Plan {
  readonly cell: RecurrentCell;
  readonly batch: number;
  readonly units: number;
  readonly out: number;
  readonly geometry: Int32Array;
  readonly arrays: readonly (Tensor | null)[];
  readonly lengths: Int32Array | null;
}

const where = 'recurrent';

function checkCell(cell: unknown): asserts cell is RecurrentCell {
  if (typeof cell !== 'string' || !Object.hasOwn(recurrentGates, cell)) {
    throw new ArgumentError(
      `[${where}] expected a cell of ${Object.keys(recurrentGates).join(', ')}, received ${describe(cell)}`,
    );
  }
}

/** Throws unless `list` has an entry for each direction. */
function checkPerDirection(name: string, list: unknown, directions: number): void {
  if (!Array.isArray(list) || list.length !== directions) {
    const seen = Array.isArray(list) ? `${list.length}` : describe(list);
    throw new ArgumentError(`[${where}] expected ${name} for each of ${directions} directions, received ${seen}`);
  }
}

/** The tensor if it has that shape, null if there is none. `meaning` names the axes. */
function checked(x: Tensor, name: string, tensor: Tensor | null | undefined, meaning: string, shape: Shape): Tensor | null {
  if (tensor === null || tensor === undefined) return null;
  checkFloatTensor(`${where}, ${name}`, tensor);
  checkSameType(`${where}, ${name}`, x, tensor);
  if (!sameShape(tensor.shape, shape)) {
    throw new ShapeError(
      `[${where}] expected ${name} ${meaning} of shape ${shapeText(shape)}, received ${shapeText(tensor.shape)}`,
    );
  }
  return tensor;
}

/** Units and the width of h, as the weights of a direction tell them. */
function sizesOf(cell: RecurrentCell, weights: RecurrentWeights): { units: number; out: number } {
  const { weightInput, projection } = weights;
  checkFloatTensor(`${where}, weightInput`, weightInput);
  const gates = recurrentGates[cell];
  const columns = weightInput.shape[1] ?? Number.NaN;
  if (weightInput.rank !== 2 || columns % gates !== 0) {
    throw new ShapeError(
      `[${where}] expected weightInput [in, ${gates}*units] of ${cell}, received ${shapeText(weightInput.shape)}`,
    );
  }
  if (projection === null || projection === undefined) return { units: columns / gates, out: columns / gates };
  checkFloatTensor(`${where}, projection`, projection);
  if (projection.rank !== 2) {
    throw new ShapeError(`[${where}] expected projection [units, out], received ${shapeText(projection.shape)}`);
  }
  return { units: columns / gates, out: projection.shape[1] as number };
}

function lengthsOf(lengths: RecurrentOptions['lengths'], batch: number, steps: number): Int32Array | null {
  if (lengths === undefined) return null;
  if (!Array.isArray(lengths)) checkTensorType(`${where}, lengths`, lengths, 'int32');
  const values = lengths instanceof Tensor ? (lengths.array as Int32Array) : (lengths as readonly number[]);
  if (values.length !== batch) {
    const seen = lengths instanceof Tensor ? shapeText(lengths.shape) : `${values.length}`;
    throw new ShapeError(`[${where}] expected lengths of shape [${batch}], received ${seen}`);
  }
  values.forEach((length, row) => {
    checkInteger(where, `the length of row ${row}`, length, 0, steps);
  });
  return Int32Array.from(values);
}

function planOf(cell: RecurrentCell, x: Tensor, directions: readonly RecurrentWeights[], options: RecurrentOptions): Plan {
  checkCell(cell);
  checkFloatTensor(where, x);
  checkOptions(where, options);
  if (x.rank !== 3) throw new ShapeError(`[${where}] expected x [batch, steps, in], received ${shapeText(x.shape)}`);
  const [batch, steps, width] = x.shape as [number, number, number];
  if (!Array.isArray(directions) || directions.length < 1 || directions.length > 2) {
    throw new ArgumentError(`[${where}] expected the weights of 1 or 2 directions, received ${describe(directions)}`);
  }
  const { reverse = false, initial, masks } = options;
  if (typeof reverse !== 'boolean' || (reverse && directions.length === 2)) {
    throw new ArgumentError(
      `[${where}] expected reverse to be a boolean, and false with two directions, received ${describe(reverse)}`,
    );
  }
  if (initial !== undefined) checkPerDirection('an initial state', initial, directions.length);
  if (masks !== undefined) checkPerDirection('a mask', masks, directions.length);
  for (const weights of directions) checkOptions(where, weights);
  const { units, out } = sizesOf(cell, directions[0] as RecurrentWeights);
  const geometry = [batch, steps, width, units, out, directions.length, reverse ? 1 : 0];
  for (const size of geometry) checkInteger(where, 'sizes', size, 0);
  const arrays = directions.flatMap((weights, i) =>
    directionArrays(cell, x, weights, initial?.[i] ?? null, masks?.[i] ?? null, units, out),
  );
  return {
    cell,
    batch,
    units,
    out,
    geometry: Int32Array.from(geometry),
    arrays,
    lengths: lengthsOf(options.lengths, batch, steps),
  };
}

/** The tensors of one direction in the order of recurrentArrays. */
function directionArrays(
  cell: RecurrentCell,
  x: Tensor,
  weights: RecurrentWeights,
  initial: RecurrentState | null,
  mask: Tensor | null,
  units: number,
  out: number,
): (Tensor | null)[] {
  const gates = recurrentGates[cell];
  const columns = gates * units;
  const [batch, , width] = x.shape as [number, number, number];
  if (initial !== null) checkOptions(where, initial);
  const ofLstm = { peephole: weights.peephole, projection: weights.projection, 'initial c': initial?.c };
  for (const [name, tensor] of Object.entries(ofLstm)) {
    if (cell !== 'lstm' && tensor !== null && tensor !== undefined)
      throw new ArgumentError(`[${where}] expected no ${name} for ${cell}, received a tensor`);
  }
  for (const name of ['weightInput', 'weightRecurrent'] as const) checkFloatTensor(`${where}, ${name}`, weights[name]);
  if (initial !== null) checkFloatTensor(`${where}, initial h`, initial.h);
  if (mask !== null && isTracked(mask))
    throw new GradientError(`[${where}] expected masks to be constants, received one that a gradient is asked of`);
  const bias = `[${gates}*units]`;
  return [
    checked(x, 'weightInput', weights.weightInput, `[in, ${gates}*units]`, [width, columns]),
    checked(x, 'weightRecurrent', weights.weightRecurrent, `[out, ${gates}*units]`, [out, columns]),
    checked(x, 'biasInput', weights.biasInput, bias, [columns]),
    checked(x, 'biasRecurrent', weights.biasRecurrent, bias, [columns]),
    checked(x, 'peephole', weights.peephole, '[3, units]', [3, units]),
    checked(x, 'projection', weights.projection, '[units, out]', [units, out]),
    checked(x, 'initial h', initial?.h, '[batch, out]', [batch, out]),
    checked(x, 'initial c', initial?.c, '[batch, units]', [batch, units]),
    checked(x, 'mask', mask, '[batch, out]', [batch, out]),
  ];
}

const arrayOf = (tensor: Tensor | null): FloatArray | null => (tensor === null ? null : tensor.floats);

/** States are two arrays a direction, c null where the cell has none. */
function finalsOf({ cell, batch, units, out, geometry }: Plan, x: Tensor): (Tensor | null)[] {
  const directions = geometry[5] as number;
  return Array.from({ length: directions }, () => [
    new Tensor([batch, out], x.dtype),
    cell === 'lstm' ? new Tensor([batch, units], x.dtype) : null,
  ]).flat();
}

/** What both functions below do; `y` is null where nobody asked for it, neither the caller nor a gradient. */
function run(
  cell: RecurrentCell,
  x: Tensor,
  directions: readonly RecurrentWeights[],
  options: RecurrentOptions,
  wantsOutput: boolean,
): { y: Tensor | null; final: RecurrentState[] } {
  const plan = planOf(cell, x, directions, options);
  const { arrays, lengths, geometry } = plan;
  const backend = backendFor(x.dtype);
  // The mask, the last of each direction, is a constant.
  const differentiable = arrays.filter((_, i) => i % recurrentArrays.length < recurrentArrays.length - 1);
  const inputs = [x, ...differentiable.filter((array) => array !== null)];
  const tracked = inputs.some(isTracked);
  const y =
    wantsOutput || tracked ? new Tensor([plan.batch, geometry[1] as number, directions.length * plan.out], x.dtype) : null;
  const finals = finalsOf(plan, x);
  const kept = tracked ? new Tensor([backend.recurrentKeptSize(cell, geometry)], x.dtype) : null;
  backend.recurrent(cell, x.floats, arrays.map(arrayOf), lengths, arrayOf(y), finals.map(arrayOf), arrayOf(kept), geometry);
  if (kept !== null && y !== null) {
    const outputs = [y, ...finals.filter((state) => state !== null)];
    recordMany(where, outputs, inputs, (dys, needs) => {
      const wanted = inputs.map((input, i) => (needs[i] ? new Tensor(input.shape, input.dtype) : null));
      let given = 1;
      const dfinals = finals.map((state) => (state === null ? null : arrayOf(dys[given++] ?? null)));
      let taken = 1;
      const darrays = differentiable.map((array) => (array === null ? null : arrayOf(wanted[taken++] ?? null)));
      const [dy, dx] = [arrayOf(dys[0] ?? null), arrayOf(wanted[0] ?? null)];
      const values = arrays.map(arrayOf);
      backend.recurrentGrad(cell, x.floats, values, lengths, y.floats, kept.floats, dy, dfinals, dx, darrays, geometry);
      kept.dispose();
      return wanted;
    });
  }
  return { y, final: directions.map((_, i) => ({ h: finals[2 * i] as Tensor, c: finals[2 * i + 1] ?? null })) };
}

/**
 * A recurrent layer over whole sequences in one call, in one direction or both. The equations of the cells are those of RecurrentCell.
 *
 * @param x [batch, steps, in]
 * @param directions weights of the forward direction, and of the reverse one if there are two
 * @throws ShapeError, ArgumentError, DTypeError where shapes, options or types do not fit the cell.
 * @example
 * const { output, final } = recurrent('lstm', x, [{ weightInput, weightRecurrent }], { lengths: [7, 3] });
 */
export function recurrent(
  cell: RecurrentCell,
  x: Tensor,
  directions: readonly RecurrentWeights[],
  options: RecurrentOptions = {},
): RecurrentResult {
  const { y, final } = run(cell, x, directions, options, true);
  return { output: y as Tensor, final };
}

/** The `final` of `recurrent`. What the steps on the way put out is written only where a gradient asks for it. */
export function recurrentStates(
  cell: RecurrentCell,
  x: Tensor,
  directions: readonly RecurrentWeights[],
  options: RecurrentOptions = {},
): RecurrentState[] {
  return run(cell, x, directions, options, false).final;
}
