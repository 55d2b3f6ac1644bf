import type { Value } from '../layers/value.js';

/** A number about a whole data set, gathered batch by batch, so that it is exact whatever the sizes of the batches. */
export interface MetricRun {
  /** Takes one batch in. Tensors are only lent: read them, keep none. */
  update(prediction: Value, target: Value): void;
  /** The number for all batches so far; NaN before the first. */
  value(): number;
}

/** A metric: its name, and how to start gathering it. It holds no state itself. */
export interface Metric {
  readonly name: string;
  start(): MetricRun;
}
