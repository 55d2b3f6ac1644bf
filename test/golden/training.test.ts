import { describe, expect, it } from 'vitest';
import { conv2d, dense, flatten, maxPool2d, sequential } from '../../src/layers/index.js';
import { crossEntropy } from '../../src/losses/index.js';
import { adam } from '../../src/optimizers/index.js';
import { Trainer } from '../../src/trainer/index.js';
import { compare, type Flat, type FlatState, floatTypes, readFixture, toTensor } from './fixtures.js';

interface TrainingFixture {
  x: Flat;
  y: Flat;
  batchSize: number;
  epochs: number;
  lr: number;
  start: FlatState;
  losses: number[];
  end: FlatState;
  logits: Flat;
  float32Error: { losses: number; end: number; logits: number };
}

const run = readFixture<TrainingFixture>('training.json');

describe.each(floatTypes)('a training of a convolution and two dense layers as PyTorch does it, %s', (dtype) => {
  it('has its losses, its parameters and its predictions', async () => {
    const layers = [
      conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      maxPool2d(),
      flatten(),
      dense({ units: 5, activation: 'tanh' }),
      dense({ units: 3 }),
    ];
    const model = sequential(layers, { inputShape: [6, 6, 1], dtype });
    model.loadStateDict(Object.fromEntries(Object.entries(run.start).map(([path, value]) => [path, toTensor(value, dtype)])));
    const x = toTensor(run.x, dtype);
    const y = toTensor({ ...run.y, dtype: 'int32' }, 'int32');
    const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: run.lr }) });
    const losses: number[] = [];
    for await (const step of trainer.fit({ x, y }, { epochs: run.epochs, batchSize: run.batchSize, shuffle: false }))
      losses.push(step.loss);
    expect(compare('losses', losses, run.losses, dtype, run.float32Error.losses)).toBeNull();
    for (const [path, want] of Object.entries(run.end)) {
      expect(compare(path, model.stateDict().get(path)?.data() ?? [], want.values, dtype, run.float32Error.end)).toBeNull();
    }
    expect(compare('logits', model.predict(x).data(), run.logits.values, dtype, run.float32Error.logits)).toBeNull();
  });
});
