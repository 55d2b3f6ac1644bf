import type { UpdateOp } from '../backend/backend.js';
import type { Tensor } from '../tensor/tensor.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, flag, number, share } from './settings.js';

export interface RmspropSettings extends DecaySettings {
  /** Learning rate; default 0.01. */
  lr: number;
  /** Decay of the mean squared gradient; default 0.99. */
  alpha: number;
  /** Keeps the divisor from 0; default 1e-8. */
  epsilon: number;
  /** Share of the last step that goes on; default 0. */
  momentum: number;
  /** Whether the divisor is the deviation of the gradient instead of its root mean square; default false. */
  centered: boolean;
}

export type RmspropOptions = OptionsOf<RmspropSettings>;

const fields: Fields<RmspropSettings> = {
  ...decayFields,
  lr: number(0.01),
  alpha: share(0.99),
  epsilon: number(1e-8),
  momentum: number(0),
  centered: flag(false),
};

/** RMSprop (Tieleman and Hinton, 2012; centered: Graves, 2013), step by step as PyTorch's. */
export class Rmsprop extends KernelOptimizer<RmspropSettings> {
  protected override readonly op: UpdateOp = 'rmsprop';

  constructor(options: RmspropOptions = {}) {
    super('rmsprop', fields, options);
  }

  protected override slots({ centered, momentum }: RmspropSettings): readonly string[] {
    return ['squares', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['velocity'] : [])];
  }

  protected override kept({ slots, settings }: ParameterState<RmspropSettings>): readonly (Tensor | null)[] {
    return settings.centered ? slots : [slots[0], null, slots[1] ?? null];
  }

  protected override momentumName(): string {
    return 'momentum';
  }

  protected override own({ settings }: ParameterState<RmspropSettings>): readonly number[] {
    return [settings.lr, settings.alpha, settings.epsilon, settings.momentum];
  }
}

/**
 * RMSprop: the gradient over the root of its mean square, which forgets.
 *
 * @example
 * const optimizer = rmsprop({ lr: 0.01, momentum: 0.9 });
 */
export function rmsprop(options: RmspropOptions = {}): Rmsprop {
  return new Rmsprop(options);
}
