import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { dense, sequential } from '../../src/layers/index.js';
import { meanSquaredError } from '../../src/losses/index.js';
import * as library from '../../src/optimizers/index.js';
import { compare, type Flat, type FlatState, floatTypes, readFixture, toTensor } from './fixtures.js';

const { adadelta, adagrad, adam, adamax, adamw, lbfgs, nadam, radam, rmsprop, rprop, sgd } = library;
const optimizers = { adadelta, adagrad, adam, adamax, adamw, lbfgs, nadam, radam, rmsprop, rprop, sgd } satisfies Record<
  string,
  (options: never) => library.Optimizer
>;

interface OptimizerCase {
  name: string;
  optimizer: keyof typeof optimizers;
  options: Record<string, never>;
  losses: number[];
  lossError: number;
  /** Evaluations of the loss in all. */
  evaluations: number;
  steps: Record<string, FlatState>;
  float32Error: Record<string, number>;
}
interface Fixture {
  x: Flat;
  y: Flat;
  start: FlatState;
  cases: OptimizerCase[];
}

const { x, y, start, cases } = readFixture<Fixture>('optimizers.json');

describe.each(floatTypes)('25 steps as PyTorch makes them, %s', (dtype) => {
  it.each(cases.map((one): [string, OptimizerCase] => [one.name, one]))('%s', (_name, one) => {
    const model = sequential([dense({ units: 4, activation: 'tanh' }), dense({ units: 2 })], { inputShape: [3], dtype });
    model.loadStateDict(Object.fromEntries(Object.entries(start).map(([path, value]) => [path, toTensor(value, dtype)])));
    const optimizer = optimizers[one.optimizer](one.options);
    const [inputs, targets] = [toTensor(x, dtype), toTensor(y, dtype)];
    let evaluations = 0;
    const evaluate = () => {
      evaluations++;
      return valueAndGrad(() => meanSquaredError()(model.call(inputs), targets), model.parameters())();
    };
    const losses: number[] = [];
    for (let step = 1; step <= 25; step++) {
      losses.push(optimizer.step(model.parameters(), evaluate));
      for (const [path, want] of Object.entries(one.steps[step] ?? {})) {
        const got = model.stateDict().get(path)?.data() ?? [];
        expect(compare(`${path} after step ${step}`, got, want.values, dtype, one.float32Error[step])).toBeNull();
      }
    }
    expect(compare('losses', losses, one.losses, dtype, one.lossError)).toBeNull();
    if (dtype === 'float64') expect(evaluations).toBe(one.evaluations);
  });
});
