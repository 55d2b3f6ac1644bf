/**
 * Predictions and targets read as classes. Predictions are one of
 * - scores [..., classes], the class with the largest being predicted; targets labels [...] or distributions [..., classes];
 * - scores of class 1 against class 0, [n] or [..., 1], with as many targets, 0 (or -1) and 1;
 * - integers or booleans of the shape of the targets: predicted labels.
 */
import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, ShapeError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { checkInteger, checkNumber, checkTensor } from '../ops/operand.js';
import { isFloat } from '../tensor/dtype.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkMetricOptions } from './options.js';

/** Options of all metrics of classes. */
export interface ClassMetricOptions {
  /** Where a score of class 1 against class 0 turns to class 1: above it. Default 0.5; 0 for logits. */
  threshold?: number;
  /** Samples with this label count nothing; default none. */
  ignoreLabel?: number;
  /** What its scores are called; default the name of the function. */
  name?: string;
}

/** Labels beyond are refused: counts are kept for each class. */
export const maxClasses = 65_536;

/** Stands for a sample to ignore. */
export const ignored = -1;

/** Checks the options common to metrics of classes. */
export function checkClassOptions(where: string, options: ClassMetricOptions, keys: readonly string[] = []): void {
  checkMetricOptions(where, options, ['threshold', 'ignoreLabel', ...keys]);
  const { threshold, ignoreLabel } = options;
  if (threshold !== undefined) {
    checkNumber(where, 'threshold', threshold);
    if (Number.isNaN(threshold)) throw new ArgumentError(`[${where}] expected threshold to be a number, received NaN`);
  }
  if (ignoreLabel !== undefined) checkInteger(where, 'ignoreLabel', ignoreLabel, -(2 ** 31));
}

/** Index of the largest of `cols` numbers from `start`, the first of equals. */
function largest(array: AnyArray, start: number, cols: number): number {
  let best = 0;
  for (let c = 1; c < cols; c++) if ((array[start + c] as number) > (array[start + best] as number)) best = c;
  return best;
}

type Form = 'classes' | 'single' | 'labels';

/** One batch: for each row the true class and the predicted one. */
export class ClassBatch {
  readonly rows: number;
  /** Numbers of a row in `scores`. */
  readonly cols: number;
  /** How many classes there are; 0 where predictions are labels, which do not tell. */
  readonly classes: number;
  readonly form: Form;
  readonly scores: AnyArray;
  private readonly truth: AnyArray;
  private readonly distributions: boolean;

  constructor(
    private readonly where: string,
    prediction: Value,
    target: Value,
    private readonly options: ClassMetricOptions,
  ) {
    checkTensor(where, prediction);
    checkTensor(where, target);
    this.form = this.formOf(prediction, target);
    this.cols = this.form === 'classes' ? (prediction.shape.at(-1) as number) : 1;
    this.classes = { classes: this.cols, single: 2, labels: 0 }[this.form];
    this.rows = prediction.size / this.cols;
    this.distributions = this.form === 'classes' && prediction.rank === target.rank;
    this.scores = prediction.array;
    this.truth = target.array;
  }

  /** The true class of a row, or `ignored`. */
  label(row: number): number {
    if (this.distributions) return largest(this.truth, row * this.cols, this.cols);
    const value = this.truth[row] as number;
    if (value === this.options.ignoreLabel) return ignored;
    return this.form === 'single' ? Number(value > 0.5) : this.checked('labels', value, row);
  }

  predicted(row: number): number {
    if (this.form === 'classes') return largest(this.scores, row * this.cols, this.cols);
    const value = this.scores[row] as number;
    return this.form === 'single' ? Number(value > (this.options.threshold ?? 0.5)) : this.checked('predictions', value, row);
  }

  private checked(what: string, label: number, row: number): number {
    const classes = this.classes || maxClasses;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new ArgumentError(`[${this.where}] expected ${what} from 0 to ${classes - 1}, received ${label} at ${row}`);
    return label;
  }

  private formOf(prediction: Tensor, target: Tensor): Form {
    const same = sameShape(prediction.shape, target.shape);
    if (!isFloat(prediction.dtype)) {
      if (same) return 'labels';
    } else if (prediction.rank === 0 || prediction.shape.at(-1) === 1 || (same && prediction.rank === 1)) {
      if (prediction.size === target.size) return 'single';
    } else if (prediction.shape.at(-1) !== 0 && (same || sameShape(prediction.shape.slice(0, -1), target.shape)))
      return 'classes';
    throw new ShapeError(
      `[${this.where}] expected predictions [..., classes] and labels [...] or distributions [..., classes], received ${shapeText(prediction.shape)} and ${shapeText(target.shape)}`,
    );
  }
}
