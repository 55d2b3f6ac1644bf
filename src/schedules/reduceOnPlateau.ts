import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface ReduceOnPlateauOptions {
  /** Whether the metric should fall ('min') or rise ('max'); default 'min'. */
  mode?: 'min' | 'max';
  /** What the rate is multiplied by; default 0.1. */
  factor?: number;
  /** How many times in a row the metric may be no better; default 10. */
  patience?: number;
  /** How much better counts as better; default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a share of the best so far or a difference; default 'relative'. */
  thresholdMode?: 'relative' | 'absolute';
  /** Metrics after a reduction that do not count; default 0. */
  cooldown?: number;
  /** The lowest rate; default 0. */
  lowest?: number;
  /** Changes of the rate that are no more than this are not made; default 1e-8. */
  epsilon?: number;
}

const keys = ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'lowest', 'epsilon'];

/** Falls when a metric has stopped getting better: each time the rate is multiplied by `factor`, down to `lowest`. */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Schedule {
  const where = 'schedules.reduceOnPlateau';
  checkKeys(where, options, keys);
  const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'relative' } = options;
  const { cooldown = 0, lowest = 0, epsilon = 1e-8 } = options;
  if (mode !== 'min' && mode !== 'max')
    throw new ArgumentError(`[${where}] expected mode to be 'min' or 'max', received ${describe(mode)}`);
  if (thresholdMode !== 'relative' && thresholdMode !== 'absolute')
    throw new ArgumentError(
      `[${where}] expected thresholdMode to be 'relative' or 'absolute', received ${describe(thresholdMode)}`,
    );
  checkRange(where, 'factor', factor, 0, 1);
  checkRange(where, 'threshold', threshold, 0);
  checkRange(where, 'lowest', lowest, 0);
  checkRange(where, 'epsilon', epsilon, 0);
  checkInteger(where, 'patience', patience, 0);
  checkInteger(where, 'cooldown', cooldown, 0);

  const sign = mode === 'min' ? 1 : -1;
  let best = sign * Number.POSITIVE_INFINITY;
  let [bad, cooling, reductions] = [0, 0, 0];
  const better = (metric: number): boolean => {
    const bound = thresholdMode === 'relative' ? best * (1 - sign * threshold) : best - sign * threshold;
    return sign * metric < sign * bound;
  };
  return {
    rate(_step, base) {
      let rate = base;
      for (let i = 0; i < reductions; i++) {
        const next = Math.max(rate * factor, lowest);
        if (rate - next > epsilon) rate = next;
      }
      return rate;
    },
    observe(metric) {
      if (typeof metric !== 'number')
        throw new ArgumentError(`[${where}] expected the metric as a number, received ${describe(metric)}`);
      if (better(metric)) {
        best = metric;
        bad = 0;
      } else {
        bad++;
      }
      if (cooling > 0) {
        cooling--;
        bad = 0;
      }
      if (bad > patience) {
        reductions++;
        cooling = cooldown;
        bad = 0;
      }
    },
    // JSON knows no infinity.
    save: () => [Number.isFinite(best) ? best : sign * Number.MAX_VALUE, bad, cooling, reductions],
    restore(saved) {
      [best, bad, cooling, reductions] = saved;
    },
  };
}
