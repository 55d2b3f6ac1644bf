import { ArgumentError, checkOptions } from '../errors.js';
import { checkNumber } from '../ops/operand.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { RandomStream } from '../tensor/random.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Initializer } from './initializer.js';

export interface TruncatedNormalOptions {
  /** Mean of the distribution before it is cut; default 0. */
  mean?: number;
  /** Its standard deviation; default 0.05. */
  std?: number;
  /** Smallest value; default two standard deviations below the mean. */
  low?: number;
  /** Largest value; default two standard deviations above the mean. */
  high?: number;
}

interface Cut {
  mean: number;
  std: number;
  low: number;
  high: number;
  /** Whether low and high count standard deviations from the mean. */
  inDeviations: boolean;
}

/**
 * Draws until enough lie between the bounds. Where these are less than two deviations apart, evenly distributed candidates are
 * kept with the probability that the normal density gives them; else normal ones are kept as they are.
 */
export function truncated(shape: Shape, cut: Cut, stream: RandomStream, dtype: FloatDType): Tensor {
  const { mean, std } = cut;
  const low = cut.inDeviations ? cut.low : (cut.low - mean) / std;
  const high = cut.inDeviations ? cut.high : (cut.high - mean) / std;
  const result = new Tensor([...shape], dtype);
  const array = result.floats;
  const narrow = high - low < 2;
  // The density is largest at the place between the bounds that is nearest to 0.
  const peak = Math.max(low, Math.min(high, 0));
  for (let next = 0; next < array.length; ) {
    const count = Math.max(64, array.length - next);
    const candidates = narrow ? stream.uniform([count], low, high, 'float64') : stream.normal([count], 0, 1, 'float64');
    const chances = narrow ? stream.uniform([count], 0, 1, 'float64') : null;
    for (let i = 0; i < count && next < array.length; i++) {
      const z = candidates.floats[i] as number;
      const kept = chances === null ? z >= low && z <= high : (chances.floats[i] as number) < Math.exp((peak * peak - z * z) / 2);
      if (kept) array[next++] = mean + std * z;
    }
    candidates.dispose();
    chances?.dispose();
  }
  return result;
}

/** Normally distributed, but never below `low` or above `high`. */
export function truncatedNormal(options: TruncatedNormalOptions = {}): Initializer {
  checkOptions('truncatedNormal', options);
  const { mean = 0, std = 0.05 } = options;
  const { low = mean - 2 * std, high = mean + 2 * std } = options;
  for (const [name, value] of Object.entries({ mean, std, low, high })) checkNumber('truncatedNormal', name, value);
  if (!(std > 0 && low < high)) {
    throw new ArgumentError(`[truncatedNormal] expected std > 0 and low < high, received ${std}, ${low} and ${high}`);
  }
  if (!(low <= mean + 2 * std && high >= mean - 2 * std)) {
    throw new ArgumentError(
      `[truncatedNormal] expected bounds within two standard deviations of the mean, received ${low} and ${high} for ${mean} and ${std}`,
    );
  }
  return {
    name: 'truncatedNormal',
    config: { ...options },
    sample: (shape, _fan, stream, dtype) => truncated(shape, { mean, std, low, high, inDeviations: false }, stream, dtype),
  };
}
