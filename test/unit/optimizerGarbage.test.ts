/** Whatever optimizers and schedules are given, they work or throw an error of this library. */
import { describe, expect, it } from 'vitest';
import { MyelinError } from '../../src/errors.js';
import * as optimizers from '../../src/optimizers/index.js';
import { findLearningRate } from '../../src/schedules/finder.js';
import * as schedules from '../../src/schedules/index.js';
import { Scheduler } from '../../src/schedules/scheduler.js';
import { tensor } from '../../src/tensor/create.js';
import { parameter } from '../support/parameter.js';
import { Random } from '../support/random.js';

const gone = tensor([1]);
gone.dispose();
const values: readonly unknown[] = [
  undefined,
  null,
  3,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  'a',
  true,
  [],
  [null],
  {},
  { lr: 'x' },
  { steps: 5 },
  { steps: 5, momentum: 3 },
  { every: 2 },
  { at: [1, 'x'] },
  { factor: 0.5 },
  { decay: 1 },
  { groups: [null] },
  { groups: [{ parameters: 'p', lr: Number.NaN }] },
  { clip: null },
  { clip: { value: 'x' } },
  { accumulate: 0 },
  new Map(),
  new Map([['p', 3]]),
  tensor([1, 2]),
  gone,
  [tensor([1])],
  [gone],
  [tensor(Int32Array.of(1), { dtype: 'int32' })],
  parameter([1]),
  [parameter([1])],
  () => undefined,
  () => ({ value: tensor([1, 2]), grads: [] }),
];

const random = new Random(11);
const draw = () => random.pick(values) as never;

function survives(what: string, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error, what).toBeInstanceOf(MyelinError);
  }
}

const factories = Object.entries({ ...optimizers, ...schedules }).filter(([name]) => /^[a-z]/.test(name));

describe('garbage', () => {
  it.each(factories)('%s answers or throws a typed error', (name, make) => {
    for (const value of values) {
      survives(`${name}(${String(value)})`, () => {
        const made = (make as (...given: unknown[]) => unknown)(value, draw(), draw());
        if (made === null || typeof made !== 'object') return;
        const one = made as Record<string, (...given: never[]) => unknown>;
        const average = made instanceof optimizers.MovingAverage ? ['update', 'apply', 'restore'] : [];
        for (const method of ['step', 'stateDict', 'loadStateDict', 'observe', ...average]) {
          for (let i = 0; i < 30; i++) {
            if (typeof one[method] === 'function') survives(`${name}.${method}`, () => one[method](draw(), draw()));
          }
        }
      });
    }
  });

  it('Scheduler and findLearningRate throw typed errors', async () => {
    for (let i = 0; i < 300; i++) {
      survives('Scheduler', () => new Scheduler(draw(), draw()));
      const scheduler = new Scheduler(optimizers.sgd(), schedules.reduceOnPlateau());
      survives('Scheduler.step', () => scheduler.step(draw()));
      const saved = random.pick([
        draw(),
        { step: draw(), bases: draw(), schedule: draw() },
        { step: 1, bases: [1], schedule: draw() },
      ]);
      survives('Scheduler.loadStateDict', () => scheduler.loadStateDict(saved as never));
      await expect(findLearningRate(draw(), draw(), draw())).rejects.toBeInstanceOf(MyelinError);
    }
  });
});
