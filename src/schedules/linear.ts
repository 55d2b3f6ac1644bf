import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface LinearOptions {
  /** Steps until the end is reached. */
  steps: number;
  /** Share of the base at the start; default 1/3. */
  from?: number;
  /** Share of the base at the end; default 1. */
  to?: number;
}

/** A straight line from one share of the base to another: base * (from + (to - from) * min(t, steps) / steps). */
export function linear(options: LinearOptions): Schedule {
  checkKeys('schedules.linear', options, ['steps', 'from', 'to']);
  const { steps, from = 1 / 3, to = 1 } = options;
  checkInteger('schedules.linear', 'steps', steps, 1);
  checkRange('schedules.linear', 'from', from, 0);
  checkRange('schedules.linear', 'to', to, 0);
  return { rate: (step, base) => base * (from + ((to - from) * Math.min(step, steps)) / steps) };
}
