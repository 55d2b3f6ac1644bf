import { ArgumentError, describe } from '../errors.js';
import type { Value } from '../layers/value.js';

/** A number about a whole data set, gathered batch by batch, so that it is exact whatever the sizes of the batches. */
export interface MetricRun<Result = number> {
  /** Takes one batch in. Tensors are only lent: read them, keep none. */
  update(prediction: Value, target: Value): void;
  /** The number for all batches so far; NaN before the first. */
  value(): Result;
}

/** A metric: its name, and how to start gathering it. It holds no state itself. The trainer takes those that give a number. */
export interface Metric<Result = number> {
  readonly name: string;
  start(): MetricRun<Result>;
}

/**
 * A metric of one batch.
 *
 * @example
 * measure(f1({ average: 'macro' }), model.predict(x), y);
 */
export function measure<Result>(metric: Metric<Result>, prediction: Value, target: Value): Result {
  if (typeof metric?.start !== 'function') throw new ArgumentError(`[measure] expected a metric, received ${describe(metric)}`);
  const run = metric.start();
  run.update(prediction, target);
  return run.value();
}
