import { checkInteger } from '../ops/operand.js';
import { Adam, type AdamSettings, adamFields } from './adam.js';
import type { OptionsOf, ParameterState } from './gradientOptimizer.js';
import { type Fields, number } from './settings.js';
import { Sgd, type SgdSettings, sgdFields } from './sgd.js';

interface Decaying {
  /** Steps of the whole training: the momentum is 0 from then on. Must be given. */
  steps: number;
}

export interface DemonSgdSettings extends SgdSettings, Decaying {}
export interface DemonAdamSettings extends AdamSettings, Decaying {}
export type DemonSgdOptions = OptionsOf<DemonSgdSettings> & Decaying;
export type DemonAdamOptions = OptionsOf<DemonAdamSettings> & Decaying;

const steps = {
  initial: 0,
  check: (where: string, name: string, value: unknown) => checkInteger(where, name, value, 1, Number.MAX_SAFE_INTEGER),
};
const sgdDemonFields: Fields<DemonSgdSettings> = { ...sgdFields, steps, momentum: number(0.9, Number.MIN_VALUE, 1) };
const adamDemonFields: Fields<DemonAdamSettings> = { ...adamFields, steps, lr: number(1e-4) };

/**
 * What is left of a momentum before step number `step` (from 1) of `steps`: what a gradient adds up to over all later steps,
 * beta / (1 - beta), falls in a straight line to 0 (Chen et al., 2019).
 */
export function demonMomentum(first: number, step: number, steps: number): number {
  const left = Math.max(0, 1 - (step - 1) / steps);
  return (first * left) / (1 - first + first * left);
}

/** SGD whose momentum decays over the training. */
export class DemonSgd extends Sgd<DemonSgdSettings> {
  constructor(options: DemonSgdOptions) {
    super(options, 'demonSgd', sgdDemonFields);
    for (const { steps: count } of this.allSettings) steps.check('demonSgd', 'steps', count);
  }

  protected override momentumAt({ settings, step }: ParameterState<DemonSgdSettings>): number {
    return demonMomentum(settings.momentum, step, settings.steps);
  }
}

/** Adam whose momentum decays over the training. As in the paper its first moment is a sum, and neither moment is corrected. */
export class DemonAdam extends Adam<DemonAdamSettings> {
  constructor(options: DemonAdamOptions) {
    super(options, 'demonAdam', adamDemonFields);
    for (const { steps: count } of this.allSettings) steps.check('demonAdam', 'steps', count);
  }

  protected override own({ settings, step }: ParameterState<DemonAdamSettings>): readonly number[] {
    const { lr, beta1, beta2, epsilon } = settings;
    return [lr, demonMomentum(beta1, step, settings.steps), 1, beta2, 1 - beta2, epsilon, 1];
  }
}

/**
 * Gradient descent with decaying momentum.
 *
 * @example
 * const optimizer = demonSgd({ lr: 0.1, momentum: 0.9, steps: epochs * stepsPerEpoch });
 */
export function demonSgd(options: DemonSgdOptions): DemonSgd {
  return new DemonSgd(options);
}

/**
 * Adam with decaying momentum.
 *
 * @example
 * const optimizer = demonAdam({ lr: 1e-4, steps: epochs * stepsPerEpoch });
 */
export function demonAdam(options: DemonAdamOptions): DemonAdam {
  return new DemonAdam(options);
}
