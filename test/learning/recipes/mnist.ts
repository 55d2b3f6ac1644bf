/** Handwritten digits: a network of dense layers and a convolutional one, three epochs each. */
import { mnist } from '../../../src/data/index.js';
import { conv2d, dense, flatten, type Layer, maxPool2d, sequential } from '../../../src/layers/index.js';
import { crossEntropy } from '../../../src/losses/index.js';
import { accuracy } from '../../../src/metrics/index.js';
import { adam } from '../../../src/optimizers/index.js';
import { Trainer } from '../../../src/trainer/index.js';
import type { Recipe } from './recipe.js';
import { torchDefaults } from './torchDefaults.js';

const relu = { activation: 'relu', ...torchDefaults } as const;

const mlp = () => [
  flatten(),
  dense({ units: 256, ...relu }),
  dense({ units: 128, ...relu }),
  dense({ units: 10, ...torchDefaults }),
];

const convolution = { kernelSize: 3, padding: 1, ...relu } as const;
const cnn = () => [
  conv2d({ filters: 16, ...convolution }),
  maxPool2d({ poolSize: 2 }),
  conv2d({ filters: 32, ...convolution }),
  maxPool2d({ poolSize: 2 }),
  flatten(),
  dense({ units: 64, ...relu }),
  dense({ units: 10, ...torchDefaults }),
];

async function testAccuracy(layers: Layer[], seed: number): Promise<number> {
  const model = sequential(layers, { inputShape: [28, 28, 1], seed });
  const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 1e-3 }), metrics: [accuracy()] });
  await trainer.fit(await mnist({ split: 'train' }), { epochs: 3, batchSize: 64, seed });
  return (await trainer.evaluate(await mnist({ split: 'test' }))).accuracy;
}

const figure = 'accuracy after 3 epochs';
export const digits: readonly Recipe[] = [
  { name: 'mnist.mlp', figure, torch: 0.9756, bound: { atLeast: 0.971 }, run: (seed) => testAccuracy(mlp(), seed) },
  { name: 'mnist.cnn', figure, torch: 0.9858, bound: { atLeast: 0.982 }, run: (seed) => testAccuracy(cnn(), seed) },
];
