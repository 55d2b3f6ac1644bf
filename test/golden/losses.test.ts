import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { crossEntropy, type Loss, meanSquaredError } from '../../src/losses/index.js';
import { sum } from '../../src/ops/index.js';
import { compare, type Flat, floatTypes, readFixture, toTensor } from './fixtures.js';

interface LossCase {
  name: string;
  loss: keyof typeof losses;
  options: Record<string, never>;
  prediction: Flat;
  target: Flat;
  value: Flat;
  gradient: Flat;
  float32Error: { value: number; gradient: number };
}

const losses = { crossEntropy, meanSquaredError } satisfies Record<string, (options: never) => Loss>;
const { cases } = readFixture<{ cases: LossCase[] }>('losses.json');

describe.each(floatTypes)('losses as PyTorch has them, %s', (dtype) => {
  it.each(cases.map((one): [string, LossCase] => [one.name, one]))('%s', (_name, one) => {
    const loss = losses[one.loss](one.options);
    const prediction = toTensor(one.prediction, dtype);
    const target = toTensor(one.target, dtype);
    const value = loss(prediction, target);
    expect(value.shape).toEqual(one.value.shape);
    expect(compare('value', value.data(), one.value.values, dtype, one.float32Error.value)).toBeNull();
    const { grads } = valueAndGrad((p) => sum(loss(p, target)))(prediction);
    expect(compare('gradient', grads[0].data(), one.gradient.values, dtype, one.float32Error.gradient)).toBeNull();
  });
});
