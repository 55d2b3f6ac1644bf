import { ArgumentError, describe } from '../errors.js';
import { add, affine, exp, greater, log, mul, sub, where } from '../ops/index.js';
import { checkNumber } from '../ops/operand.js';
import type { Tensor } from '../tensor/tensor.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

export interface PoissonOptions extends LossOptions {
  /** Whether the model predicts the logarithm of the rate; default true. */
  logInput?: boolean;
  /** Whether to add Stirling's approximation of log(target!) for targets above 1; default false. */
  full?: boolean;
  /** Added to the rate before its logarithm is taken, where logInput is false; default 1e-8. */
  epsilon?: number;
}

/** t log t - t + log(2 pi t) / 2 where t > 1, else 0. */
function stirling(t: Tensor): Tensor {
  const large = greater(t, 1);
  const safe = where(large, t, 1);
  const value = add(sub(mul(safe, log(safe)), safe), affine(log(affine(safe, 2 * Math.PI, 0)), 0.5, 0));
  return where(large, value, 0);
}

/** Negative log-likelihood of counts that follow Poisson's distribution: e^x - t x, or x - t log(x + epsilon) of a rate x. */
export function poisson(options: PoissonOptions = {}): WeightedLoss {
  const reduction = reductionOf('poisson', options, ['logInput', 'full', 'epsilon']);
  const { logInput = true, full = false, epsilon = 1e-8 } = options;
  for (const [name, value] of Object.entries({ logInput, full })) {
    if (typeof value !== 'boolean')
      throw new ArgumentError(`[poisson] expected ${name} to be true or false, received ${describe(value)}`);
  }
  checkNumber('poisson', 'epsilon', epsilon);
  return elementwiseLoss('poisson', reduction, (x, t) => {
    const loss = logInput ? sub(exp(x), mul(t, x)) : sub(x, mul(t, log(affine(x, 1, epsilon))));
    return full ? add(loss, stirling(t)) : loss;
  });
}
