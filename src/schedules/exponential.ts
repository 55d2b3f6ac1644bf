import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface ExponentialOptions {
  /** What the rate is multiplied by at each step. */
  factor: number;
}

/** Falls by the same share at each step: base * factor^t. */
export function exponential(options: ExponentialOptions): Schedule {
  checkKeys('schedules.exponential', options, ['factor']);
  const { factor } = options;
  checkRange('schedules.exponential', 'factor', factor, 0);
  return { rate: (step, base) => base * factor ** step };
}
