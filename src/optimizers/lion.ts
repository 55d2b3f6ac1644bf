import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, flag, number, share } from './settings.js';

export interface LionSettings extends DecaySettings {
  /** Learning rate; default 0.0001. */
  lr: number;
  /** Share of the mean in the direction of a step; default 0.9. */
  beta1: number;
  /** Decay of the mean gradient; default 0.99. */
  beta2: number;
}

export type LionOptions = OptionsOf<LionSettings>;

const fields: Fields<LionSettings> = {
  ...decayFields,
  decoupled: flag(true),
  lr: number(0.0001),
  beta1: share(0.9),
  beta2: share(0.99),
};

/** Lion (Chen et al., 2023). Weight decay is decoupled by default, as there. */
export class Lion extends KernelOptimizer<LionSettings> {
  protected override readonly op: UpdateOp = 'lion';

  constructor(options: LionOptions = {}) {
    super('lion', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['m'];
  }

  protected override momentumName(): string {
    return 'beta1';
  }

  protected override own({ settings }: ParameterState<LionSettings>): readonly number[] {
    return [settings.lr, settings.beta1, settings.beta2];
  }
}

/**
 * Lion: steps of one size, in the direction of the sign of a mean gradient. Wants a rate 3 to 10 times less than Adam's.
 *
 * @example
 * const optimizer = lion({ lr: 1e-4, weightDecay: 0.1 });
 */
export function lion(options: LionOptions = {}): Lion {
  return new Lion(options);
}
