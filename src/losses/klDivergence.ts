import { ArgumentError, describe } from '../errors.js';
import { clip, exp, greater, log, mul, sub, where } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { type DivergenceOptions, elementwiseLoss, reductionOf, type WeightedLoss } from './loss.js';

export interface KlDivergenceOptions extends DivergenceOptions {
  /** Whether targets are log-probabilities, too; default false. */
  logTarget?: boolean;
}

/** t log t, which is 0 at 0. */
function entropyTerm(t: Tensor): Tensor {
  const positive = greater(t, 0);
  return where(positive, mul(t, log(where(positive, t, 1))), 0);
}

/**
 * Kullback and Leibler's divergence (1951) of predicted log-probabilities from a target distribution: t (log t - prediction). The
 * textbook divergence is its sum over classes, `batchMean` the mean of that over samples.
 */
export function klDivergence(options: KlDivergenceOptions = {}): WeightedLoss {
  const reduction = reductionOf('klDivergence', options, ['logTarget'], true);
  const { logTarget = false } = options;
  if (typeof logTarget !== 'boolean')
    throw new ArgumentError(`[klDivergence] expected logTarget to be true or false, received ${describe(logTarget)}`);
  return elementwiseLoss('klDivergence', reduction, (prediction, target) =>
    logTarget ? mul(exp(target), sub(target, prediction)) : sub(entropyTerm(target), mul(target, prediction)),
  );
}

/**
 * The generalised divergence for positive numbers that do not sum to 1: t log(t / y) - t + y, which is 0 only where y = t. Predictions
 * below 1e-12 count as 1e-12 in the logarithm.
 */
export function generalizedKlDivergence(options: DivergenceOptions = {}): WeightedLoss {
  const reduction = reductionOf('generalizedKlDivergence', options, [], true);
  return elementwiseLoss('generalizedKlDivergence', reduction, (prediction, target) => {
    const crossed = sub(prediction, mul(target, log(clip(prediction, 1e-12, Infinity))));
    return sub(crossed, sub(target, entropyTerm(target)));
  });
}
