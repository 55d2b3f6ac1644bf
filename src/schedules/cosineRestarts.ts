import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import { halfWave } from './cosine.js';
import type { Schedule } from './schedule.js';

export interface CosineRestartsOptions {
  /** Steps of the first fall. */
  steps: number;
  /** How many times as long as the last each fall is, a whole number; default 1. */
  stretch?: number;
  /** The lowest rate; default 0. */
  lowest?: number;
}

/** Falls along half a wave, again and again (SGDR; Loshchilov and Hutter, 2016). */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  checkKeys('schedules.cosineRestarts', options, ['steps', 'stretch', 'lowest']);
  const { steps, stretch = 1, lowest = 0 } = options;
  checkInteger('schedules.cosineRestarts', 'steps', steps, 1);
  checkInteger('schedules.cosineRestarts', 'stretch', stretch, 1);
  checkRange('schedules.cosineRestarts', 'lowest', lowest, 0);
  return {
    rate(step, base) {
      let [at, length] = [stretch === 1 ? step % steps : step, steps];
      while (at >= length) {
        at -= length;
        length *= stretch;
      }
      return halfWave(base, lowest, at / length);
    },
  };
}
