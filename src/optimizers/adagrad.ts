import type { UpdateOp } from '../backend/backend.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, number } from './settings.js';

export interface AdagradSettings extends DecaySettings {
  /** Learning rate; default 0.01. */
  lr: number;
  /** How fast the rate falls: lr / (1 + (step - 1) * lrDecay); default 0. */
  lrDecay: number;
  /** What the sum of squares starts from; default 0. */
  initialSum: number;
  /** Keeps the divisor from 0; default 1e-10. */
  epsilon: number;
}

export type AdagradOptions = OptionsOf<AdagradSettings>;

const fields: Fields<AdagradSettings> = {
  ...decayFields,
  lr: number(0.01),
  lrDecay: number(0),
  initialSum: number(0),
  epsilon: number(1e-10),
};

/** Adagrad (Duchi, Hazan and Singer, 2011), step by step as PyTorch's. */
export class Adagrad extends KernelOptimizer<AdagradSettings> {
  protected override readonly op: UpdateOp = 'adagrad';

  constructor(options: AdagradOptions = {}) {
    super('adagrad', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['sum'];
  }

  protected override initialValue(_slot: string, { initialSum }: AdagradSettings): number {
    return initialSum;
  }

  protected override own({ settings, step }: ParameterState<AdagradSettings>): readonly number[] {
    return [settings.lr / (1 + (step - 1) * settings.lrDecay), settings.epsilon];
  }
}

/**
 * Adagrad: each element has a rate of its own, lr over the root of the sum of its squared gradients.
 *
 * @example
 * const optimizer = adagrad({ lr: 0.01 });
 */
export function adagrad(options: AdagradOptions = {}): Adagrad {
  return new Adagrad(options);
}
