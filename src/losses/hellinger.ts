import { customGrad } from '../autograd/customGrad.js';
import { affine, clip, div, mul, sqrt, square, sub } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import { type DivergenceOptions, elementwiseLoss, reductionOf, type WeightedLoss } from './loss.js';

/** (sqrt p - sqrt q)^2 / 2 with the gradient (1 - sqrt(q / max(p, 1e-12))) / 2, finite at p = 0. */
function squared(probabilities: Tensor, target: Tensor): Tensor {
  return customGrad('hellinger', (p: Tensor) => ({
    value: affine(square(sub(sqrt(p), sqrt(target))), 0.5, 0),
    backward: (dy) => mul(dy, affine(sqrt(div(target, clip(p, 1e-12, Infinity))), -0.5, 0.5)),
  }))(probabilities);
}

/** The square of Hellinger's distance (1909) of two distributions, half the sum of (sqrt p - sqrt q)^2. */
export function hellinger(options: DivergenceOptions = {}): WeightedLoss {
  const reduction = reductionOf('hellinger', options, [], true);
  return elementwiseLoss('hellinger', reduction, squared);
}
