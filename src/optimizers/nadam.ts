import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, number, share } from './settings.js';

export interface NadamSettings extends DecaySettings {
  /** Learning rate; default 0.002. */
  lr: number;
  /** Decay of the mean gradient; default 0.9. */
  beta1: number;
  /** Decay of the mean squared gradient; default 0.999. */
  beta2: number;
  /** Keeps the divisor from 0; default 1e-8. */
  epsilon: number;
  /** How fast the momentum grows to beta1; default 0.004. */
  momentumDecay: number;
}

export type NadamOptions = OptionsOf<NadamSettings>;

const fields: Fields<NadamSettings> = {
  ...decayFields,
  lr: number(0.002),
  beta1: share(0.9),
  beta2: share(0.999),
  epsilon: number(1e-8),
  momentumDecay: number(0.004),
};

/** NAdam (Dozat, 2016), step by step as PyTorch's. */
export class Nadam extends KernelOptimizer<NadamSettings> {
  protected override readonly op: UpdateOp = 'nadam';

  constructor(options: NadamOptions = {}) {
    super('nadam', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['m', 'v'];
  }

  /** The product of the momenta of all steps. */
  protected override scalars(): Readonly<Record<string, number>> {
    return { momentumProduct: 1 };
  }

  protected override momentumName(): string {
    return 'beta1';
  }

  protected override own({ settings, step, scalars }: ParameterState<NadamSettings>): readonly number[] {
    const { lr, beta1, beta2, epsilon, momentumDecay } = settings;
    const momentumAt = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const [now, next] = [momentumAt(step), momentumAt(step + 1)];
    scalars[0] *= now;
    const product = scalars[0];
    const root = 1 / Math.sqrt(1 - beta2 ** step);
    return [(lr * (1 - now)) / (1 - product), (lr * next) / (1 - product * next), beta1, beta2, epsilon, root];
  }
}

/**
 * NAdam: Adam with Nesterov's look ahead, and a momentum that grows.
 *
 * @example
 * const optimizer = nadam();
 */
export function nadam(options: NadamOptions = {}): Nadam {
  return new Nadam(options);
}
