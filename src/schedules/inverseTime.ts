import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface InverseTimeOptions {
  /** How fast the rate falls: by `decay` = 1 it has halved after `every` steps. */
  decay: number;
  /** Steps that count as one; default 1. */
  every?: number;
  /** Whether it falls only at whole multiples of `every`; default false. */
  stairs?: boolean;
}

/** Falls as the inverse of time: base / (1 + decay * t / every). */
export function inverseTime(options: InverseTimeOptions): Schedule {
  checkKeys('schedules.inverseTime', options, ['decay', 'every', 'stairs']);
  const { decay, every = 1, stairs = false } = options;
  checkRange('schedules.inverseTime', 'decay', decay, 0);
  checkInteger('schedules.inverseTime', 'every', every, 1);
  return { rate: (step, base) => base / (1 + decay * (stairs ? Math.floor(step / every) : step / every)) };
}
