/**
 * Area under the ROC curve, exact: the share of pairs (one sample of the class, one of another) in which the first has the larger
 * score, ties counting half (Mann and Whitney 1947). The scores of both sides are kept and sorted: 8 bytes a sample (and class).
 */

import { ShapeError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { ClassBatch, type ClassMetricOptions, checkClassOptions, ignored } from './classBatch.js';
import { GrowingArray } from './growing.js';
import type { Metric, MetricRun } from './metric.js';
import { checkFlag } from './options.js';

export interface AucOptions extends Omit<ClassMetricOptions, 'threshold'> {
  /** Whether scores of three and more classes are logits, to be made probabilities first; default true. For two it makes no difference. */
  logits?: boolean;
}

/** The share of pairs with the positive score above the negative one; NaN where there is none, or where a score is NaN. */
function areaOf(positive: Float64Array, negative: Float64Array): number {
  const [high, low] = [positive.slice().sort(), negative.slice().sort()];
  // Sorting puts NaN last.
  if (Number.isNaN(high.at(-1)) || Number.isNaN(low.at(-1))) return Number.NaN;
  let below = 0;
  let upTo = 0;
  let pairs = 0;
  for (const score of high) {
    while (below < low.length && (low[below] as number) < score) below++;
    upTo = Math.max(upTo, below);
    while (upTo < low.length && (low[upTo] as number) <= score) upTo++;
    pairs += (below + upTo) / 2;
  }
  return pairs / (high.length * low.length);
}

/** Scores of the samples of a class and of the others. */
interface Sides {
  readonly positive: GrowingArray;
  readonly negative: GrowingArray;
}

class AucRun implements MetricRun {
  /** One for two classes, else one for each class. */
  private readonly sides: Sides[] = [];

  constructor(private readonly options: AucOptions) {}

  update(prediction: Value, target: Value): void {
    const batch = new ClassBatch('auc', prediction, target, this.options);
    if (batch.form === 'labels' || batch.classes < 2)
      throw new ShapeError('[auc] expected scores of two classes or more, received labels or scores of one class');
    const scored = new Float64Array(batch.classes === 2 ? 1 : batch.classes);
    if (this.sides.length === 0)
      for (const _ of scored) this.sides.push({ positive: new GrowingArray(), negative: new GrowingArray() });
    if (this.sides.length !== scored.length)
      throw new ShapeError(`[auc] expected scores of as many classes as before, received ${batch.classes}`);
    for (let row = 0; row < batch.rows; row++) {
      const label = batch.label(row);
      if (label === ignored) continue;
      this.scoreRow(batch, row, scored);
      for (const [c, side] of this.sides.entries()) {
        const isPositive = this.sides.length === 1 ? label === 1 : label === c;
        (isPositive ? side.positive : side.negative).push(scored[c] as number);
      }
    }
  }

  value(): number {
    const areas: number[] = [];
    for (const { positive, negative } of this.sides) {
      const [high, low] = [positive.values(), negative.values()];
      if (high.length > 0 && low.length > 0) areas.push(areaOf(high, low));
    }
    return areas.reduce((sum, area) => sum + area, 0) / areas.length;
  }

  private scoreRow(batch: ClassBatch, row: number, out: Float64Array): void {
    const { scores, cols } = batch;
    const start = row * cols;
    if (cols === 1) out[0] = scores[start] as number;
    else if (cols === 2) out[0] = (scores[start + 1] as number) - (scores[start] as number);
    else {
      for (let c = 0; c < cols; c++) out[c] = scores[start + c] as number;
      if (this.options.logits ?? true) softmaxInPlace(out);
    }
  }
}

function softmaxInPlace(row: Float64Array): void {
  const top = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let c = 0; c < row.length; c++) sum += row[c] = Math.exp((row[c] as number) - top);
  for (let c = 0; c < row.length; c++) row[c] = (row[c] as number) / sum;
}

/**
 * Area under the ROC curve: for two classes of class 1; for more the mean of each against all others (those without samples, or
 * without others, left out). Predictions are scores [..., classes], or of class 1 alone.
 */
export function auc(options: AucOptions = {}): Metric {
  checkClassOptions('auc', options, ['logits']);
  if (options.logits !== undefined) checkFlag('auc', 'logits', options.logits);
  return { name: options.name ?? 'auc', start: () => new AucRun(options) };
}
