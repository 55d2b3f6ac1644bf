import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/errors.js';
import { load, save } from '../../src/io/index.js';
import { batchNorm, dense, groupNorm, instanceNorm, type Layer, layerNorm, rmsNorm, sequential } from '../../src/layers/index.js';
import { meanSquaredError } from '../../src/losses/index.js';
import * as ops from '../../src/ops/index.js';
import { adam } from '../../src/optimizers/index.js';
import { ones, tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import { scope } from '../../src/tensor/scope.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Trainer } from '../../src/trainer/index.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const normal = (shape: number[], seed = 1) => new RandomStream(seed, 'data').normal(shape);

function expectNear(got: Tensor | undefined, want: readonly number[], digits = 5): void {
  const values = [...(got as Tensor).data()];
  expect(values).toHaveLength(want.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(want[i] as number, digits);
}

/** Mean and biased variance of columns. */
function columns(rows: number[][]): { mean: number[]; variance: number[] } {
  const means = (rows[0] as number[]).map((_, c) => rows.reduce((total, row) => total + (row[c] as number), 0) / rows.length);
  const variance = means.map((m, c) => rows.reduce((total, row) => total + ((row[c] as number) - m) ** 2, 0) / rows.length);
  return { mean: means, variance };
}

const a = [
  [1, 10],
  [3, 20],
  [8, 60],
];
const b = [
  [0, 5],
  [4, -5],
  [-1, 3],
];

describe('batch normalisation', () => {
  it('gives channels mean 0 and variance 1, then scales and shifts', () => {
    const layer = batchNorm({ epsilon: 0 }).build([2]).train();
    layer.scale?.assign(tensor([1, 2]));
    layer.shift?.assign(tensor([0, 5]));
    const { mean, variance } = columns(layer.call(tensor(a)).toArray() as number[][]);
    expectNear(tensor(mean), [0, 5]);
    expectNear(tensor(variance), [1, 4]);
  });

  it('keeps running statistics: the biased variance normalises, the unbiased one runs', () => {
    const layer = batchNorm({ momentum: 0.25 }).build([2]).train();
    const state = layer.stateDict();
    layer.call(tensor(a));
    const first = columns(a);
    const running = first.variance.map((v) => 0.75 + 0.25 * v * 1.5);
    expectNear(
      state.get('mean'),
      first.mean.map((m) => 0.25 * m),
    );
    expectNear(state.get('variance'), running);
    layer.call(tensor(b));
    const second = columns(b);
    expectNear(
      state.get('mean'),
      first.mean.map((m, c) => 0.75 * 0.25 * m + 0.25 * (second.mean[c] as number)),
    );
    expectNear(
      state.get('variance'),
      running.map((v, c) => 0.75 * v + 0.25 * (second.variance[c] as number) * 1.5),
      4,
    );
    expect(state.get('batches')?.item()).toBe(2);
  });

  it('averages all batches alike without a momentum', () => {
    const layer = batchNorm({ momentum: null }).build([2]).train();
    for (const batch of [a, b, a]) layer.call(tensor(batch));
    const [first, second] = [columns(a), columns(b)];
    expectNear(
      layer.stateDict().get('mean'),
      first.mean.map((m, c) => (2 * m + (second.mean[c] as number)) / 3),
    );
    expectNear(
      layer.stateDict().get('variance'),
      first.variance.map((v, c) => ((2 * v + (second.variance[c] as number)) * 1.5) / 3),
      3,
    );
  });

  it('takes the running statistics in use, and in training where frozen', () => {
    const layer = batchNorm({ epsilon: 0 }).build([2]);
    layer.loadStateDict({ ...state(layer), mean: tensor([1, 2]), variance: tensor([4, 9]) });
    const wanted = [2, 4];
    expectNear(layer.call(tensor([[5, 14]])), wanted);
    layer.frozen = true;
    const before = state(layer);
    expectNear(layer.train().call(tensor([[5, 14]])), wanted);
    for (const [path, value] of Object.entries(before)) expect(layer.stateDict().get(path)?.toArray()).toEqual(value.toArray());
    layer.frozen = false;
    layer.call(tensor(a));
    expect(layer.stateDict().get('batches')?.item()).toBe(1);
  });

  it('has no statistics where it tracks none', () => {
    const layer = batchNorm({ trackStatistics: false, scale: false }).build([2]);
    expect([...layer.stateDict().keys()]).toEqual(['shift']);
    expect(layer.call(tensor(a)).toArray()).toEqual(layer.train().call(tensor(a)).toArray());
  });

  it('is the same for vectors and images of the same values', () => {
    const x = normal([24, 3]);
    const images = x.reshape([2, 3, 4, 3]);
    const [one, other] = [batchNorm().train(), batchNorm().train()];
    expect([...other.call(images).data()]).toEqual([...one.call(x).data()]);
    expect(other.stateDict().get('variance')?.toArray()).toEqual(one.stateDict().get('variance')?.toArray());
  });

  it('is exact on data far from 0', () => {
    const far = tensor(a.map((row) => row.map((v) => v + 4096)));
    expectNear(batchNorm().train().call(far), [...batchNorm().train().call(tensor(a)).data()], 6);
  });

  it('takes given statistics as constants, as they were in the forward run', () => {
    const statistics = { mean: zeros([2]), variance: ones([2]) };
    const x = tensor(a);
    const { grads } = valueAndGrad((v: Tensor) => {
      const y = ops.batchNorm(v, null, null, { epsilon: 0, statistics });
      statistics.variance.floats.fill(100);
      return ops.sum(y);
    })(x);
    expectNear(grads[0], [1, 1, 1, 1, 1, 1]);
  });

  it('refuses one value a channel to learn from, and options that cannot be', () => {
    expect(() =>
      batchNorm()
        .train()
        .call(ones([1, 2])),
    ).toThrow(ShapeError);
    expect(() => batchNorm({ momentum: 2 })).toThrow(ArgumentError);
    expect(() => batchNorm({ frozen: true, trackStatistics: false })).toThrow(ArgumentError);
    expect(() => batchNorm({ epsilon: -1 })).toThrow(ArgumentError);
    expect(() => batchNorm({ affine: true } as never)).toThrow(/received 'affine'/);
    expect(() => batchNorm().build([])).toThrow(ShapeError);
    expect(() =>
      batchNorm()
        .build([4, 3])
        .call(ones([2, 4, 5])),
    ).toThrow(/shape \[..., 3\]/);
  });
});

function state(layer: Layer): Record<string, Tensor> {
  return Object.fromEntries([...layer.stateDict()].map(([path, p]) => [path, tensor(p.data(), { shape: p.shape })]));
}

describe('layer and RMS normalisation', () => {
  it('normalise the last axes of each sample', () => {
    const y = layerNorm({ axes: 2, epsilon: 0 }).call(normal([5, 3, 4]));
    for (const sample of y.reshape([5, 12]).toArray() as number[][]) {
      const { mean, variance } = columns(sample.map((v) => [v]));
      expect(mean[0]).toBeCloseTo(0, 6);
      expect(variance[0]).toBeCloseTo(1, 5);
    }
    expectNear(rmsNorm({ epsilon: 0 }).call(tensor([[3, 4]])), [3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)]);
  });

  it('have parameters of the shape of these axes', () => {
    const shapes = (layer: Layer) => Object.fromEntries([...layer.namedParameters()].map(([path, p]) => [path, p.shape]));
    expect(shapes(layerNorm({ axes: 2 }).build([2, 3, 4]))).toEqual({ scale: [3, 4], shift: [3, 4] });
    expect(shapes(layerNorm({ shift: false }).build([2, 3, 4]))).toEqual({ scale: [4] });
    expect(shapes(rmsNorm().build([5]))).toEqual({ scale: [5] });
    expect(shapes(rmsNorm({ scale: false }).build([5]))).toEqual({});
  });

  it('take sequences of any length', () => {
    const layer = layerNorm();
    expect(layer.call(ones([2, 3, 4])).shape).toEqual([2, 3, 4]);
    expect(layer.call(ones([1, 7, 4])).shape).toEqual([1, 7, 4]);
    expect(() => layer.call(ones([1, 7, 5]))).toThrow(ShapeError);
    expect(() => layerNorm({ axes: 3 }).build([2, 2])).toThrow(ShapeError);
    expect(() => rmsNorm({ shift: true } as never)).toThrow(ArgumentError);
  });
});

describe('group and instance normalisation', () => {
  it('agree where each channel is a group, and group with layer where all are one', () => {
    const x = normal([3, 4, 5, 6]);
    expect(groupNorm({ groups: 6 }).call(x).toArray()).toEqual(instanceNorm().call(x).toArray());
    expectNear(groupNorm({ groups: 1 }).call(x), [...layerNorm({ axes: 3 }).call(x).data()]);
  });

  it('refuse channels that the groups do not divide', () => {
    expect(() => groupNorm({ groups: 4 }).build([6])).toThrow(ShapeError);
    expect(() => groupNorm({ groups: 0 })).toThrow(ArgumentError);
    expect(() => ops.groupNorm(ones([2, 6]), 4)).toThrow(ShapeError);
  });

  it('track the mean of the samples where wanted', () => {
    const layer = instanceNorm({ trackStatistics: true, momentum: 0.5 }).build([3, 2]).train();
    layer.call(tensor([a, b]));
    const [first, second] = [columns(a), columns(b)];
    const half = (key: 'mean' | 'variance', c: number) => ((first[key][c] as number) + (second[key][c] as number)) / 2;
    expectNear(
      layer.stateDict().get('mean'),
      [0, 1].map((c) => 0.5 * half('mean', c)),
    );
    expectNear(
      layer.stateDict().get('variance'),
      [0, 1].map((c) => 0.5 + 0.5 * half('variance', c) * 1.5),
      4,
    );
    const alone = layer
      .eval()
      .call(tensor([a]))
      .toArray() as number[][][];
    expect((layer.call(tensor([a, b])).toArray() as number[][][])[0]).toEqual(alone[0]);
    expect(() => layer.train().call(ones([2, 1, 2]))).toThrow(ShapeError);
    expect(() => instanceNorm({ momentum: null } as never)).toThrow(ArgumentError);
  });
});

describe('the ops', () => {
  it('refuse parameters of another shape or type', () => {
    const x = ones([2, 3]);
    expect(() => ops.layerNorm(x, ones([2]))).toThrow(/\[layerNorm\] expected scale of shape \[3\], received \[2\]/);
    expect(() => ops.batchNorm(x, null, ones([1, 3]))).toThrow(ShapeError);
    expect(() => ops.batchNorm(x, null, null, { statistics: { mean: ones([3]), variance: ones([2]) } })).toThrow(ShapeError);
    expect(() => ops.layerNorm(x, ones([3], { dtype: 'float64' }))).toThrow(DTypeError);
    expect(() => ops.layerNorm(tensor(Int32Array.of(1, 2)))).toThrow(DTypeError);
    expect(() => ops.layerNorm(x, null, null, { axes: 3 })).toThrow(ShapeError);
    expect(() => ops.instanceNorm(ones([3]))).toThrow(ShapeError);
    expect(() => ops.rmsNorm(x, null, { epsilon: NaN })).toThrow(ArgumentError);
    expect(() => ops.rmsNorm(x, null, 3 as never)).toThrow(ArgumentError);
  });
});

describe('models with normalisation', () => {
  const model = () =>
    sequential(
      [
        dense({ units: 8 }),
        batchNorm({ frozen: false, momentum: null }),
        dense({ units: 8 }),
        layerNorm({ axes: 1 }),
        rmsNorm(),
        dense({ units: 1 }),
      ],
      {
        inputShape: [4],
        seed: 1,
      },
    );

  it('learn, keep their state in a file, and leave no memory behind', async () => {
    const net = model();
    const x = normal([64, 4]);
    const y = ops.sum(ops.square(x), 1, true);
    const trainer = new Trainer({ model: net, loss: meanSquaredError(), optimizer: adam({ lr: 0.02 }) });
    const before = (await trainer.evaluate({ x, y })).loss;
    await trainer.fit({ x, y }, { epochs: 2, batchSize: 16 });
    const held = memory().tensors;
    await trainer.fit({ x, y }, { epochs: 28, batchSize: 16 });
    expect(memory().tensors).toBe(held);
    expect((await trainer.evaluate({ x, y })).loss).toBeLessThan(0.2 * before);
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      await save(net, join(folder, 'net.safetensors'));
      const back = await load(join(folder, 'net.safetensors'));
      expect(back.predict(x).toArray()).toEqual(net.predict(x).toArray());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('predict without keeping statistics', () => {
    const net = model();
    net.predict(normal([3, 4]));
    const held = memory().tensors;
    scope(() => void net.call(normal([3, 4])));
    expect(memory().tensors).toBe(held);
  });
});
