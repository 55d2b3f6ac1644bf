import { noGrad } from '../autograd/tape.js';
import type { Value } from '../layers/value.js';
import { RunningMean } from '../metrics/mean.js';
import type { Metric, MetricRun } from '../metrics/metric.js';
import type { Scores } from './events.js';

/** The loss and the metrics of a data set, gathered batch by batch. */
export class Scoring {
  private readonly loss = new RunningMean();
  private readonly runs: readonly (readonly [string, MetricRun])[];

  constructor(metrics: readonly Metric[]) {
    this.runs = metrics.map((metric) => [metric.name, metric.start()]);
  }

  addLoss(mean: number, samples: number): void {
    this.loss.add(mean, samples);
  }

  addBatch(prediction: Value, target: Value): void {
    if (this.runs.length === 0) return;
    noGrad(() => {
      for (const [, run] of this.runs) run.update(prediction, target);
    });
  }

  scores(): Scores {
    return { loss: this.loss.value(), ...Object.fromEntries(this.runs.map(([name, run]) => [name, run.value()])) };
  }
}
