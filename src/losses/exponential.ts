import { exp, mul, neg } from '../ops/index.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

/** e^(-t y) of predictions y and targets t of -1 or 1: what boosting makes small (Freund and Schapire 1997). */
export function exponential(options: LossOptions = {}): WeightedLoss {
  const reduction = reductionOf('exponential', options);
  return elementwiseLoss('exponential', reduction, (prediction, target) => exp(neg(mul(target, prediction))));
}
