import { mergeSequences } from '../layers/directions.js';
import { type Recurrent, takeApart } from '../layers/recurrent.js';
import { type RecurrentCellLayer, statesOf } from '../layers/recurrentCell.js';
import { concat, recurrentStates } from '../ops/index.js';
import { tensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';

/** One cell of a recurrent layer, and its states after each step. */
export interface CellStates {
  readonly cell: RecurrentCellLayer;
  /** Whether it reads from the last step to the first. */
  readonly reverse: boolean;
  /** h [1, steps, out], and c [1, steps, units] where there is one, in the order of the sequence. */
  readonly states: readonly Tensor[];
}

/** The states of a cell after each step of a sequence [1, steps, features]. */
function statesOfCell(cell: RecurrentCellLayer, sequence: Tensor, initial: readonly Tensor[], reverse: boolean): Tensor[] {
  const [, steps, features] = sequence.shape as [number, number, number];
  const all = cell.stateShapes.map(([size]) => new Tensor([1, steps, size as number], sequence.dtype));
  let states = initial;
  for (let i = 0; i < steps; i++) {
    const step = reverse ? steps - 1 - i : i;
    const [h, c = null] = states as [Tensor, Tensor?];
    // The op itself: a call of the cell, with its checks, would take half as long again.
    const next = scope(() => {
      const x = tensor(sequence.floats.subarray(step * features, (step + 1) * features), { shape: [1, 1, features] });
      return statesOf(recurrentStates(cell.cell, x, [cell.weights()], { initial: [{ h, c }] }));
    });
    for (const [k, state] of next.entries()) all[k]?.floats.set(state.floats, step * state.size);
    if (i > 0) for (const state of states) state.dispose();
    states = next;
  }
  return all;
}

/**
 * The states that a recurrent layer goes through, of which its own run gives only h and the last: those of each of its cells after
 * each step, to the bit.
 *
 * @param x what the layer was called with, a batch of one sequence
 */
export function cellStates(layer: Recurrent, x: Tensor | Tensor[]): CellStates[] {
  const { layers, bidirectional, reverse } = layer.settings;
  const directions = layer.cells.length / layers;
  const { sequence, states: given } = takeApart(x);
  const all: CellStates[] = [];
  let below = sequence;
  let taken = 0;
  for (let i = 0; i < layers; i++) {
    const own = layer.cells.slice(i * directions, (i + 1) * directions).map((cell, direction) => {
      const initial = given?.slice(taken, taken + cell.stateShapes.length) ?? cell.zeroState(1);
      taken += cell.stateShapes.length;
      const backwards = reverse || direction === 1;
      return { cell, reverse: backwards, states: statesOfCell(cell, below, initial, backwards) };
    });
    all.push(...own);
    const outputs = own.map(({ states }) => states[0] as Tensor);
    if (i < layers - 1) below = mergeSequences(concat(outputs, -1), bidirectional);
  }
  return all;
}
