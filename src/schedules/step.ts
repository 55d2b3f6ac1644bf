import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface StepOptions {
  /** Steps from one fall to the next. */
  every: number;
  /** What the rate is multiplied by at each; default 0.1. */
  factor?: number;
}

/** Falls in stairs of one width: base * factor^floor(t / every). */
export function step(options: StepOptions): Schedule {
  checkKeys('schedules.step', options, ['every', 'factor']);
  const { every, factor = 0.1 } = options;
  checkInteger('schedules.step', 'every', every, 1);
  checkRange('schedules.step', 'factor', factor, 0);
  return { rate: (t, base) => base * factor ** Math.floor(t / every) };
}
