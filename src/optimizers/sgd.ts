import type { UpdateOp } from '../backend/backend.js';
import { ArgumentError } from '../errors.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, flag, number } from './settings.js';

export interface SgdSettings extends DecaySettings {
  /** Learning rate; default 0.01. */
  lr: number;
  /** Share of the last step that goes on; default 0. */
  momentum: number;
  /** Share of the gradient that momentum leaves out; default 0. */
  dampening: number;
  /** Whether the gradient is taken as if the step had gone on already; default false. Wants momentum > 0 and dampening 0. */
  nesterov: boolean;
}

export type SgdOptions = OptionsOf<SgdSettings>;

export const sgdFields: Fields<SgdSettings> = {
  ...decayFields,
  lr: number(0.01),
  momentum: number(0),
  dampening: number(0),
  nesterov: flag(false),
};

/** Stochastic gradient descent, step by step as PyTorch's SGD. */
export class Sgd<S extends SgdSettings = SgdSettings> extends KernelOptimizer<S> {
  protected override readonly op: UpdateOp = 'sgd';

  constructor(options: OptionsOf<S> = {}, type = 'sgd', fields: Fields<S> = sgdFields as Fields<SgdSettings> as Fields<S>) {
    super(type, fields, options);
    for (const { nesterov, momentum, dampening } of this.allSettings) {
      if (nesterov && (momentum === 0 || dampening !== 0))
        throw new ArgumentError(
          `[${type}] expected momentum > 0 and dampening 0 for nesterov, received ${momentum} and ${dampening}`,
        );
    }
  }

  protected override slots({ momentum }: S): readonly string[] {
    return momentum === 0 ? [] : ['velocity'];
  }

  protected override momentumName(): string {
    return 'momentum';
  }

  /** The momentum of this step. */
  protected momentumAt({ settings }: ParameterState<S>): number {
    return settings.momentum;
  }

  protected override own(state: ParameterState<S>): readonly number[] {
    const { lr, dampening, nesterov } = state.settings;
    // The velocity starts as the first gradient, whole.
    return [lr, this.momentumAt(state), state.step === 1 ? 1 : 1 - dampening, nesterov ? 1 : 0];
  }
}

/**
 * Gradient descent, with momentum and Nesterov's variant: v = momentum v + (1 - dampening) g, p -= lr v.
 *
 * @example
 * const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
 */
export function sgd(options: SgdOptions = {}): Sgd {
  return new Sgd(options);
}
