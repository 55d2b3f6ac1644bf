import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../src/autograd/grad.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import * as losses from '../../src/losses/index.js';
import { exp, mean, mul, neg, sum } from '../../src/ops/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const int32 = { dtype: 'int32' } as const;
const logits = tensor([
  [2, 0, 1],
  [0, 3, 0],
]);
const labels = tensor([0, 2], int32);

describe('reductions and weights', () => {
  it('mean, sum and none agree', () => {
    const [x, y] = [
      tensor([
        [1, 2],
        [3, 5],
      ]),
      tensor([
        [1, 0],
        [0, 0],
      ]),
    ];
    expect(losses.meanSquaredError({ reduction: 'none' })(x, y).toArray()).toEqual([
      [0, 4],
      [9, 25],
    ]);
    expect(losses.meanSquaredError({ reduction: 'sum' })(x, y).item()).toBe(38);
    expect(losses.meanSquaredError()(x, y).item()).toBe(9.5);
    expect(losses.rootMeanSquaredError({ reduction: 'sum' })(x, y).item()).toBeCloseTo(Math.sqrt(38), 6);
    expect(losses.meanAbsoluteError()(x, y).item()).toBe(2.5);
  });

  it('weights multiply elements or whole samples', () => {
    const [x, y] = [
      tensor([
        [1, 2],
        [3, 5],
      ]),
      zeros([2, 2]),
    ];
    const loss = losses.meanSquaredError({ reduction: 'none' });
    expect(loss(x, y, tensor([1, 2])).toArray()).toEqual([
      [1, 4],
      [18, 50],
    ]);
    expect(
      loss(
        x,
        y,
        tensor([
          [1, 0],
          [0, 2],
        ]),
      ).toArray(),
    ).toEqual([
      [1, 0],
      [0, 50],
    ]);
    expect(
      losses
        .crossEntropy({ reduction: 'sum' })(logits, labels, tensor([1, 0]))
        .item(),
    ).toBeCloseTo(0.407606, 5);
    expect(() => loss(x, y, tensor([1, 2, 3]))).toThrow(ShapeError);
  });

  it('class weights divide the mean, ignored labels count nothing', () => {
    const plain = losses.crossEntropy({ reduction: 'none' })(logits, labels).data();
    const weighted = losses
      .crossEntropy({ classWeights: [3, 1, 1] })(logits, labels)
      .item();
    expect(weighted).toBeCloseTo((3 * plain[0] + plain[1]) / 4, 6);
    expect(losses.crossEntropy({ ignoreLabel: 2 })(logits, labels).item()).toBeCloseTo(plain[0], 6);
    expect(
      losses
        .crossEntropy({ ignoreLabel: -1 })(logits, tensor([-1, 2], int32))
        .item(),
    ).toBeCloseTo(plain[1], 6);
    expect(
      losses
        .crossEntropy({ ignoreLabel: -1 })(logits, tensor([-1, -1], int32))
        .item(),
    ).toBeNaN();
  });
});

describe('at the edges', () => {
  it('extreme logits give finite losses and gradients', () => {
    const large = tensor([
      [1e4, -1e4],
      [-3e38, 3e38],
    ]);
    for (const loss of [losses.crossEntropy(), losses.crossEntropy({ labelSmoothing: 0 })]) {
      const { value, grads } = valueAndGrad((x: Tensor) => loss(x, tensor([0, 1], int32)))(large);
      expect([value.item(), ...(grads[0] as Tensor).data()]).toEqual([0, 0, 0, 0, 0]);
    }
    const binary = losses.binaryCrossEntropyWithLogits({ reduction: 'none' });
    expect(binary(tensor([1e4, -1e4, 0]), tensor([1, 0, 1])).data()[2]).toBeCloseTo(Math.LN2, 6);
    expect([...binary(tensor([1e4, -1e4]), tensor([0, 1])).data()]).toEqual([1e4, 1e4]);
  });

  it('a perfect prediction has no root mean squared error, and gradient 0', () => {
    const { value, grads } = valueAndGrad((x: Tensor) => losses.rootMeanSquaredError()(x, tensor([1, 2])))(tensor([1, 2]));
    expect([value.item(), ...(grads[0] as Tensor).data()]).toEqual([0, 0, 0]);
  });

  it("Hellinger's gradient is finite where a probability is 0", () => {
    const gradient = grad((p: Tensor) => losses.hellinger({ reduction: 'sum' })(p, tensor([0.25, 0.75])))(tensor([0, 1]));
    expect(gradient.data()[0]).toBeCloseTo(0.5 * (1 - Math.sqrt(0.25 / 1e-12)), -1);
    expect(gradient.data()[1]).toBeCloseTo(0.5 * (1 - Math.sqrt(0.75)), 6);
  });

  it('divergences are 0 where both sides agree', () => {
    const p = tensor([0.5, 0.25, 0.25, 0]);
    expect(losses.generalizedKlDivergence({ reduction: 'sum' })(p, p).item()).toBeCloseTo(0, 6);
    expect(losses.hellinger()(p, p).item()).toBe(0);
    expect(
      losses
        .hellinger({ reduction: 'perSample' })(tensor([[1, 0]]), tensor([[0, 1]]))
        .toArray(),
    ).toEqual([1]);
    expect(
      losses
        .klDivergence({ reduction: 'batchMean' })(tensor([[-Math.LN2, -Math.LN2]]), tensor([[1, 0]]))
        .item(),
    ).toBeCloseTo(Math.LN2, 6);
  });

  it('exponential and hinge losses are those of the textbook', () => {
    const [y, t] = [tensor([0.5, -2, 3]), tensor([1, 1, -1])];
    expect(losses.exponential()(y, t).item()).toBeCloseTo((Math.exp(-0.5) + Math.exp(2) + Math.exp(3)) / 3, 4);
    expect([...losses.hinge({ reduction: 'none' })(y, t).data()]).toEqual([0.5, 3, 4]);
    expect([...losses.hinge({ reduction: 'none', squared: true })(y, t).data()]).toEqual([0.25, 9, 16]);
    expect([...losses.hingeEmbedding({ reduction: 'none' })(y, t).data()]).toEqual([0.5, -2, 0]);
  });
});

it('a plain function is a cost, too', () => {
  const quantile: losses.Loss = (prediction, target) => mean(exp(neg(mul(prediction, target))));
  const [y, t] = [tensor([0.5, -2, 3]), tensor([1, 1, -1])];
  expect(quantile(y, t).item()).toBeCloseTo(losses.exponential()(y, t).item(), 5);
  expect(sum(y).item()).toBe(1.5);
});

it('refuse what they cannot take', () => {
  const [x, y] = [zeros([2, 3]), zeros([2, 3])];
  expect(() => losses.huber({ delta: 0 })).toThrow(/delta > 0/);
  expect(() => losses.smoothL1({ beta: -1 })).toThrow(/beta >= 0/);
  expect(() => losses.crossEntropy({ labelSmoothing: 2 })).toThrow(/from 0 to 1/);
  expect(() => losses.crossEntropy({ classWeights: [1, -1] })).toThrow(ArgumentError);
  expect(() => losses.crossEntropy({ classWeights: [1, 1] })(x, labels)).toThrow(/expected 3 classWeights, received 2/);
  expect(() => losses.crossEntropy({ ignoreLabel: 0.5 })).toThrow(ArgumentError);
  expect(() => losses.meanAbsoluteError({ reduction: 'batchMean' as 'sum' })).toThrow(/mean, sum, none/);
  expect(() => losses.klDivergence({ logTarget: 1 as never })).toThrow(ArgumentError);
  expect(() => losses.multiClassHinge({ power: 3 as 2 })).toThrow(/power/);
  expect(() => losses.hinge({ squared: 'yes' as never })).toThrow(ArgumentError);
  expect(() => losses.poisson({ full: 1 as never })).toThrow(ArgumentError);
  expect(() => losses.hellinger()(x, zeros([3, 2]))).toThrow(ShapeError);
  expect(() => losses.negativeLogLikelihood()(x, tensor([0, 3], int32))).toThrow(/labels from 0 to 2/);
  expect(() => losses.binaryCrossEntropyWithLogits({ positiveWeight: [1, 2] })(x, y)).toThrow(ShapeError);
  expect(() => losses.binaryCrossEntropyWithLogits({ positiveWeight: -1 })).toThrow(ArgumentError);
});
