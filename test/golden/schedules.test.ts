import { describe, expect, it } from 'vitest';
import { Scheduler, schedules, sgd } from '../../src/index.js';
import type { Schedule } from '../../src/schedules/schedule.js';
import { readFixture } from './fixtures.js';

type Name = 'constant' | 'cosine' | 'cosineRestarts' | 'exponential' | 'inverseTime' | 'linear' | 'multiStep' | 'oneCycle';
interface ScheduleCase {
  name: Name;
  options: Record<string, unknown>;
  base: number;
  rates: number[];
  momenta?: number[];
  metrics?: number[];
}

const { cases } = readFixture<{ cases: ScheduleCase[] }>('schedules.json');

function scheduleOf(name: Name, options: Record<string, unknown>): Schedule {
  const { next } = options as { next?: [Name, Record<string, unknown>] };
  return schedules[name]((next === undefined ? options : { ...options, next: scheduleOf(...next) }) as never);
}

/** PyTorch multiplies the rate of the step before; here it is a function of the step: a rounding a step apart. */
const close = (got: number, want: number) => Math.abs(got - want) <= 1e-13 * Math.abs(want) + 1e-17;

describe('schedules value by value as PyTorch has them', () => {
  it.each(cases.map((one): [string, ScheduleCase] => [`${one.name} ${JSON.stringify(one.options)}`, one]))(
    '%s',
    (_label, one) => {
      const optimizer = sgd({ lr: one.base, momentum: 0.9, groups: [{ parameters: 'other', lr: 2 * one.base }] });
      const schedule = scheduleOf(one.name, one.options);
      const scheduler = new Scheduler(optimizer, schedule);
      for (const [step, want] of one.rates.entries()) {
        expect(close(optimizer.learningRate, want), `step ${step}: ${optimizer.learningRate}, expected ${want}`).toBe(true);
        if (one.momenta !== undefined) expect(close(optimizer.momentum ?? 0, one.momenta[step])).toBe(true);
        expect(optimizer.learningRates[1]).toBe(schedule.rate(step, 2 * one.base));
        scheduler.step(one.metrics?.[step]);
      }
    },
  );
});
