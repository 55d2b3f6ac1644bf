import { describe, expect, it } from 'vitest';
import { gradCheck } from '../../src/autograd/gradCheck.js';
import * as losses from '../../src/losses/index.js';
import { mul, sum } from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { type Domain, lossCases } from '../cases/losses.js';

const shape = [5, 4];

function draw(domain: Domain, stream: RandomStream): Tensor {
  const uniform = (low: number, high: number) => stream.uniform(shape, low, high, 'float64');
  switch (domain) {
    case 'labels':
      return tensor(Int32Array.from(uniform(0, 4).data().slice(0, 5), Math.floor));
    case 'probabilities':
      return uniform(0.1, 0.9);
    case 'logProbabilities':
      return uniform(-3, -0.1);
    case 'positive':
      return uniform(0.2, 3);
    case 'signs':
      return tensor(uniform(-1, 1).data().map(Math.sign), { shape });
    case 'counts':
      return tensor(uniform(0, 6).data().map(Math.floor), { shape });
    case 'any':
      return uniform(-2, 2);
  }
}

// As for ops: e = 1e-6 leaves e^2 of the third derivative and eps / e of rounding.
const tolerance = 1e-6;

describe('gradients of losses by central differences', () => {
  lossCases.forEach((one, i) => {
    it(`${one.loss} ${one.label}`, () => {
      const stream = new RandomStream(i, 'losses');
      const prediction = draw(one.prediction, stream);
      const target = draw(one.target, stream);
      const loss = one.make();
      const weights = stream.uniform([5], 0.5, 2, 'float64');
      expect(gradCheck((x) => loss(x, target), [prediction], { tolerance })).toBeLessThanOrEqual(tolerance);
      expect(gradCheck((x) => sum(mul(loss(x, target, weights), 2)), [prediction], { tolerance })).toBeLessThanOrEqual(tolerance);
    });
  });

  it('has a case for every loss', () => {
    const covered = new Set(lossCases.map(({ loss }) => loss));
    expect(Object.keys(losses).filter((name) => !covered.has(name))).toEqual([]);
  });
});
