import type { UpdateOp } from '../backend/backend.js';
import { ArgumentError } from '../errors.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type Fields, number, positive, type Settings } from './settings.js';

export interface RpropSettings extends Settings {
  /** Size of the first step; default 0.01. Later changes have no effect. */
  lr: number;
  /** What a step is multiplied by where the gradient has turned, in (0, 1); default 0.5. */
  shrink: number;
  /** What it is multiplied by where the gradient has kept its sign, above 1; default 1.2. */
  grow: number;
  /** Smallest step; default 1e-6. */
  smallest: number;
  /** Largest step; default 50. */
  largest: number;
}

export type RpropOptions = OptionsOf<RpropSettings>;

const fields: Fields<RpropSettings> = {
  lr: number(0.01),
  shrink: number(0.5, Number.MIN_VALUE, 1),
  grow: number(1.2, 1 + Number.EPSILON),
  smallest: positive(1e-6),
  largest: positive(50),
};

/** Resilient backpropagation (Riedmiller and Braun, 1993), step by step as PyTorch's. For full batches. */
export class Rprop extends KernelOptimizer<RpropSettings> {
  protected override readonly op: UpdateOp = 'rprop';

  constructor(options: RpropOptions = {}) {
    super('rprop', fields, options);
    for (const { smallest, largest } of this.allSettings) {
      if (smallest > largest)
        throw new ArgumentError(`[rprop] expected smallest <= largest, received ${smallest} and ${largest}`);
    }
  }

  protected override slots(): readonly string[] {
    return ['last', 'size'];
  }

  protected override initialValue(slot: string, { lr }: RpropSettings): number {
    return slot === 'size' ? lr : 0;
  }

  protected override own({ settings }: ParameterState<RpropSettings>): readonly number[] {
    return [settings.shrink, settings.grow, settings.smallest, settings.largest];
  }
}

/**
 * Rprop: only the sign of the gradient counts; each element's step grows while the sign stays and shrinks when it turns.
 *
 * @example
 * const optimizer = rprop({ lr: 0.01 });
 */
export function rprop(options: RpropOptions = {}): Rprop {
  return new Rprop(options);
}
