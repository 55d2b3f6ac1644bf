import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface PolynomialOptions {
  /** Steps until the rate has arrived. */
  steps: number;
  /** Default 1: a straight line. */
  power?: number;
  /** Where it arrives, as a share of the base; default 0. */
  to?: number;
}

/** Falls along a power: base * (to + (1 - to) * (1 - min(t, steps) / steps)^power). */
export function polynomial(options: PolynomialOptions): Schedule {
  checkKeys('schedules.polynomial', options, ['steps', 'power', 'to']);
  const { steps, power = 1, to = 0 } = options;
  checkInteger('schedules.polynomial', 'steps', steps, 1);
  checkRange('schedules.polynomial', 'power', power, 0);
  checkRange('schedules.polynomial', 'to', to, 0);
  return { rate: (step, base) => base * (to + (1 - to) * (1 - Math.min(step, steps) / steps) ** power) };
}
