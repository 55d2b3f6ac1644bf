import { ArgumentError } from '../errors.js';
import { checkNumber } from '../ops/operand.js';
import type { Initializer } from './initializer.js';

/** Evenly distributed from `low` to `high`, -0.05 and 0.05 by default. */
export function uniform(options: { low?: number; high?: number } = {}): Initializer {
  const { low = -0.05, high = 0.05 } = options;
  checkNumber('uniform', 'low', low);
  checkNumber('uniform', 'high', high);
  if (!(low <= high)) throw new ArgumentError(`[uniform] expected low <= high, received ${low} and ${high}`);
  return {
    name: 'uniform',
    config: { low, high },
    sample: (shape, _fan, stream, dtype) => stream.uniform(shape, low, high, dtype),
  };
}

/** Normally distributed, mean 0 and standard deviation 0.05 by default. */
export function normal(options: { mean?: number; std?: number } = {}): Initializer {
  const { mean = 0, std = 0.05 } = options;
  checkNumber('normal', 'mean', mean);
  checkNumber('normal', 'std', std);
  if (!(std >= 0)) throw new ArgumentError(`[normal] expected std >= 0, received ${std}`);
  return {
    name: 'normal',
    config: { mean, std },
    sample: (shape, _fan, stream, dtype) => stream.normal(shape, mean, std, dtype),
  };
}
