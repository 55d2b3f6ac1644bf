import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/errors.js';
import { load, save } from '../../src/io/index.js';
import { conv2d, dense, Embedding, embedding, Layer, sequential, timeDistributed } from '../../src/layers/index.js';
import * as ops from '../../src/ops/index.js';
import { adam } from '../../src/optimizers/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Trainer } from '../../src/trainer/index.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const indices = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' });
const table = tensor([
  [0, 1],
  [2, 3],
  [4, 5],
]);

describe('embedding', () => {
  it('gives the vector of each index, of any shape', () => {
    const layer = embedding({ tokens: 3, units: 2, vectors: table });
    const pairs = indices([
      [2, 0],
      [1, 1],
    ]);
    expect(layer.call(pairs).toArray()).toEqual([
      [
        [4, 5],
        [0, 1],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ]);
    expect(layer.call(indices([1])).toArray()).toEqual([[2, 3]]);
  });

  it('takes bytes and whole floats for indices, and nothing else', () => {
    const layer = embedding({ tokens: 3, units: 2, vectors: table });
    const wanted = layer.call(indices([2, 1])).toArray();
    expect(layer.call(tensor([2, 1])).toArray()).toEqual(wanted);
    expect(layer.call(tensor(Uint8Array.of(2, 1))).toArray()).toEqual(wanted);
    for (const wrong of [[1.5], [NaN], [3], [-1], [Infinity]]) expect(() => layer.call(tensor(wrong))).toThrow(ArgumentError);
    expect(() => layer.call(indices([3]))).toThrow(/indices from 0 to 2, received 3 at 0/);
    expect(() => layer.call(tensor([1], { dtype: 'bool' }))).toThrow(DTypeError);
  });

  it('starts the padding row at zeros and gives it no gradient, but reads it as it is', () => {
    const layer = embedding({ tokens: 3, units: 2, paddingIndex: 1 }).build([]);
    const weight = layer.weight as Tensor;
    expect((weight.toArray() as number[][])[1]).toEqual([0, 0]);
    expect((weight.toArray() as number[][])[0]?.every((v) => v !== 0)).toBe(true);
    layer.loadStateDict({ weight: table });
    expect(layer.call(indices([1])).toArray()).toEqual([[2, 3]]);
    const { grads } = valueAndGrad(() => ops.sum(layer.call(indices([1, 1, 2]))), [weight])();
    expect(grads[0]?.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it('divides gradients by frequency where asked', () => {
    const gradient = (scaleGradByFrequency: boolean) => {
      const layer = embedding({ tokens: 3, units: 2, vectors: table, scaleGradByFrequency }).build([]);
      return valueAndGrad(() => ops.sum(layer.call(indices([0, 0, 0, 2]))), layer.parameters())().grads[0]?.toArray();
    };
    expect(gradient(false)).toEqual([
      [3, 3],
      [0, 0],
      [1, 1],
    ]);
    expect(gradient(true)).toEqual([
      [1, 1],
      [0, 0],
      [1, 1],
    ]);
  });

  it('keeps frozen vectors through training, and everything through a file', async () => {
    const model = sequential([embedding({ tokens: 3, units: 2, vectors: table, frozen: true }), dense({ units: 1 })], {
      inputShape: [4],
      seed: 3,
    });
    const x = indices([
      [0, 1, 2, 0],
      [2, 2, 1, 0],
    ]);
    const before = model.predict(x).toArray();
    await new Trainer({ model, loss: (p) => ops.mean(ops.square(p)), optimizer: adam({ lr: 0.1 }) }).fit(
      { x, y: zeros([2]) },
      { epochs: 3 },
    );
    expect(model.predict(x).toArray()).not.toEqual(before);
    expect(model.stateDict().get('0.weight')?.toArray()).toEqual(table.toArray());
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      await save(model, join(folder, 'model.safetensors'));
      const back = await load(join(folder, 'model.safetensors'));
      expect(back.predict(x).toArray()).toEqual(model.predict(x).toArray());
      expect(back.parameters().map(({ trainable }) => trainable)).toEqual([false, true, true]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('can stand inside a layer of one’s own, which is first run on zeros', () => {
    class Encoder extends Layer {
      private readonly table = this.addLayer('table', embedding({ tokens: 3, units: 2 }));
      protected override forward(x: Tensor): Tensor {
        return this.table.call(x);
      }
      override outputShape(shape: readonly number[]) {
        return [...shape, 2];
      }
    }
    expect(new Encoder().call(indices([[0, 2]])).shape).toEqual([1, 2, 2]);
  });

  it('refuses options that cannot be', () => {
    expect(() => embedding({ tokens: 0, units: 2 })).toThrow(ArgumentError);
    expect(() => embedding({ tokens: 3, units: 2, paddingIndex: 3 })).toThrow(ArgumentError);
    expect(() => embedding({ tokens: 3, units: 3, vectors: table })).toThrow(ShapeError);
    expect(() => embedding({ tokens: 3, units: 2, vectors: table, weightInitializer: 'zeros' })).toThrow(ArgumentError);
    expect(() => embedding({ tokens: 3, units: 2, frozen: 1 } as never)).toThrow(ArgumentError);
    expect(() => ops.embedding(zeros([3]), indices([0]))).toThrow(ShapeError);
    expect(new Embedding({ tokens: 3, units: 2, paddingIndex: 0 }).config()).toMatchObject({ tokens: 3, paddingIndex: 0 });
  });
});

describe('timeDistributed', () => {
  const images = new RandomStream(1, 'images').normal([2, 3, 4, 4, 1]);

  it('is the layer at each step', () => {
    const inner = conv2d({ filters: 2, kernelSize: 3 });
    const layer = timeDistributed(inner);
    const y = layer.call(images);
    expect(y.shape).toEqual([2, 3, 2, 2, 2]);
    for (let step = 0; step < 3; step++) {
      expect(y.slice(null, step).toArray()).toEqual(inner.call(images.slice(null, step)).toArray());
    }
    expect([...layer.namedParameters().keys()]).toEqual(['inner.weight', 'inner.bias']);
    expect(layer.flops([3, 4, 4, 1])).toBe(3 * inner.flops([4, 4, 1]));
  });

  it('goes through a file with the name of its layer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      const layer = timeDistributed(dense({ units: 2, name: 'head' })).build([3, 4]);
      await save(layer, join(folder, 'model.safetensors'));
      const back = await load(join(folder, 'model.safetensors'));
      const x = new RandomStream(2, 'x').normal([2, 3, 4]);
      expect([...back.stateDict().keys()]).toEqual(['head.weight', 'head.bias']);
      expect(back.predict(x).toArray()).toEqual(layer.predict(x).toArray());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses what is no sequence, and what is no layer', () => {
    expect(() => timeDistributed(dense({ units: 2 })).call(zeros([3]))).toThrow(ShapeError);
    expect(() => timeDistributed(3 as never)).toThrow(ArgumentError);
  });
});
