import { glorotUniform, heUniform, zeros } from '../initializers/index.js';
import type { Initializer } from '../initializers/initializer.js';
import type { ActivationName } from './activations.js';

/** The initialiser of a weight whose layer has this activation: He's before relu, which halves the variance, else Glorot's. */
export function defaultWeight(activation: ActivationName): Initializer {
  return activation === 'relu' ? heUniform() : glorotUniform();
}

export function defaultBias(): Initializer {
  return zeros();
}
