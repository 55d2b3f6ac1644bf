import { abs, sub } from '../ops/index.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

/** Mean of |prediction - target| over all elements; gradient 0 where they are equal. */
export function meanAbsoluteError(options: LossOptions = {}): WeightedLoss {
  const reduction = reductionOf('meanAbsoluteError', options);
  return elementwiseLoss('meanAbsoluteError', reduction, (prediction, target) => abs(sub(prediction, target)));
}
