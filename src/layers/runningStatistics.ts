import { backendFor } from '../backend/select.js';
import type { ChannelStatistics } from '../ops/norm.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';

/** running = (1 - rate) * running + rate * factor * value, in one kernel call: a step of gradient descent towards factor * value. */
function blend(running: Parameter, value: Tensor, rate: number, factor: number): void {
  const hyper = Float64Array.of(-factor, Infinity, 1, 1, rate, 0, 1, 0);
  backendFor(running.dtype).update('sgd', running.floats, value.floats, null, null, null, hyper);
}

/** Means and variances of channels over the batches of a training. */
export class RunningStatistics implements ChannelStatistics {
  constructor(
    readonly mean: Parameter,
    readonly variance: Parameter,
  ) {}

  /** Takes up statistics over `count` elements a channel, which weigh `rate`. The variance of a batch is biased; the running one is not. */
  add({ mean, variance }: ChannelStatistics, count: number, rate: number): void {
    blend(this.mean, mean, rate, 1);
    blend(this.variance, variance, rate, count / (count - 1));
  }
}
