/** Rosenblatt's rule on the truth tables of two inputs, beside one logistic neuron, and what two layers add. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { dense, sequential } from '../../src/layers/index.js';
import { binaryCrossEntropyWithLogits } from '../../src/losses/index.js';
import { accuracy } from '../../src/metrics/index.js';
import { stack } from '../../src/ops/index.js';
import { adam } from '../../src/optimizers/index.js';
import { Perceptron } from '../../src/perceptron/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Trainer } from '../../src/trainer/index.js';

const corners = (): Tensor =>
  tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
const gates = { AND: [0, 0, 0, 1], OR: [0, 1, 1, 1], NAND: [1, 1, 1, 0], XOR: [0, 1, 1, 0] };
const separable = ['AND', 'OR', 'NAND'] as const;

/** Labels 0 and 1, or -1 and 1. */
const labelsOf = (gate: keyof typeof gates, signed: boolean): Tensor =>
  tensor(
    gates[gate].map((bit) => (signed ? 2 * bit - 1 : bit)),
    { dtype: 'int32' },
  );

describe('the perceptron', () => {
  for (const signed of [false, true]) {
    it.each(separable)(`learns %s with labels ${signed ? '-1 and 1' : '0 and 1'}`, (gate) => {
      const unit = new Perceptron();
      const y = labelsOf(gate, signed);
      const { converged, passes, mistakes, verdict } = unit.fit(corners(), y);
      expect({ converged, last: mistakes.at(-1), count: mistakes.length }).toEqual({ converged: true, last: 0, count: passes });
      expect(verdict).toBe(`converged: pass ${passes} changed nothing`);
      expect(unit.predict(corners()).toArray()).toEqual(y.toArray());
    });
  }

  it('learns AND by hand', () => {
    // (0,0), at 0 on the upper side, is wrong: b = -1. (1,1) is missed: w = (1,1), b = 0. Then (0,0), (0,1) ... as on paper.
    const unit = new Perceptron();
    expect(unit.fit(corners(), labelsOf('AND', false)).mistakes).toEqual([2, 3, 3, 2, 1, 0]);
    expect([...unit.weights, unit.bias]).toEqual([2, 1, -3]);
    const slower = new Perceptron({ rate: 0.5 });
    slower.fit(corners(), labelsOf('AND', true));
    expect([...slower.weights, slower.bias]).toEqual([1, 0.5, -1.5]);
    expect(unit.scores(corners()).toArray()).toEqual([-3, -2, -1, 0]);
  });

  it('cannot learn XOR, and says so', () => {
    const unit = new Perceptron();
    const { converged, passes, mistakes, verdict } = unit.fit(corners(), labelsOf('XOR', false));
    expect(converged).toBe(false);
    expect(passes).toBeLessThan(10);
    expect(mistakes.every((count) => count > 0)).toBe(true);
    expect(verdict).toMatch(/^not linearly separable: after pass \d+ the weights are what they were/);
    expect(unit.predict(corners()).toArray()).not.toEqual(gates.XOR);
    const short = new Perceptron({ passes: 2 }).fit(corners(), labelsOf('XOR', true));
    expect(short.verdict).toMatch(/^not linearly separable after 2 passes: the last one still made \d mistakes/);
  });

  it('finds a plane wherever there is one', () => {
    const stream = new RandomStream(5, 'plane');
    for (let round = 0; round < 20; round++) {
      const points = (stream.normal([40, 3]).toArray() as number[][]).filter(([a, b, c]) => Math.abs(a - 2 * b + c - 0.3) > 0.1);
      const y = tensor(points.map(([a, b, c]) => (a - 2 * b + c > 0.3 ? 1 : -1)));
      const unit = new Perceptron({ passes: 100_000 });
      expect(unit.fit(tensor(points), y).converged).toBe(true);
      expect(unit.predict(tensor(points)).toArray()).toEqual(y.toArray());
    }
  });

  it('refuses what does not fit', () => {
    const unit = new Perceptron();
    const y = labelsOf('AND', false);
    expect(() => unit.predict(corners())).toThrow(ArgumentError);
    expect(() => unit.weights).toThrow(ArgumentError);
    expect(() => unit.fit(zeros([4]), y)).toThrow(ShapeError);
    expect(() => unit.fit(zeros([3, 2]), y)).toThrow(ShapeError);
    expect(() => unit.fit(zeros([0, 2]), zeros([0]))).toThrow(ArgumentError);
    expect(() => unit.fit(corners(), tensor([0, 1, 2, 0]))).toThrow(/expected labels 0 and 1 or -1 and 1, received 2 at 2/);
    expect(() => unit.fit(corners(), tensor([-1, 1, 0, 1]))).toThrow(/received 0 at 2/);
    expect(() => unit.fit(tensor([[Number.NaN]]), tensor([1]))).toThrow(/finite samples, received NaN at 0/);
    for (const options of [{ rate: 0 }, { rate: Number.NaN }, { passes: 0 }, null])
      expect(() => new Perceptron(options as object), JSON.stringify(options)).toThrow(ArgumentError);
    unit.fit(corners(), y);
    expect(() => unit.predict(zeros([1, 3]))).toThrow(ShapeError);
  });
});

/** The predictions of a network that is trained on a gate, as 0 and 1. */
async function trained(gate: keyof typeof gates, hidden: number, seed: number): Promise<number[]> {
  const layers = [...(hidden > 0 ? [dense({ units: hidden, activation: 'tanh' })] : []), dense({ units: 1 })];
  const trainer = new Trainer({
    model: sequential(layers, { seed }),
    loss: binaryCrossEntropyWithLogits(),
    optimizer: adam({ lr: 0.1 }),
    metrics: [accuracy({ threshold: 0 })],
  });
  const x = corners();
  await trainer.fit({ x, y: tensor(gates[gate].map((bit) => [bit])) }, { epochs: 300, batchSize: 4, seed });
  return [...trainer.model.predict(x).data()].map((logit) => Number(logit > 0));
}

describe('one logistic neuron', () => {
  it.each(separable)('learns %s', async (gate) => expect(await trained(gate, 0, 1)).toEqual(gates[gate]));
  it('cannot learn XOR', async () => expect(await trained('XOR', 0, 1)).not.toEqual(gates.XOR));
});

describe('two layers', () => {
  it('of perceptrons compute XOR: AND of OR and NAND, each learned by the rule', () => {
    const [or, nand, and] = [new Perceptron(), new Perceptron(), new Perceptron()];
    or.fit(corners(), labelsOf('OR', false));
    nand.fit(corners(), labelsOf('NAND', false));
    and.fit(corners(), labelsOf('AND', false));
    const hidden = stack([or.predict(corners()), nand.predict(corners())], 1);
    expect(and.predict(hidden).toArray()).toEqual(gates.XOR);
  });

  it('learn XOR by gradient descent', async () => {
    for (let seed = 0; seed < 3; seed++) expect(await trained('XOR', 4, seed), `seed ${seed}`).toEqual(gates.XOR);
  });
});
