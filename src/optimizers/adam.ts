import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, flag, number, share } from './settings.js';

export interface AdamSettings extends DecaySettings {
  /** Learning rate; default 0.001. */
  lr: number;
  /** Decay of the mean gradient; default 0.9. */
  beta1: number;
  /** Decay of the mean squared gradient; default 0.999. */
  beta2: number;
  /** Keeps the divisor from 0; default 1e-8. */
  epsilon: number;
  /** Whether the divisor never becomes less (AMSGrad; Reddi et al., 2018); default false. */
  amsgrad: boolean;
}

export type AdamOptions = OptionsOf<AdamSettings>;

export const adamFields: Fields<AdamSettings> = {
  ...decayFields,
  lr: number(0.001),
  beta1: share(0.9),
  beta2: share(0.999),
  epsilon: number(1e-8),
  amsgrad: flag(false),
};

const adamwFields: Fields<AdamSettings> = { ...adamFields, weightDecay: number(0.01), decoupled: flag(true) };

/** Adam (Kingma and Ba, 2014), step by step as PyTorch's. */
export class Adam<S extends AdamSettings = AdamSettings> extends KernelOptimizer<S> {
  protected override readonly op: UpdateOp = 'adam';

  constructor(options: OptionsOf<S> = {}, type = 'adam', fields: Fields<S> = adamFields as Fields<AdamSettings> as Fields<S>) {
    super(type, fields, options);
  }

  protected override slots({ amsgrad }: S): readonly string[] {
    return amsgrad ? ['m', 'v', 'top'] : ['m', 'v'];
  }

  protected override momentumName(): string {
    return 'beta1';
  }

  protected override own({ settings, step }: ParameterState<S>): readonly number[] {
    const { lr, beta1, beta2, epsilon } = settings;
    // Both means start at 0; what they have seen by now is 1 - beta^step of the whole.
    return [lr / (1 - beta1 ** step), beta1, 1 - beta1, beta2, 1 - beta2, epsilon, 1 / Math.sqrt(1 - beta2 ** step)];
  }
}

/**
 * Adam: steps of the mean gradient over the root of the mean squared gradient, each corrected for its start at 0.
 *
 * @example
 * const optimizer = adam({ lr: 1e-3 });
 */
export function adam(options: AdamOptions = {}): Adam {
  return new Adam(options);
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017), 0.01 by default.
 *
 * @example
 * const optimizer = adamw({ lr: 1e-3, weightDecay: 0.05 });
 */
export function adamw(options: AdamOptions = {}): Adam {
  return new Adam(options, 'adamw', adamwFields);
}
