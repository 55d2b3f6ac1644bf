import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, number, positive, share } from './settings.js';

export interface AdadeltaSettings extends DecaySettings {
  /** What the step is multiplied by; default 1. */
  lr: number;
  /** Decay of both means; default 0.9. */
  rho: number;
  /** Lets the first steps be more than 0; default 1e-6. */
  epsilon: number;
}

export type AdadeltaOptions = OptionsOf<AdadeltaSettings>;

const fields: Fields<AdadeltaSettings> = { ...decayFields, lr: number(1), rho: share(0.9), epsilon: positive(1e-6) };

/** Adadelta (Zeiler, 2012), step by step as PyTorch's. */
export class Adadelta extends KernelOptimizer<AdadeltaSettings> {
  protected override readonly op: UpdateOp = 'adadelta';

  constructor(options: AdadeltaOptions = {}) {
    super('adadelta', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['squares', 'changes'];
  }

  protected override own({ settings }: ParameterState<AdadeltaSettings>): readonly number[] {
    return [settings.lr, settings.rho, settings.epsilon];
  }
}

/**
 * Adadelta: the gradient times the root of the mean squared step over the root of the mean squared gradient; needs no rate.
 *
 * @example
 * const optimizer = adadelta();
 */
export function adadelta(options: AdadeltaOptions = {}): Adadelta {
  return new Adadelta(options);
}
