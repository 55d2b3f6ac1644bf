import type { Metric } from './metric.js';
import { checkMetricOptions } from './options.js';
import { pairsOf } from './pairs.js';

export interface RegressionMetricOptions {
  /** What its scores are called; default the name of the function. */
  name?: string;
}

/** A function of the mean over all numbers of a term of the difference. */
function meanOf(
  name: string,
  options: RegressionMetricOptions,
  term: (difference: number) => number,
  finish: (mean: number) => number = (mean) => mean,
): Metric {
  checkMetricOptions(name, options, []);
  return {
    name: options.name ?? name,
    start() {
      let sum = 0;
      let count = 0;
      return {
        update(predictions, targets) {
          const { prediction, target } = pairsOf(name, predictions, targets);
          for (let i = 0; i < prediction.length; i++) sum += term((prediction[i] as number) - (target[i] as number));
          count += prediction.length;
        },
        value: () => finish(sum / count),
      };
    },
  };
}

/** Mean absolute error. */
export function mae(options: RegressionMetricOptions = {}): Metric {
  return meanOf('mae', options, Math.abs);
}

/** Mean squared error. */
export function mse(options: RegressionMetricOptions = {}): Metric {
  return meanOf('mse', options, (d) => d * d);
}

/** The root of the mean squared error, of the whole data set. */
export function rmse(options: RegressionMetricOptions = {}): Metric {
  return meanOf('rmse', options, (d) => d * d, Math.sqrt);
}
