import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface CosineOptions {
  /** Steps from the base to the lowest rate. After as many more the rate is back at the base. */
  steps: number;
  /** The lowest rate; default 0. */
  lowest?: number;
}

/** Falls along half a wave (Loshchilov and Hutter, 2016): lowest + (base - lowest) * (1 + cos(pi t / steps)) / 2. */
export function cosine(options: CosineOptions): Schedule {
  checkKeys('schedules.cosine', options, ['steps', 'lowest']);
  const { steps, lowest = 0 } = options;
  checkInteger('schedules.cosine', 'steps', steps, 1);
  checkRange('schedules.cosine', 'lowest', lowest, 0);
  return { rate: (step, base) => halfWave(base, lowest, step / steps) };
}

/** From `start` to `end` as `share` goes from 0 to 1. */
export function halfWave(start: number, end: number, share: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * share))) / 2;
}
