import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { dense, sequential } from '../../src/layers/index.js';
import { meanSquaredError } from '../../src/losses/index.js';
import { adam, type Optimizer, sgd } from '../../src/optimizers/index.js';
import { compare, type Flat, type FlatState, floatTypes, readFixture, toTensor } from './fixtures.js';

interface OptimizerCase {
  name: string;
  optimizer: keyof typeof optimizers;
  options: Record<string, never>;
  x: Flat;
  y: Flat;
  start: FlatState;
  losses: number[];
  lossError: number;
  steps: Record<string, FlatState>;
  float32Error: Record<string, number>;
}

const optimizers = { sgd, adam } satisfies Record<string, (options: never) => Optimizer>;
const { cases } = readFixture<{ cases: OptimizerCase[] }>('optimizers.json');

describe.each(floatTypes)('25 steps as PyTorch makes them, %s', (dtype) => {
  it.each(cases.map((one): [string, OptimizerCase] => [one.name, one]))('%s', (_name, one) => {
    const model = sequential([dense({ units: 4, activation: 'tanh' }), dense({ units: 2 })], { inputShape: [3], dtype });
    model.loadStateDict(Object.fromEntries(Object.entries(one.start).map(([path, value]) => [path, toTensor(value, dtype)])));
    const optimizer = optimizers[one.optimizer](one.options);
    const [x, y] = [toTensor(one.x, dtype), toTensor(one.y, dtype)];
    const losses: number[] = [];
    for (let step = 1; step <= 25; step++) {
      const { value, grads } = valueAndGrad(() => meanSquaredError()(model.call(x), y), model.parameters())();
      losses.push(value.item());
      optimizer.step(model.parameters(), grads);
      for (const [path, want] of Object.entries(one.steps[step] ?? {})) {
        const got = model.stateDict().get(path)?.data() ?? [];
        expect(compare(`${path} after step ${step}`, got, want.values, dtype, one.float32Error[step])).toBeNull();
      }
    }
    expect(compare('losses', losses, one.losses, dtype, one.lossError)).toBeNull();
  });
});
