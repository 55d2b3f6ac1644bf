import { cast, square, sub } from '../ops/index.js';
import { checkLossOptions, checkPair, checkReduction, type Loss, type Reduction, reduceLoss } from './loss.js';

export interface MeanSquaredErrorOptions {
  /** Default 'mean', over all elements. */
  reduction?: Reduction;
}

/**
 * Mean of (prediction - target)^2 over all elements.
 *
 * @example
 * meanSquaredError()(tensor([1, 2]), tensor([1, 4])).item(); // 2
 */
export function meanSquaredError(options: MeanSquaredErrorOptions = {}): Loss {
  checkLossOptions('meanSquaredError', options, ['reduction']);
  const { reduction = 'mean' } = options;
  checkReduction('meanSquaredError', reduction);
  return (prediction, target) => {
    checkPair('meanSquaredError', prediction, target);
    const wanted = target.dtype === prediction.dtype ? target : cast(target, prediction.dtype);
    return reduceLoss(square(sub(prediction, wanted)), reduction);
  };
}
