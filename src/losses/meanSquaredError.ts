import { customGrad } from '../autograd/customGrad.js';
import { div, equal, mul, sqrt, square, sub, where } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

/**
 * Mean of (prediction - target)^2 over all elements.
 *
 * @example
 * meanSquaredError()(tensor([1, 2]), tensor([1, 4])).item(); // 2
 */
export function meanSquaredError(options: LossOptions = {}): WeightedLoss {
  const reduction = reductionOf('meanSquaredError', options);
  return elementwiseLoss('meanSquaredError', reduction, (prediction, target) => square(sub(prediction, target)));
}

/** The square root, with a gradient of 0 at 0, where a perfect prediction would otherwise make it NaN. */
const root = customGrad('rootMeanSquaredError', (x: Tensor) => {
  const y = sqrt(x);
  return { value: y, backward: (dy) => where(equal(y, 0), mul(y, 0), div(mul(dy, 0.5), y)) };
});

/** Root of `meanSquaredError` by the same reduction. */
export function rootMeanSquaredError(options: LossOptions = {}): WeightedLoss {
  const reduction = reductionOf('rootMeanSquaredError', options);
  const inner = elementwiseLoss('rootMeanSquaredError', reduction, (prediction, target) => square(sub(prediction, target)));
  return (prediction, target, weights) => root(inner(prediction, target, weights));
}
