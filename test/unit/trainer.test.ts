import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { tensorDataset } from '../../src/data/dataset.js';
import { DataLoader } from '../../src/data/loader.js';
import { ArgumentError, GradientError, NonFiniteError } from '../../src/errors.js';
import { add, dense, dropout, graph, input, Layer, type Sequential, sequential } from '../../src/layers/index.js';
import { crossEntropy, meanSquaredError } from '../../src/losses/index.js';
import { accuracy } from '../../src/metrics/index.js';
import { log, mean, square, sub } from '../../src/ops/index.js';
import { adam, sgd } from '../../src/optimizers/index.js';
import { arange, ones, tensor, zeros } from '../../src/tensor/create.js';
import { randomNormal } from '../../src/tensor/random.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { type Callback, type StepEvent, Trainer } from '../../src/trainer/index.js';

const data = () => {
  const x = randomNormal([20, 3], { seed: 1 });
  return {
    x,
    y: tensor(
      Array.from({ length: 20 }, (_, i) => ((x.data()[3 * i] as number) > 0 ? 1 : 0)),
      { dtype: 'int32' },
    ),
  };
};

function makeTrainer(
  model: Sequential = sequential([dense({ units: 4, activation: 'relu' }), dense({ units: 2 })], { seed: 1 }),
): Trainer {
  return new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 0.05 }), metrics: [accuracy()] });
}

describe('fit', () => {
  it('trains, and tells of each epoch', async () => {
    const trainer = makeTrainer();
    const history = await trainer.fit(data(), { epochs: 30, batchSize: 8, validation: data() });
    expect(history.epochs).toHaveLength(30);
    expect(history.stopped).toBe(false);
    const last = history.epochs[29];
    expect([last.epoch, last.epochs, last.step, last.samples, last.learningRate]).toEqual([30, 30, 90, 20, 0.05]);
    expect(last.train.loss).toBeLessThan(0.2);
    expect(last.validation?.accuracy).toBe(1);
    expect(await trainer.evaluate(data())).toEqual(last.validation);
  });

  it('weighs batches by their size', async () => {
    const trainer = makeTrainer();
    const all = await trainer.evaluate(data(), { batchSize: 20 });
    const parts = await trainer.evaluate(data(), { batchSize: 7 });
    expect(parts.accuracy).toBe(all.accuracy);
    expect(parts.loss).toBeCloseTo(all.loss, 6);
  });

  it('gives the same bits for the same seed, and another order each epoch', async () => {
    const run = async (seed: number) => {
      const trainer = makeTrainer(sequential([dense({ units: 4 }), dropout({ rate: 0.2 }), dense({ units: 2 })], { seed: 1 }));
      const losses: number[] = [];
      for await (const { loss } of trainer.fit(data(), { epochs: 2, batchSize: 8, seed })) losses.push(loss);
      return { losses, parameters: trainer.model.parameters().map((p) => p.toArray()) };
    };
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
    const seen: number[][] = [];
    const watching = new Trainer({
      model: sequential([dense({ units: 1 })]),
      loss: (prediction, target) => {
        seen.push([...target.data()]);
        return mean(square(sub(prediction, target)));
      },
      optimizer: sgd({ lr: 1e-6 }),
    });
    const column = { x: ones([6, 1]), y: arange(6).reshape([6, 1]) };
    await watching.fit(column, { epochs: 2, batchSize: 6 });
    await watching.fit(column, { batchSize: 6 });
    expect(new Set(seen.map(String)).size).toBe(3);
  });

  it('takes datasets, loaders, several inputs and plain functions as losses', async () => {
    const [a, b] = [input([2]), input([2])];
    const model = graph({ inputs: [a, b], outputs: dense({ units: 1 }).apply(add().apply([a, b])) });
    const loss = (prediction: Tensor, target: Tensor) => mean(square(sub(prediction, target)));
    const trainer = new Trainer({ model, loss, optimizer: sgd({ lr: 0.1 }) });
    const [x0, x1] = [randomNormal([10, 2], { seed: 1 }), randomNormal([10, 2], { seed: 2 })];
    const y = x0.add(x1).sum(1, true);
    const { epochs } = await trainer.fit({ x: [x0, x1], y }, { epochs: 60, batchSize: 4 });
    expect(epochs.at(-1)?.train.loss).toBeLessThan(1e-3);
    const predicted = await trainer.predict([x0, x1], { batchSize: 3 });
    expect(predicted.shape).toEqual([10, 1]);
    const other = makeTrainer();
    const loader = new DataLoader(tensorDataset(data()), { batchSize: 6, dropLast: true });
    expect((await other.fit(loader, { epochs: 2 })).epochs[1].step).toBe(6);
    expect((await other.fit(tensorDataset(data()), { batchSize: 20 })).epochs[0].step).toBe(1);
    await expect(other.fit(loader, { batchSize: 3 })).rejects.toThrow(/option of the DataLoader/);
  });

  it('leaves no tensors behind, and keeps the data alive', async () => {
    const trainer = makeTrainer();
    const examples = data();
    await trainer.fit(examples, { batchSize: 8 });
    const before = memory();
    await trainer.fit(examples, { epochs: 3, batchSize: 8 });
    await trainer.evaluate(examples);
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
    expect(examples.x.disposed).toBe(false);
  });

  it('lets the event loop turn', async () => {
    class Slow extends Layer {
      protected override forward(x: Tensor): Tensor {
        const end = performance.now() + 4;
        while (performance.now() < end);
        return x;
      }
    }
    const trainer = new Trainer({ model: sequential([new Slow(), dense({ units: 2 })]), loss: crossEntropy(), optimizer: sgd() });
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await trainer.fit(data(), { epochs: 2, batchSize: 1 });
    clearImmediate(next);
    // 40 steps of at least 4 ms, a turn after at most three of them.
    expect(turns).toBeGreaterThanOrEqual(12);
  });

  it('freezes what is not trainable', async () => {
    const trainer = makeTrainer();
    trainer.model.build([3]);
    const frozen = trainer.model.parameters()[0];
    frozen.trainable = false;
    const before = frozen.toArray();
    await trainer.fit(data());
    expect(frozen.toArray()).toEqual(before);
  });
});

describe('a run', () => {
  it('is iterated for its steps, as fast as the loop goes, and ends where the loop is left', async () => {
    const trainer = makeTrainer();
    const run = trainer.fit(data(), { epochs: 5, batchSize: 8 });
    const seen: StepEvent[] = [];
    for await (const event of run) {
      seen.push(event);
      await sleep(1);
      if (event.step === 4) break;
    }
    expect(seen.map(({ epoch, batch, batches, samples }) => [epoch, batch, batches, samples])).toEqual([
      [1, 1, 3, 8],
      [1, 2, 3, 8],
      [1, 3, 3, 4],
      [2, 1, 3, 8],
    ]);
    const history = await run;
    expect([history.epochs.length, history.stopped]).toEqual([1, true]);
    expect((await trainer.fit(data())).epochs).toHaveLength(1);
  });

  it('is iterated at once or not at all', async () => {
    const run = makeTrainer().fit(data());
    await sleep(0);
    expect(() => run[Symbol.asyncIterator]()).toThrow(ArgumentError);
    await run;
  });

  it('is refused while another trains the model', async () => {
    const trainer = makeTrainer();
    const first = trainer.fit(data(), { epochs: 50 });
    await expect(trainer.fit(data())).rejects.toThrow(/no other run is training/);
    await first;
    await trainer.fit(data());
  });

  it('is ended by a signal at a step; the model stays usable', async () => {
    const trainer = makeTrainer();
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopping: Callback = { onStepEnd: ({ step }) => step === 3 && controller.abort(reason) };
    let ended = 0;
    const run = trainer.fit(data(), {
      epochs: 9,
      batchSize: 8,
      signal: controller.signal,
      callbacks: [stopping, { onTrainEnd: () => ended++ }],
    });
    await expect(run).rejects.toBe(reason);
    expect(ended).toBe(1);
    await expect(trainer.fit(data(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(trainer.evaluate(data(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await trainer.fit(data(), { batchSize: 8 })).epochs[0].step).toBe(3);
  });

  it('is stopped by callbacks, and fails with their errors', async () => {
    const trainer = makeTrainer();
    const history = await trainer.fit(data(), {
      epochs: 9,
      callbacks: [{ onEpochEnd: ({ epoch }, control) => epoch === 2 && control.stop() }],
    });
    expect([history.epochs.length, history.stopped]).toEqual([2, true]);
    const failing: Callback = {
      async onStepEnd() {
        await sleep(1);
        throw new Error('from a callback');
      },
    };
    await expect(trainer.fit(data(), { callbacks: [failing] })).rejects.toThrow('from a callback');
    await trainer.fit(data());
  });
});

describe('a loss that is not finite', () => {
  it('names the layer whose output is the first that is not', async () => {
    class Logarithm extends Layer {
      protected override forward(x: Tensor): Tensor {
        return log(x);
      }
    }
    const model = sequential([
      dense({ units: 4, activation: 'relu', weightInitializer: 'zeros' }),
      new Logarithm(),
      dense({ units: 1 }),
    ]);
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: sgd() });
    await expect(trainer.fit({ x: ones([2, 3]), y: ones([2, 1]) })).rejects.toThrow(
      /output of layer 1 Logarithm to be finite, received -Infinity at element 0/,
    );
  });

  it('names inputs, targets, parameters and the loss itself', async () => {
    const bad = tensor([[Number.NaN, 1, 1]]);
    const train = (trainer: Trainer, x: Tensor, y: Tensor) => trainer.fit({ x, y });
    const regression = () =>
      new Trainer({ model: sequential([dense({ units: 1 })]), loss: meanSquaredError(), optimizer: sgd() });
    await expect(train(regression(), bad, ones([1, 1]))).rejects.toThrow(/input x to be finite, received NaN at element 0/);
    await expect(train(regression(), ones([1, 3]), tensor([[Number.POSITIVE_INFINITY]]))).rejects.toThrow(
      /target y to be finite/,
    );
    const broken = regression();
    broken.model.build([3]).stateDict().get('0.bias')?.assign(Float32Array.of(Number.NaN));
    await expect(train(broken, ones([1, 3]), ones([1, 1]))).rejects.toThrow(
      /parameter 0.bias to be finite, received NaN at element 0/,
    );
    const dividing = new Trainer({
      model: sequential([dense({ units: 1 })]),
      loss: (p: Tensor) => mean(p.div(0)),
      optimizer: sgd(),
    });
    await expect(train(dividing, ones([1, 3]), ones([1, 1]))).rejects.toThrow(/received .* from a finite prediction/);
  });

  it('is seen in parameters that blow up in the last step, and in validation', async () => {
    const model = sequential([dense({ units: 1 })], { seed: 1 });
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: sgd({ lr: 1e38 }) });
    const run = trainer.fit({ x: ones([1, 3]).mul(1e9), y: zeros([1, 1]) });
    await expect(run).rejects.toThrow(NonFiniteError);
    await expect(run).rejects.toThrow(/parameter 0\.(weight|bias) to stay finite/);
    const validated = makeTrainer().fit(data(), {
      validation: { x: tensor([[1, 2, Number.NaN]]), y: tensor([0], { dtype: 'int32' }) },
    });
    await expect(validated).rejects.toThrow(/validation\] expected a finite loss, received NaN/);
  });
});

describe('predict', () => {
  it('goes batch by batch and gives what the model gives', async () => {
    const trainer = makeTrainer();
    const { x } = data();
    const whole = trainer.model.predict(x);
    const before = memory().tensors;
    const parts = await trainer.predict(x, { batchSize: 7 });
    expect(parts.toArray()).toEqual(whole.toArray());
    expect((await trainer.predict(x)).toArray()).toEqual(whole.toArray());
    expect((await trainer.predict(zeros([0, 3]))).shape).toEqual([0, 2]);
    expect(memory().tensors).toBe(before + 4);
  });
});

describe('garbage', () => {
  it('is refused with typed errors', async () => {
    const model = sequential([dense({ units: 1 })]);
    const loss = meanSquaredError();
    expect(() => new Trainer({ model: {} as never, loss })).toThrow(ArgumentError);
    expect(() => new Trainer({ model, loss: 'mse' as never })).toThrow(ArgumentError);
    expect(() => new Trainer({ model, loss, optimizer: {} as never })).toThrow(ArgumentError);
    expect(() => new Trainer({ model, loss, metrics: ['accuracy'] as never })).toThrow(ArgumentError);
    expect(() => new Trainer({ model, loss, metrics: [accuracy(), accuracy()] })).toThrow(/distinct names/);
    expect(() => new Trainer(undefined as never)).toThrow(ArgumentError);
    await expect(new Trainer({ model, loss }).fit({ x: ones([1, 1]), y: ones([1, 1]) })).rejects.toThrow(/with an optimizer/);
    const trainer = new Trainer({ model, loss, optimizer: sgd() });
    const good = { x: ones([2, 1]), y: ones([2, 1]) };
    for (const bad of [null, 3, {}, { x: ones([1]) }, { length: 2 }, { x: ones([0, 1]), y: ones([0, 1]) }]) {
      await expect(trainer.fit(bad as never), JSON.stringify(bad)).rejects.toThrow(ArgumentError);
      await expect(trainer.evaluate(bad as never)).rejects.toThrow(ArgumentError);
    }
    for (const options of [
      { epochs: -1 },
      { batchSize: 0 },
      { seed: 1.5 },
      { callbacks: 3 },
      { signal: {} },
      { epoch: 3 },
      null,
    ]) {
      await expect(trainer.fit(good, options as never), JSON.stringify(options)).rejects.toThrow(ArgumentError);
    }
    const strange = { length: 1, get: () => 3 };
    await expect(trainer.fit(strange as never)).rejects.toThrow(/expected batches \{ x, y \} of tensors/);
    await expect(trainer.predict(3 as never)).rejects.toThrow(ArgumentError);
    const constant = new Trainer({ model, loss: (async (p: Tensor) => mean(p)) as never, optimizer: sgd() });
    await expect(constant.fit(good)).rejects.toThrow(/expected a synchronous function/);
    const unused = new Trainer({ model, loss: () => tensor(1), optimizer: sgd() });
    await expect(unused.fit(good)).rejects.toThrow(GradientError);
  });
});
