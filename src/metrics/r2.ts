import { ShapeError } from '../errors.js';
import type { RegressionMetricOptions } from './errorMetrics.js';
import type { Metric } from './metric.js';
import { checkMetricOptions } from './options.js';
import { pairsOf } from './pairs.js';

/** Of one output: the mean of the targets, the squared distances from it (both by Welford 1962), and those from the predictions. */
interface Spread {
  mean: number;
  total: number;
  residual: number;
}

/** A target that never changes has nothing to explain: 1 if it was met, else 0. */
function explained({ total, residual }: Spread): number {
  if (total > 0) return 1 - residual / total;
  return residual === 0 ? 1 : 0;
}

/**
 * Share of the targets' variance that the predictions explain, 1 - sum (y - p)^2 / sum (y - mean y)^2: 1 is perfect, 0 is what the
 * mean of the targets reaches. For several outputs, [..., outputs], the mean of theirs.
 */
export function r2(options: RegressionMetricOptions = {}): Metric {
  checkMetricOptions('r2', options, []);
  return {
    name: options.name ?? 'r2',
    start() {
      let spreads: Spread[] = [];
      let samples = 0;
      return {
        update(predictions, targets) {
          const { prediction, target, outputs } = pairsOf('r2', predictions, targets);
          if (samples === 0) spreads = Array.from({ length: outputs }, () => ({ mean: 0, total: 0, residual: 0 }));
          if (outputs !== spreads.length)
            throw new ShapeError(`[r2] expected ${spreads.length} outputs as before, received ${outputs}`);
          for (let i = 0; i < target.length; i += outputs) {
            samples++;
            for (const [k, spread] of spreads.entries()) {
              const value = target[i + k] as number;
              const before = value - spread.mean;
              spread.mean += before / samples;
              spread.total += before * (value - spread.mean);
              spread.residual += (value - (prediction[i + k] as number)) ** 2;
            }
          }
        },
        value: () => (samples === 0 ? Number.NaN : spreads.reduce((sum, spread) => sum + explained(spread), 0) / spreads.length),
      };
    },
  };
}
