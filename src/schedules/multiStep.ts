import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Schedule } from './schedule.js';

export interface MultiStepOptions {
  /** The steps at which the rate falls. */
  at: readonly number[];
  /** What it is multiplied by at each; default 0.1. */
  factor?: number;
}

/** Falls in stairs at given steps: base * factor^(how many of them are <= t). */
export function multiStep(options: MultiStepOptions): Schedule {
  checkKeys('schedules.multiStep', options, ['at', 'factor']);
  const { at, factor = 0.1 } = options;
  checkMilestones('schedules.multiStep', at);
  checkRange('schedules.multiStep', 'factor', factor, 0);
  const milestones = [...at];
  return { rate: (step, base) => base * factor ** milestones.filter((milestone) => milestone <= step).length };
}

/** Throws unless `at` is a list of step numbers. */
export function checkMilestones(where: string, at: unknown): asserts at is readonly number[] {
  if (!Array.isArray(at)) throw new ArgumentError(`[${where}] expected the steps as an array, received ${describe(at)}`);
  for (const milestone of at) checkInteger(where, 'a step', milestone, 0);
}
