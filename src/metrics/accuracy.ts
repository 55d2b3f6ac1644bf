import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, ShapeError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { checkTensor } from '../ops/operand.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Metric, MetricRun } from './metric.js';

export interface AccuracyOptions {
  /** Where predictions of a single number turn from class 0 to class 1; default 0.5. */
  threshold?: number;
  /** Default 'accuracy'. */
  name?: string;
}

/** Index of the largest of `cols` numbers from `start`, the first of equals. */
function largest(array: AnyArray, start: number, cols: number): number {
  let best = 0;
  for (let c = 1; c < cols; c++) if ((array[start + c] as number) > (array[start + best] as number)) best = c;
  return best;
}

class AccuracyRun implements MetricRun {
  private right = 0;
  private count = 0;

  constructor(private readonly threshold: number) {}

  update(prediction: Value, target: Value): void {
    checkTensor('accuracy', prediction);
    checkTensor('accuracy', target);
    const cols = prediction.rank === 0 ? 1 : (prediction.shape.at(-1) as number);
    if (cols === 0) this.fail(prediction, target);
    if (cols === 1) this.countBinary(prediction, target);
    else this.countClasses(prediction, target, cols);
  }

  value(): number {
    return this.right / this.count;
  }

  private countClasses(prediction: Tensor, target: Tensor, cols: number): void {
    const distributions = sameShape(prediction.shape, target.shape);
    if (!distributions && !sameShape(prediction.shape.slice(0, -1), target.shape)) this.fail(prediction, target);
    const scores = prediction.array;
    const truth = target.array;
    const rows = prediction.size / cols;
    for (let r = 0; r < rows; r++) {
      const label = distributions ? largest(truth, r * cols, cols) : (truth[r] as number);
      if (largest(scores, r * cols, cols) === label) this.right++;
    }
    this.count += rows;
  }

  private countBinary(prediction: Tensor, target: Tensor): void {
    if (prediction.size !== target.size) this.fail(prediction, target);
    const scores = prediction.array;
    const truth = target.array;
    for (let i = 0; i < scores.length; i++)
      if ((scores[i] as number) > this.threshold === (truth[i] as number) > 0.5) this.right++;
    this.count += scores.length;
  }

  private fail(prediction: Tensor, target: Tensor): never {
    throw new ShapeError(
      `[accuracy] expected predictions [..., classes] and labels [...] or distributions [..., classes], received ${shapeText(prediction.shape)} and ${shapeText(target.shape)}`,
    );
  }
}

/**
 * Share of the samples whose largest score is that of the right class. Predictions are [..., classes], targets labels [...] or
 * distributions [..., classes]; predictions of one number each are classes 0 and 1 by `threshold`.
 */
export function accuracy(options: AccuracyOptions = {}): Metric {
  const { threshold = 0.5, name = 'accuracy' } = options;
  if (typeof threshold !== 'number' || Number.isNaN(threshold))
    throw new ArgumentError(`[accuracy] expected threshold to be a number, received ${String(threshold)}`);
  return { name, start: () => new AccuracyRun(threshold) };
}
