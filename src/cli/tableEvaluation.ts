/** Predictions of rows that a model has not seen, of the network, of a linear model and of none. */

import { cellOf, type NumberColumn } from '../data/column.js';
import { kFold, splitRows } from '../data/split.js';
import type { Decoded } from '../data/tableEncoder.js';
import { fitTable, hiddenUnits, predictRows, type TableGoal } from './tableModel.js';
import { scoreValues, type TableScores } from './tableScores.js';

export interface EvaluationOptions {
  /** 1: one part of the rows is held out; else each row once. */
  readonly folds: number;
  readonly epochs: number;
  readonly signal: AbortSignal;
}

/** Scores on held-out rows, from one seed. */
export interface Evaluation {
  readonly network: TableScores;
  /** The same training without hidden layers. */
  readonly linear: TableScores;
  /** The most frequent class, or the mean, of the rows to train on. */
  readonly baseline: TableScores;
  /** Epochs that the network was trained for, in each fold. */
  readonly epochs: readonly number[];
}

/** Of the rows that are held out if there is only one fold. */
const heldOutShare = 0.2;

/** What one can say of the target without looking at a row: the most frequent class, or the mean, of these rows. */
function constantGuess(goal: TableGoal, rows: Int32Array): Decoded['value'] {
  if (goal.classes === null) {
    const { values } = goal.table.columnAs(goal.target, 'number') as NumberColumn;
    return rows.reduce((sum, row) => sum + (values[row] as number), 0) / rows.length;
  }
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(goal.classes[row] as number, (counts.get(goal.classes[row] as number) ?? 0) + 1);
  const [best] = [...counts].reduce((most, next) => (next[1] > most[1] ? next : most));
  return cellOf(goal.table.column(goal.target), goal.classes.indexOf(best)) as Decoded['value'];
}

/** Trains and predicts in each fold; the scores of all held-out rows together. */
export async function evaluateTable(goal: TableGoal, seed: number, options: EvaluationOptions): Promise<Evaluation> {
  const { folds, epochs, signal } = options;
  const { table, target, task } = goal;
  const dealt = { seed, ...(goal.classes === null ? {} : { stratify: goal.classes }) };
  const parts = folds === 1 ? [splitRows(table.length, { test: heldOutShare, ...dealt })] : kFold(table.length, folds, dealt);
  const guesses = { network: [] as Decoded['value'][], linear: [] as Decoded['value'][], baseline: [] as Decoded['value'][] };
  const heldOut: number[] = [];
  const epochsUsed: number[] = [];
  for (const { training, test } of parts) {
    const rows = table.take(test);
    for (const [name, hidden] of [
      ['network', hiddenUnits],
      ['linear', []],
    ] as const) {
      const fitted = await fitTable(goal, training, { hidden, epochs, seed, signal });
      guesses[name].push(...predictRows(fitted.encoder, fitted.model, rows).map(({ value }) => value));
      if (name === 'network') epochsUsed.push(fitted.epochs);
    }
    guesses.baseline.push(...new Array<Decoded['value']>(test.length).fill(constantGuess(goal, training)));
    heldOut.push(...test);
  }
  const seen = table.take(heldOut);
  const scores = (name: keyof typeof guesses): TableScores => scoreValues(seen, target, task, guesses[name]);
  return { network: scores('network'), linear: scores('linear'), baseline: scores('baseline'), epochs: epochsUsed };
}
