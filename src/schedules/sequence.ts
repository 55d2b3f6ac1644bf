import { ArgumentError, describe } from '../errors.js';
import { checkMilestones } from './multiStep.js';
import { checkSchedule, type Schedule } from './schedule.js';

/**
 * Schedules one after another: the second from step at[0] on, the third from at[1] on, and so on; each counts its own steps from 0.
 */
export function sequence(schedules: readonly Schedule[], at: readonly number[]): Schedule {
  const where = 'schedules.sequence';
  if (!Array.isArray(schedules) || schedules.length === 0)
    throw new ArgumentError(`[${where}] expected a list of schedules, received ${describe(schedules)}`);
  for (const schedule of schedules) checkSchedule(where, schedule);
  checkMilestones(where, at);
  if (at.length !== schedules.length - 1 || at.some((step, i) => i > 0 && step < at[i - 1]))
    throw new ArgumentError(`[${where}] expected ${schedules.length - 1} steps in ascending order, received ${describe(at)}`);
  const parts = [...schedules];
  const starts = [0, ...at];
  let now = 0;
  const partAt = (step: number): { part: Schedule; own: number } => {
    let i = parts.length - 1;
    while (i > 0 && starts[i] > step) i--;
    now = i;
    return { part: parts[i], own: step - starts[i] };
  };
  const whole: Schedule = {
    rate(step, base) {
      const { part, own } = partAt(step);
      return part.rate(own, base);
    },
  };
  if (parts.some(({ momentum }) => momentum !== undefined)) {
    whole.momentum = (step) => {
      const { part, own } = partAt(step);
      if (part.momentum === undefined)
        throw new ArgumentError(`[${where}] expected all schedules or none to change the momentum`);
      return part.momentum(own);
    };
  }
  const followers = parts.filter(({ observe }) => observe !== undefined);
  if (followers.length > 0) {
    whole.observe = (metric) => parts[now].observe?.(metric);
    whole.save = () => [now, ...followers.flatMap((part) => part.save?.() ?? [])];
    whole.restore = (saved) => {
      let from = 1;
      now = saved[0];
      for (const part of followers) {
        const count = part.save?.().length ?? 0;
        part.restore?.(saved.slice(from, from + count));
        from += count;
      }
    };
  }
  return whole;
}
