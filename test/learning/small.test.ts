import { describe, expect, it } from 'vitest';
import { conv2d, dense, dropout, flatten, maxPool2d, sequential } from '../../src/layers/index.js';
import { crossEntropy, meanSquaredError } from '../../src/losses/index.js';
import { accuracy } from '../../src/metrics/index.js';
import { adam, type Optimizer, sgd } from '../../src/optimizers/index.js';
import { tensor } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import { Trainer } from '../../src/trainer/index.js';

const xor = () => ({
  x: tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]),
  y: tensor([[0], [1], [1], [0]]),
});

describe('XOR', () => {
  it.each<[string, () => Optimizer]>([
    ['adam', () => adam({ lr: 0.05 })],
    ['sgd with momentum', () => sgd({ lr: 0.5, momentum: 0.9 })],
    ['sgd with Nesterov', () => sgd({ lr: 0.5, momentum: 0.9, nesterov: true })],
  ])('is learned by %s from each of five seeds', async (_name, optimizer) => {
    for (let seed = 0; seed < 5; seed++) {
      const model = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1, activation: 'sigmoid' })], { seed });
      const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: optimizer(), metrics: [accuracy()] });
      await trainer.fit(xor(), { epochs: 500, batchSize: 4, seed });
      const { loss, accuracy: right } = await trainer.evaluate(xor());
      expect({ seed, right }).toEqual({ seed, right: 1 });
      expect(loss).toBeLessThan(0.01);
    }
  });

  it('is beyond a single layer', async () => {
    const model = sequential([dense({ units: 1, activation: 'sigmoid' })], { seed: 0 });
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: adam({ lr: 0.05 }), metrics: [accuracy()] });
    await trainer.fit(xor(), { epochs: 500, batchSize: 4 });
    const { loss, accuracy: right } = await trainer.evaluate(xor());
    expect(right).toBeLessThan(1);
    expect(loss).toBeGreaterThan(0.24);
  });
});

/** Points of a two-armed spiral: no straight line separates the arms. */
function spiral(count: number, seed: number) {
  const noise = new RandomStream(seed, 'spiral').normal([2 * count], 0, 0.05).data();
  const points = Array.from({ length: count }, (_, i) => {
    const radius = 0.2 + (0.8 * i) / count;
    const angle = 6 * radius + Math.PI * (i % 2);
    return [radius * Math.cos(angle) + noise[2 * i], radius * Math.sin(angle) + noise[2 * i + 1]];
  });
  return {
    x: tensor(points),
    y: tensor(
      points.map((_, i) => i % 2),
      { dtype: 'int32' },
    ),
  };
}

describe('small fits', () => {
  it('a line is found by gradient descent', async () => {
    const x = tensor(Array.from({ length: 32 }, (_, i) => [i / 16 - 1]));
    const model = sequential([dense({ units: 1 })], { seed: 1 });
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: sgd({ lr: 0.3 }) });
    await trainer.fit({ x, y: x.mul(3).sub(2) }, { epochs: 60, batchSize: 8 });
    expect(model.stateDict().get('0.weight')?.item()).toBeCloseTo(3, 4);
    expect(model.stateDict().get('0.bias')?.item()).toBeCloseTo(-2, 4);
  });

  it('a spiral is told apart on points not seen', async () => {
    const model = sequential(
      [dense({ units: 32, activation: 'relu' }), dense({ units: 32, activation: 'relu' }), dense({ units: 2 })],
      { seed: 2 },
    );
    const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 0.01 }), metrics: [accuracy()] });
    await trainer.fit(spiral(200, 1), { epochs: 60, batchSize: 20 });
    expect((await trainer.evaluate(spiral(200, 2))).accuracy).toBeGreaterThan(0.97);
  });

  it('bars in images are found by a convolution, with dropout on the way', async () => {
    const stream = new RandomStream(5, 'bars');
    const make = (count: number) => {
      const values = stream.uniform([count, 8, 8, 1], 0, 0.4).data();
      const where = stream.uniform([count], 0, 8).data();
      const labels = Array.from({ length: count }, (_, n) => n % 2);
      for (const [n, upright] of labels.entries()) {
        for (let i = 0; i < 8; i++)
          values[64 * n + (upright ? 8 * i + Math.floor(where[n]) : 8 * Math.floor(where[n]) + i)] += 0.6;
      }
      return { x: tensor(values, { shape: [count, 8, 8, 1] }), y: tensor(labels, { dtype: 'int32' }) };
    };
    const layers = [
      conv2d({ filters: 6, kernelSize: 3, activation: 'relu' }),
      maxPool2d(),
      flatten(),
      dropout({ rate: 0.2 }),
      dense({ units: 2 }),
    ];
    const trainer = new Trainer({
      model: sequential(layers, { seed: 3 }),
      loss: crossEntropy(),
      optimizer: adam({ lr: 0.01 }),
      metrics: [accuracy()],
    });
    await trainer.fit(make(200), { epochs: 12, batchSize: 16 });
    expect((await trainer.evaluate(make(200))).accuracy).toBeGreaterThan(0.97);
  });
});

describe('the same seed', () => {
  it('gives the same bits', async () => {
    const run = async (): Promise<unknown> => {
      const layers = [dense({ units: 16, activation: 'relu' }), dropout({ rate: 0.1 }), dense({ units: 2 })];
      const trainer = new Trainer({ model: sequential(layers, { seed: 7 }), loss: crossEntropy(), optimizer: adam() });
      const history = await trainer.fit(spiral(100, 1), { epochs: 3, batchSize: 16, seed: 7 });
      return {
        losses: history.epochs.map((epoch) => epoch.train.loss),
        weights: trainer.model.parameters().map((p) => p.toArray()),
      };
    };
    expect(await run()).toEqual(await run());
  });
});
