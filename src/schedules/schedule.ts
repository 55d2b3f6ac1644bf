import { ArgumentError, describe } from '../errors.js';

/** A learning rate as a function of the step. Steps count from 0: what is said for step t is in force when update t + 1 is made. */
export interface Schedule {
  /** The rate at a step, for parameters whose own rate is `base`. */
  rate(step: number, base: number): number;
  /** The momentum at a step, of schedules that change it. */
  momentum?(step: number): number;
  /** Told the metric of each step (of each epoch, in `fit`), of schedules that follow one. */
  observe?(metric: number): void;
  /** What such a schedule remembers. */
  save?(): number[];
  restore?(saved: readonly number[]): void;
}

/** Throws unless `value` is a schedule. */
export function checkSchedule(where: string, value: unknown): asserts value is Schedule {
  if (value === null || typeof value !== 'object' || typeof (value as Partial<Schedule>).rate !== 'function')
    throw new ArgumentError(`[${where}] expected a schedule, received ${describe(value)}`);
}
