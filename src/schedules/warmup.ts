import { checkKeys } from '../optimizers/settings.js';
import { constant } from './constant.js';
import { linear } from './linear.js';
import type { Schedule } from './schedule.js';
import { sequence } from './sequence.js';

export interface WarmupOptions {
  /** Steps until the rate has risen to the base. */
  steps: number;
  /** Share of the base at the start; default 0.1. */
  from?: number;
  /** What follows, counting its own steps from 0; default constant. */
  next?: Schedule;
}

/** A straight rise to the base rate, before any other schedule (Goyal et al., 2017). */
export function warmup(options: WarmupOptions): Schedule {
  checkKeys('schedules.warmup', options, ['steps', 'from', 'next']);
  const { steps, from = 0.1, next = constant() } = options;
  return sequence([linear({ steps, from }), next], [steps]);
}
