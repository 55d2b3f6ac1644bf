/** Training that is saved and taken up again has the bits of training that went on. */
import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { ArgumentError, FormatError } from '../../src/errors.js';
import { mean, mul, square, sub, tanh } from '../../src/ops/index.js';
import * as library from '../../src/optimizers/index.js';
import * as schedules from '../../src/schedules/index.js';
import type { Schedule } from '../../src/schedules/schedule.js';
import { Scheduler } from '../../src/schedules/scheduler.js';
import { tensor } from '../../src/tensor/create.js';
import type { Parameter } from '../../src/tensor/parameter.js';
import { parameter } from '../support/parameter.js';

const { adadelta, adagrad, adam, adamax, adamw, demonAdam, demonSgd, lbfgs, lion, movingAverage, nadam, radam } = library;
const { rmsprop, rprop, sgd, yellowFin } = library;
const groups = [{ parameters: 'b', lr: 0.02 }];
const makers: Record<string, () => library.Optimizer> = {
  sgd: () => sgd({ lr: 0.1, momentum: 0.9, groups }),
  'sgd, accumulating': () => sgd({ lr: 0.1, momentum: 0.9, accumulate: 4 }),
  adagrad: () => adagrad({ lrDecay: 0.1 }),
  adadelta: () => adadelta(),
  rprop: () => rprop(),
  rmsprop: () => rmsprop({ centered: true, momentum: 0.5 }),
  adam: () => adam({ lr: 0.1, groups }),
  amsgrad: () => adam({ lr: 0.1, amsgrad: true, clip: { globalNorm: 0.1 } }),
  adamw: () => adamw({ lr: 0.1 }),
  adamax: () => adamax(),
  nadam: () => nadam(),
  radam: () => radam({ beta2: 0.8 }),
  lion: () => lion(),
  demonSgd: () => demonSgd({ steps: 20 }),
  demonAdam: () => demonAdam({ steps: 20 }),
  yellowFin: () => yellowFin({ beta: 0.9 }),
  lbfgs: () => lbfgs({ lr: 0.5, iterations: 2, history: 2 }),
  'lbfgs, searching': () => lbfgs({ iterations: 2, lineSearch: 'strongWolfe' }),
};

const target = tensor([0.3, -0.6, 0.2]);
function evaluate(parameters: Parameter[]) {
  const [a, b] = parameters;
  return () => valueAndGrad(() => mean(square(sub(tanh(mul(a, b)), target))), parameters)();
}
const start = () => [parameter([1, 2, -1], 'a'), parameter([0.5, -0.5, 0.75], 'b')];
const named = (parameters: Parameter[]) => new Map(parameters.map((p) => [p.name, p]));
const values = (parameters: Parameter[]) => parameters.map((p) => [...p.data()]);

describe.each(Object.entries(makers))('%s', (_name, make) => {
  it('goes on from its saved state as if it had not stopped', () => {
    const [whole, cut] = [start(), start()];
    const [first, before, after] = [make(), make(), make()];
    for (let i = 0; i < 11; i++) first.step(whole, evaluate(whole));
    for (let i = 0; i < 6; i++) before.step(cut, evaluate(cut));
    after.loadStateDict(named(cut), before.stateDict(named(cut)));
    for (let i = 0; i < 5; i++) after.step(cut, evaluate(cut));
    expect(values(cut)).toEqual(values(whole));
  });

  it('refuses state of another kind', () => {
    const p = start();
    const other = make().type === 'adagrad' ? adam() : adagrad();
    other.step(p, evaluate(p));
    expect(() => make().loadStateDict(named(p), other.stateDict(named(p)))).toThrow(FormatError);
  });
});

const followed: Record<string, () => Schedule> = {
  'one cycle': () => schedules.oneCycle({ steps: 12 }),
  'reduce on plateau': () => schedules.reduceOnPlateau({ patience: 1, factor: 0.5, cooldown: 1 }),
  'warm-up before reduce on plateau': () =>
    schedules.warmup({ steps: 3, next: schedules.reduceOnPlateau({ patience: 0, factor: 0.5 }) }),
};

describe.each(Object.entries(followed))('a schedule: %s', (_name, make) => {
  it('goes on from its saved state as if it had not stopped', () => {
    const metrics = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1];
    const run = (scheduler: Scheduler, p: Parameter[], optimizer: library.Optimizer, from: number, to: number) => {
      for (let i = from; i < to; i++) {
        optimizer.step(p, evaluate(p));
        scheduler.step(metrics[i]);
      }
    };
    const whole = start();
    const first = sgd({ lr: 0.1, momentum: 0.9, groups });
    run(new Scheduler(first, make()), whole, first, 0, 12);
    const cut = start();
    const before = sgd({ lr: 0.1, momentum: 0.9, groups });
    const stopped = new Scheduler(before, make());
    run(stopped, cut, before, 0, 5);
    const after = sgd({ lr: 0.1, momentum: 0.9, groups });
    const resumed = new Scheduler(after, make());
    after.loadStateDict(named(cut), before.stateDict(named(cut)));
    resumed.loadStateDict(JSON.parse(JSON.stringify(stopped.stateDict())));
    run(resumed, cut, after, 5, 12);
    expect(values(cut)).toEqual(values(whole));
  });
});

describe('a moving average', () => {
  it('follows the weights, takes their place and gives it back', () => {
    const p = parameter([1, 2]);
    const storage = p.array;
    const average = movingAverage([p], { decay: 0.75 });
    expect(() => average.apply()).toThrow(ArgumentError);
    average.update();
    p.assign(Float32Array.of(5, 2));
    average.update();
    average.apply();
    expect(p.toArray()).toEqual([2, 2]);
    expect(() => average.update()).toThrow(ArgumentError);
    average.restore();
    expect(p.toArray()).toEqual([5, 2]);
    expect(p.array).toBe(storage);
  });

  it('is saved and taken up', () => {
    const p = parameter([1]);
    const [a, b] = [movingAverage([p], { decay: 0.5 }), movingAverage([p], { decay: 0.5 })];
    a.update();
    p.assign(Float32Array.of(3));
    a.update();
    b.loadStateDict(a.stateDict());
    b.apply();
    expect(p.item()).toBe(2);
    expect(() => b.loadStateDict(new Map())).toThrow(ArgumentError);
    expect(() => movingAverage(3 as never)).toThrow(ArgumentError);
    expect(() => movingAverage([p], { decay: 1 })).toThrow(ArgumentError);
  });
});
