import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface ConstantOptions {
  /** What the rate is multiplied by during the first steps; default 1. */
  factor?: number;
  /** How many these are; default 0. */
  steps?: number;
}

/** The rate as it is, or a part of it for some steps: base * (t < steps ? factor : 1). */
export function constant(options: ConstantOptions = {}): Schedule {
  checkKeys('schedules.constant', options, ['factor', 'steps']);
  const { factor = 1, steps = 0 } = options;
  checkRange('schedules.constant', 'factor', factor, 0);
  checkInteger('schedules.constant', 'steps', steps, 0);
  return { rate: (step, base) => (step < steps ? base * factor : base) };
}
