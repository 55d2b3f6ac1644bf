import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import {
  add,
  type BatchNorm,
  batchNorm,
  concatenate,
  conv2d,
  dense,
  flatten,
  graph,
  input,
  Layer,
  sequential,
} from '../../src/layers/index.js';
import { crossEntropy } from '../../src/losses/index.js';
import { lenet5, mobileNetV2, resNet18 } from '../../src/networks/index.js';
import { adam } from '../../src/optimizers/index.js';
import { tensor } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Trainer } from '../../src/trainer/index.js';
import { bodyRate, extractor, features, freeze, replaceHead, replaceLayer, unfreeze } from '../../src/transfer/index.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const normal = (shape: number[]): Tensor => new RandomStream(1, 'data').normal(shape);
const labels = (n: number, classes: number): Tensor => tensor(Int32Array.from({ length: n }, (_, i) => i % classes));
const trainable = (model: Layer): string[] =>
  [...model.namedParameters()].filter(([, { trainable }]) => trainable).map(([path]) => path);

const small = (): Layer =>
  sequential(
    [
      conv2d({ name: 'conv1', filters: 3, kernelSize: 3 }),
      batchNorm({ name: 'norm', activation: 'relu' }),
      flatten({ name: 'flatten' }),
      sequential([dense({ units: 4, activation: 'tanh' }), dense({ units: 3 })], { name: 'top' }),
    ],
    { inputShape: [5, 5, 1], seed: 0 },
  );

/** Values by path, so that a change shows. */
const valuesOf = (model: Layer): Map<string, unknown> =>
  new Map([...model.stateDict()].map(([path, value]) => [path, value.toArray()]));

describe('freeze', () => {
  it('takes globs, patterns, paths and functions', () => {
    const model = small();
    expect(freeze(model, 'conv*')).toEqual(['conv1.weight', 'conv1.bias']);
    expect(trainable(model)).toEqual(['norm.scale', 'norm.shift', 'top.0.weight', 'top.0.bias', 'top.1.weight', 'top.1.bias']);
    expect(unfreeze(model)).toHaveLength(8);
    expect(freeze(model, '**.bias')).toEqual(['conv1.bias', 'top.0.bias', 'top.1.bias']);
    expect(freeze(model, '*.bias')).toEqual(['conv1.bias']);
    expect(freeze(model, 'top.*.w*')).toEqual(['top.0.weight', 'top.1.weight']);
    expect(freeze(model, /shift$/g)).toEqual(['norm.shift']);
    expect(freeze(model, (parameter) => parameter.rank === 4)).toEqual(['conv1.weight']);
    expect(trainable(model)).toEqual(['norm.scale']);
    expect(() => freeze(model, 'conv.')).toThrow(/fits any of conv1.weight/);
    expect(() => freeze(model, 'c.nv*')).toThrow(ArgumentError);
    expect(() => freeze(model, 3 as never)).toThrow(ArgumentError);
    expect(() => unfreeze(null as never)).toThrow(ArgumentError);
  });

  it('leaves parameters and running statistics as they are in training', async () => {
    const model = small();
    freeze(model, ['conv1', 'norm']);
    const before = valuesOf(model);
    const data = { x: normal([12, 5, 5, 1]), y: labels(12, 3) };
    const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 0.1 }) });
    await trainer.fit(data, { batchSize: 4 });
    const after = valuesOf(model);
    for (const [path, value] of before) {
      if (path.startsWith('top')) expect(after.get(path), path).not.toEqual(value);
      else expect(after.get(path), path).toEqual(value);
    }
    unfreeze(model, 'norm.scale');
    await trainer.fit(data, { batchSize: 4 });
    expect(valuesOf(model).get('norm.mean')).not.toEqual(before.get('norm.mean'));
    expect(valuesOf(model).get('norm.shift')).toEqual(before.get('norm.shift'));
  });

  it('leaves batch normalisation that was frozen by hand alone', () => {
    const model = small();
    const norm = model.layers.get('norm') as BatchNorm;
    norm.frozen = true;
    freeze(model, 'conv1');
    expect(norm.frozen).toBe(true);
  });
});

describe('replaceHead', () => {
  it('shares the body and leaves the model as it was', () => {
    const model = small();
    const x = normal([2, 5, 5, 1]);
    const before = model.predict(x).toArray();
    const moved = replaceHead(model, dense({ units: 7 }));
    expect(moved.predict(x).shape).toEqual([2, 7]);
    expect([...moved.namedParameters().keys()]).toEqual([...model.namedParameters().keys()]);
    expect(moved.namedParameters().get('conv1.weight')).toBe(model.namedParameters().get('conv1.weight'));
    expect(model.predict(x).toArray()).toEqual(before);
  });

  it('of graphs and networks', () => {
    for (const network of [lenet5, resNet18, mobileNetV2]) {
      const model = network({ inputShape: [32, 32, 1], width: 0.1, classes: 9 });
      const moved = replaceHead(model, dense({ units: 2 }));
      expect(moved.predict(normal([1, 32, 32, 1])).shape).toEqual([1, 2]);
      const [name] = [...model.namedParameters().keys()].slice(-1) as [string];
      expect(moved.namedParameters().get(name)?.shape).toEqual([2]);
    }
    const x = input([4]);
    const hidden = dense({ units: 4, name: 'hidden' });
    const model = graph({ inputs: x, outputs: dense({ units: 3 }).apply(add().apply([x, hidden.apply(x)])) });
    const moved = replaceHead(model, dense({ units: 5 }));
    expect(moved.predict(normal([2, 4])).shape).toEqual([2, 5]);
    expect(moved.namedParameters().get('hidden.weight')).toBe(model.namedParameters().get('hidden.weight'));
  });

  it('refuses what has none, and what does not fit', () => {
    class Own extends Layer {
      protected override forward(x: Tensor): Tensor {
        return x;
      }
    }
    expect(() => replaceHead(new Own(), dense({ units: 1 }))).toThrow(ArgumentError);
    expect(() => replaceHead(small(), 3 as never)).toThrow(ArgumentError);
    expect(() => replaceLayer(small(), 'top.7', dense({ units: 1 }))).toThrow(/in top Sequential are 0, 1, received '7'/);
    expect(() => replaceLayer(small(), 'conv1.weight', dense({ units: 1 }))).toThrow(/cannot be taken apart/);
    expect(() => replaceLayer(small(), '', dense({ units: 1 }))).toThrow(ArgumentError);
    const model = small();
    model.parameters();
    const wrong = replaceLayer(model, 'conv1', conv2d({ filters: 2, kernelSize: 3 }));
    expect(() => wrong.predict(normal([1, 5, 5, 1]))).toThrow(ShapeError);
  });
});

describe('features', () => {
  it('are what an inner layer gives', () => {
    const model = small();
    const x = normal([2, 5, 5, 1]);
    const seen = new Map<unknown, unknown>();
    const observe = (layer: unknown, output: unknown): void => void seen.set(layer, (output as Tensor).toArray());
    model.call(x, { training: false, dropout: false, carry: true, observe });
    for (const path of ['conv1', 'norm', 'flatten', 'top.0', 'top.1', 'top']) {
      const [first, second] = path.split('.') as [string, string?];
      const outer = model.layers.get(first) as Layer;
      const layer = second === undefined ? outer : outer.layers.get(second);
      expect(features(model, path, x).toArray(), path).toEqual(seen.get(layer));
    }
    expect(() => features(model, 'conv2', x)).toThrow(/in Sequential are conv1, norm, flatten, top, received 'conv2'/);
  });

  it('of a graph need only what leads to them', () => {
    const [a, b] = [input([3]), input([3])];
    const left = dense({ units: 2, name: 'left' }).apply(a);
    const right = dense({ units: 2, name: 'right' }).apply(b);
    const both = concatenate({ name: 'both' }).apply([left, right]);
    const model = graph({ inputs: [a, b], outputs: [dense({ units: 1 }).apply(both), both] });
    const inputs = [normal([2, 3]), normal([2, 3])];
    const [, expected] = model.predict(inputs) as [Tensor, Tensor];
    expect(features(model, 'both', inputs).toArray()).toEqual(expected.toArray());
    expect(() => extractor(model, 'left')).toThrow(/depend on every input/);
    expect(() => replaceHead(model, dense({ units: 1 }))).toThrow(ArgumentError);
  });

  it('reach into blocks, and train as a model', async () => {
    const model = resNet18({ inputShape: [32, 32, 3], width: 1 / 16, classes: 4 });
    const body = extractor(model, 'layer1.0.bn2');
    expect(body.predict(normal([2, 32, 32, 3])).shape).toEqual([2, 8, 8, 4]);
    expect(features(model, 'avgpool', normal([2, 32, 32, 3])).shape).toEqual([2, 32]);
    const probe = sequential([extractor(model, 'layer2'), flatten(), dense({ units: 4 })], { inputShape: [32, 32, 3] });
    const before = (model.namedParameters().get('layer2.0.conv1.weight') as Tensor).toArray();
    const trainer = new Trainer({ model: probe, loss: crossEntropy(), optimizer: adam() });
    await trainer.fit({ x: normal([4, 32, 32, 3]), y: labels(4, 4) });
    expect((model.namedParameters().get('layer2.0.conv1.weight') as Tensor).toArray()).not.toEqual(before);
  });
});

describe('bodyRate', () => {
  it('gives all but the head a rate of their own', async () => {
    const model = small();
    const before = valuesOf(model);
    const optimizer = adam({ lr: 0.01, groups: bodyRate(model, 0.001) });
    expect(optimizer.learningRates).toEqual([0.01, 0.001]);
    await new Trainer({ model, loss: crossEntropy(), optimizer }).fit({ x: normal([4, 5, 5, 1]), y: labels(4, 3) });
    // The first step of Adam has the size of the rate in every element that has a gradient.
    const largest = (path: string): number => {
      const after = model.namedParameters().get(path) as Tensor;
      const old = [before.get(path)].flat(9) as number[];
      return Math.max(...[...after.array].map((value, i) => Math.abs(value - (old[i] as number))));
    };
    expect(largest('top.1.weight')).toBeCloseTo(0.01, 5);
    expect(largest('conv1.weight')).toBeCloseTo(0.001, 5);
    expect(largest('top.0.weight')).toBeCloseTo(0.001, 5);
  });
});
