import { glorotUniform, heUniform, lecunNormal, zeros } from '../initializers/index.js';
import type { Initializer } from '../initializers/initializer.js';
import type { ActivationName } from './activations.js';

/** Activations that are near 0 on one side and near x on the other: like relu, they halve the variance. */
const halving: readonly ActivationName[] = ['relu', 'leakyRelu', 'elu', 'gelu', 'silu', 'mish', 'softplus', 'hardSwish', 'relu6'];

/** The initialiser of a weight whose layer has this activation: He's before those that halve the variance, LeCun's before selu, else Glorot's. */
export function defaultWeight(activation: ActivationName): Initializer {
  if (activation === 'selu') return lecunNormal();
  return halving.includes(activation) ? heUniform() : glorotUniform();
}

export function defaultBias(): Initializer {
  return zeros();
}
