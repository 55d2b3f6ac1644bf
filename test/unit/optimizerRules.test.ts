/** Optimizers that PyTorch lacks, and numbers that can be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { ArgumentError, NonFiniteError } from '../../src/errors.js';
import { dense, sequential } from '../../src/layers/index.js';
import { crossEntropy } from '../../src/losses/index.js';
import { matmul, mean, mul, slice, square, sub, sum } from '../../src/ops/index.js';
import { demonMomentum } from '../../src/optimizers/demon.js';
import { adagrad, demonAdam, demonSgd, lbfgs, lion, type Optimizer, sgd, yellowFin } from '../../src/optimizers/index.js';
import { bestMomentum } from '../../src/optimizers/yellowFin.js';
import { tensor } from '../../src/tensor/create.js';
import { Parameter } from '../../src/tensor/parameter.js';
import { randomNormal } from '../../src/tensor/random.js';
import { parameter } from '../support/parameter.js';

const gradient = (...values: number[]) => tensor(Float64Array.from(values), { dtype: 'float64' });
const start = (...values: number[]) => parameter(values, 'p', 'float64');

describe('Adagrad, as textbooks work it out', () => {
  it.each([
    [3.46, 1, 0.005376],
    [0.16, 0.3, 0.025],
  ])('has at G = %f the effective rate %f * ... = %f', (sumOfSquares, g, rate) => {
    const p = start(0);
    adagrad({ lr: 0.01, initialSum: sumOfSquares - g ** 2 }).step([p], [gradient(g)]);
    expect(-p.item() / g).toBeCloseTo(rate, 6);
  });
});

describe('Lion', () => {
  it('steps by the sign of one mean and keeps another', () => {
    const p = start(1, 1, 1);
    const optimizer = lion({ lr: 0.1, beta1: 0.5, beta2: 0.8, weightDecay: 0.2 });
    optimizer.step([p], [gradient(3, -0.01, 0)]);
    // 1 - lr * decay = 0.98, then lr against the sign.
    expect([...p.data()]).toEqual([0.98 - 0.1, 0.98 + 0.1, 0.98]);
    // m = 0.2 * 3 = 0.6; 0.5 * 0.6 - 0.5 * 0.5 > 0, though the gradient is negative.
    optimizer.step([p], [gradient(-0.5, 0, 0)]);
    expect(p.data()[0]).toBeCloseTo(0.88 * 0.98 - 0.1, 14);
  });
});

describe('Demon', () => {
  it('lets what a gradient adds up to fall in a straight line', () => {
    for (const step of [1, 3, 6, 10, 11]) {
      const beta = demonMomentum(0.9, step, 10);
      expect(beta / (1 - beta)).toBeCloseTo(9 * (1 - (step - 1) / 10), 12);
    }
    expect(demonMomentum(0.9, 50, 10)).toBe(0);
  });

  it('is SGD with that momentum', () => {
    const p = start(1);
    const optimizer = demonSgd({ lr: 0.1, momentum: 0.9, steps: 2 });
    for (const g of [1, 2, 4]) optimizer.step([p], [gradient(g)]);
    const half = (0.9 * 0.5) / (0.1 + 0.9 * 0.5);
    const second = half * 1 + 2;
    expect(p.item()).toBeCloseTo(1 - 0.1 * (1 + second + 4), 14);
  });

  it('is Adam with it: a decaying sum over an uncorrected root mean square', () => {
    const p = start(1);
    const optimizer = demonAdam({ lr: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 0, steps: 2 });
    optimizer.step([p], [gradient(2)]);
    const first = 1 - (0.01 * 2) / Math.sqrt(0.01 * 4);
    expect(p.item()).toBeCloseTo(first, 14);
    optimizer.step([p], [gradient(1)]);
    const half = (0.9 * 0.5) / (0.1 + 0.9 * 0.5);
    expect(p.item()).toBeCloseTo(first - (0.01 * (half * 2 + 1)) / Math.sqrt(0.99 * 0.04 + 0.01), 14);
  });

  it('wants the number of steps', () => {
    expect(() => demonSgd({} as never)).toThrow(/steps/);
    expect(() => demonAdam({ steps: 0.5 })).toThrow(ArgumentError);
  });
});

describe('YellowFin', () => {
  it.each([
    [1, 1, 0.5, 2],
    [0.3, 0.3, 4, 0.1],
    [2, 2, 0.01, 1],
  ])('takes the momentum that makes a noisy step best (%f, %f, variance %f, distance %f)', (low, high, variance, distance) => {
    const x = Math.sqrt(bestMomentum(low, high, variance, distance));
    const cost = (at: number) => at ** 2 * distance ** 2 + (1 - at) ** 4 * (variance / low ** 2);
    for (const other of [x - 1e-3, x + 1e-3]) expect(cost(x)).toBeLessThan(cost(other));
  });

  it('takes at least what the range of curvatures wants', () => {
    expect(bestMomentum(1, 100, 1e-9, 1)).toBeCloseTo((9 / 11) ** 2, 5);
  });

  it('finds a rate by itself', () => {
    const x = randomNormal([256, 4], { seed: 3 });
    const labels = Int32Array.from({ length: 256 }, (_, i) => (x.data()[4 * i] > x.data()[4 * i + 1] ? 1 : 0));
    const model = sequential([dense({ units: 2 })], { inputShape: [4], seed: 0 });
    const optimizer = yellowFin({ beta: 0.99 });
    let loss = 0;
    for (let step = 0; step < 600; step++) {
      const at = (step % 8) * 32;
      const [xs, ys] = [slice(x, [[at, at + 32]]), tensor(labels.slice(at, at + 32), { dtype: 'int32' })];
      loss = optimizer.step(model.parameters(), () =>
        valueAndGrad(() => crossEntropy()(model.call(xs), ys), model.parameters())(),
      );
    }
    expect(loss).toBeLessThan(0.15);
  });

  it('refuses gradients that are not finite', () => {
    expect(() => yellowFin().step([start(1)], [gradient(Number.NaN)])).toThrow(NonFiniteError);
  });
});

/** A valley 30 times as steep in one direction as in the other. */
function lossAfter(optimizer: Optimizer, steps: number): number {
  const p = start(4, -3);
  const scale = gradient(1, 30);
  const evaluate = (): ReturnType<ReturnType<typeof valueAndGrad>> =>
    valueAndGrad(() => mean(mul(scale, square(sub(p, gradient(1, 2))))), [p])();
  let loss = 0;
  for (let i = 0; i < steps; i++) loss = optimizer.step([p], evaluate);
  return loss;
}

describe('L-BFGS', () => {
  it('is far faster than gradient descent in a valley', () => {
    expect(lossAfter(lbfgs({ lineSearch: 'strongWolfe' }), 2)).toBeLessThan(1e-10);
    expect(lossAfter(sgd({ lr: 0.03 }), 40)).toBeGreaterThan(1e-3);
  });

  it('goes on where float32 cannot tell losses apart', () => {
    const p = parameter([3]);
    const one = (x: Parameter) => valueAndGrad(() => sum(square(sub(x, 1))).add(1000), [x])();
    const optimizer = lbfgs({ lineSearch: 'strongWolfe' });
    for (let i = 0; i < 3; i++) optimizer.step([p], () => one(p));
    expect(p.item()).toBeCloseTo(1, 6);
  });

  it.each([null, 'strongWolfe'] as const)('stops in float32 where it would in float64, line search %s', (lineSearch) => {
    for (let seed = 1; seed <= 11; seed++) {
      const [x, y] = [randomNormal([20, 5], { seed }), randomNormal([20, 2], { seed: seed + 100 })];
      const [single, double] = (['float32', 'float64'] as const).map((dtype) => {
        const w = new Parameter('w', [5, 2], dtype);
        const lossOf = () => mean(square(sub(matmul(x.cast(dtype), w), y.cast(dtype))));
        lbfgs({ lineSearch }).step([w], () => valueAndGrad(lossOf, [w])());
        return w.data();
      });
      for (let i = 0; i < single.length; i++) expect(single[i]).toBeCloseTo(double[i], 5);
    }
  });

  it('wants a function, and what it was made for', () => {
    expect(() => lbfgs().step([start(1)], [gradient(1)])).toThrow(ArgumentError);
    expect(() => lbfgs({ groups: [] } as never)).toThrow(/groups/);
    expect(() => lbfgs({ lineSearch: 'none' as never })).toThrow(ArgumentError);
    expect(() => lbfgs().step([3 as never], () => ({ value: gradient(1), grads: [] }))).toThrow(ArgumentError);
  });
});
