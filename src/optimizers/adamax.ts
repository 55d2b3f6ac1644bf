import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, number, positive, share } from './settings.js';

export interface AdamaxSettings extends DecaySettings {
  /** Learning rate; default 0.002. */
  lr: number;
  /** Decay of the mean gradient; default 0.9. */
  beta1: number;
  /** Decay of the largest gradient; default 0.999. */
  beta2: number;
  /** Keeps the divisor from 0; default 1e-8. */
  epsilon: number;
}

export type AdamaxOptions = OptionsOf<AdamaxSettings>;

const fields: Fields<AdamaxSettings> = {
  ...decayFields,
  lr: number(0.002),
  beta1: share(0.9),
  beta2: share(0.999),
  epsilon: positive(1e-8),
};

/** Adamax (Kingma and Ba, 2014), step by step as PyTorch's. */
export class Adamax extends KernelOptimizer<AdamaxSettings> {
  protected override readonly op: UpdateOp = 'adamax';

  constructor(options: AdamaxOptions = {}) {
    super('adamax', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['m', 'u'];
  }

  protected override momentumName(): string {
    return 'beta1';
  }

  protected override own({ settings, step }: ParameterState<AdamaxSettings>): readonly number[] {
    const { lr, beta1, beta2, epsilon } = settings;
    return [lr / (1 - beta1 ** step), beta1, beta2, epsilon];
  }
}

/**
 * Adamax: Adam with the largest gradient so far, fading, in place of the root mean square.
 *
 * @example
 * const optimizer = adamax();
 */
export function adamax(options: AdamaxOptions = {}): Adamax {
  return new Adamax(options);
}
