import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, number, share } from './settings.js';

export interface RadamSettings extends DecaySettings {
  /** Learning rate; default 0.001. */
  lr: number;
  /** Decay of the mean gradient; default 0.9. */
  beta1: number;
  /** Decay of the mean squared gradient; default 0.999. */
  beta2: number;
  /** Keeps the divisor from 0; default 1e-8. */
  epsilon: number;
}

export type RadamOptions = OptionsOf<RadamSettings>;

const fields: Fields<RadamSettings> = {
  ...decayFields,
  lr: number(0.001),
  beta1: share(0.9),
  beta2: share(0.999),
  epsilon: number(1e-8),
};

/** RAdam (Liu et al., 2019), step by step as PyTorch's. */
export class Radam extends KernelOptimizer<RadamSettings> {
  protected override readonly op: UpdateOp = 'radam';

  constructor(options: RadamOptions = {}) {
    super('radam', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['m', 'v'];
  }

  protected override momentumName(): string {
    return 'beta1';
  }

  protected override own({ settings, step }: ParameterState<RadamSettings>): readonly number[] {
    const { lr, beta1, beta2, epsilon } = settings;
    const [rest1, rest2] = [beta1 ** step, beta2 ** step];
    // How many gradients the mean square is worth, in the end and by now: with few of them its variance has no bound.
    const last = 2 / (1 - beta2) - 1;
    const now = last - (2 * step * rest2) / (1 - rest2);
    const rate = lr / (1 - rest1);
    if (now <= 5) return [rate, beta1, beta2, epsilon, 0];
    const rectified = Math.sqrt(((now - 4) * (now - 2) * last) / ((last - 4) * (last - 2) * now));
    return [rate * rectified * Math.sqrt(1 - rest2), beta1, beta2, epsilon, 1];
  }
}

/**
 * RAdam: Adam that goes without its divisor as long as that rests on too few gradients.
 *
 * @example
 * const optimizer = radam();
 */
export function radam(options: RadamOptions = {}): Radam {
  return new Radam(options);
}
