/**
 * Which rows are trained on and which are held out. Both ways walk through the rows in a drawn order, those of one class after those
 * of another where they are stratified, and deal them out evenly: so each part has its share of each class, to within one row.
 */
import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { checkSeed, defaultSeed, RandomStream } from '../tensor/random.js';
import { Tensor } from '../tensor/tensor.js';

/** A class for each row: texts, numbers, or a tensor of labels. */
export type Classes = ArrayLike<string | number> | Tensor;

export interface SplitOptions {
  /** Share of the rows that choose when to stop or which model is best; default 0. */
  validation?: number;
  /** Share of the rows that are held out; default 0.2. */
  test?: number;
  /** Of the order that is drawn; default that of `setSeed`. */
  seed?: number;
  /** The class of each row: each part gets its share of each. */
  stratify?: Classes;
}

export interface FoldOptions {
  /** Of the order that is drawn; default that of `setSeed`. */
  seed?: number;
  /** The class of each row: each fold gets its share of each. */
  stratify?: Classes;
}

/** Indices of rows, ascending. */
export interface Split {
  readonly training: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

export interface Fold {
  readonly training: Int32Array;
  readonly test: Int32Array;
}

function checkCommon(where: string, rows: number, seed: number, stratify: Classes | undefined): ArrayLike<unknown> | null {
  checkInteger(where, 'rows', rows, 0);
  checkSeed(where, seed);
  if (stratify === undefined) return null;
  const classes = stratify instanceof Tensor ? stratify.array : stratify;
  if (typeof classes !== 'object' || classes === null || classes.length !== rows)
    throw new ArgumentError(`[${where}] expected stratify to hold ${rows} classes, received ${describe(stratify)}`);
  return classes;
}

/** All rows in a drawn order; if there are classes, class by class. */
function drawnOrder(rows: number, seed: number, name: string, classes: ArrayLike<unknown> | null): Int32Array {
  const order = new RandomStream(seed, name).permutation(rows);
  if (classes === null) return order;
  const groups = new Map<unknown, number[]>();
  for (const row of order) {
    const group = groups.get(classes[row]);
    if (group === undefined) groups.set(classes[row], [row]);
    else group.push(row);
  }
  return Int32Array.from([...groups.values()].flat());
}

/** Takes round(share * n) elements from among the n of a list, evenly spread over it: those taken, and those left. */
function spread(list: Int32Array, share: number): [Int32Array, Int32Array] {
  const count = Math.round(share * list.length);
  const isTaken = (i: number): boolean => Math.floor(((i + 1) * count) / list.length) > Math.floor((i * count) / list.length);
  return [list.filter((_, i) => isTaken(i)), list.filter((_, i) => !isTaken(i))];
}

/**
 * Rows to train on, to validate with and to test with.
 *
 * @example
 * const { training, test } = splitRows(table.length, { test: 0.25, seed: 0, stratify: labels });
 */
export function splitRows(rows: number, options: SplitOptions = {}): Split {
  const where = 'splitRows';
  checkKeys(where, options, ['validation', 'test', 'seed', 'stratify']);
  const { validation = 0, test = 0.2, seed = defaultSeed(), stratify } = options;
  for (const [name, share] of Object.entries({ validation, test, 'validation + test': validation + test })) {
    if (!(share >= 0 && share <= 1))
      throw new ArgumentError(`[${where}] expected ${name} to be a share from 0 to 1, received ${describe(share)}`);
  }
  const classes = checkCommon(where, rows, seed, stratify);
  const [held, rest] = spread(drawnOrder(rows, seed, 'split', classes), test);
  const [chosen, training] = spread(rest, test === 1 ? 0 : validation / (1 - test));
  return { training: training.sort(), validation: chosen.sort(), test: held.sort() };
}

/**
 * Cross-validation: `folds` ways to hold out rows, such that each row is held out once.
 *
 * @example
 * for (const { training, test } of kFold(table.length, 5, { seed: 0, stratify: labels })) ...
 */
export function kFold(rows: number, folds: number, options: FoldOptions = {}): Fold[] {
  const where = 'kFold';
  checkKeys(where, options, ['seed', 'stratify']);
  const { seed = defaultSeed(), stratify } = options;
  const classes = checkCommon(where, rows, seed, stratify);
  checkInteger(where, 'folds', folds, 2, Math.max(2, rows));
  const order = drawnOrder(rows, seed, 'folds', classes);
  return Array.from({ length: folds }, (_, fold) => ({
    training: order.filter((_, i) => i % folds !== fold).sort(),
    test: order.filter((_, i) => i % folds === fold).sort(),
  }));
}
