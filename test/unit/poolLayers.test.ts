import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { load, save } from '../../src/io/index.js';
import * as layers from '../../src/layers/index.js';
import * as ops from '../../src/ops/index.js';
import { arange, tensor, zeros } from '../../src/tensor/create.js';
import { randomNormal } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';

/** Each layer with options of every kind, a sample's shape and that of its result. */
const cases: [make: () => layers.Layer, sample: number[], result: number[]][] = [
  [() => layers.maxPool1d({ poolSize: 3, stride: 2, padding: 1, dilation: 2, ceilMode: true }), [9, 2], [4, 2]],
  [() => layers.maxPool2d(), [6, 7, 3], [3, 3, 3]],
  [() => layers.maxPool3d({ padding: 'same' }), [3, 4, 5, 1], [2, 2, 3, 1]],
  [() => layers.avgPool1d({ poolSize: 4, padding: [[1, 2]], countPad: false }), [8, 2], [2, 2]],
  [() => layers.avgPool2d({ poolSize: [3, 2], stride: 2, ceilMode: true, divisor: 4 }), [6, 5, 2], [3, 3, 2]],
  [() => layers.avgPool3d({ dilation: [1, 2, 1], stride: 1 }), [2, 3, 3, 2], [1, 1, 2, 2]],
  [() => layers.lpPool1d({ norm: Infinity }), [6, 2], [3, 2]],
  [() => layers.lpPool2d({ norm: 3, absolute: true, rescale: false, ceilMode: true }), [5, 4, 2], [3, 2, 2]],
  [() => layers.lpPool3d(), [2, 2, 2, 3], [1, 1, 1, 3]],
  [() => layers.adaptiveAvgPool1d({ outputSize: 3 }), [7, 2], [3, 2]],
  [() => layers.adaptiveAvgPool2d({ outputSize: [null, 2] }), [5, 7, 2], [5, 2, 2]],
  [() => layers.adaptiveAvgPool3d({ outputSize: 1 }), [2, 3, 4, 2], [1, 1, 1, 2]],
  [() => layers.adaptiveMaxPool1d({ outputSize: 9 }), [7, 2], [9, 2]],
  [() => layers.adaptiveMaxPool2d({ outputSize: 2 }), [5, 7, 2], [2, 2, 2]],
  [() => layers.adaptiveMaxPool3d({ outputSize: [1, 2, null] }), [2, 3, 4, 2], [1, 2, 4, 2]],
  [() => layers.globalAvgPool(), [5, 7, 2], [2]],
  [() => layers.globalMaxPool({ keepDims: true }), [4, 5, 6, 2], [1, 1, 1, 2]],
  [() => layers.upsample1d({ scale: 2.5 }), [5, 2], [12, 2]],
  [() => layers.upsample2d({ size: [7, 3], interpolation: 'linear', alignCorners: true }), [4, 5, 2], [7, 3, 2]],
  [() => layers.upsample3d({ scale: [1, 2, 3], interpolation: 'linear' }), [2, 2, 2, 1], [2, 4, 6, 1]],
  [() => layers.pixelShuffle({ factor: 2 }), [3, 4, 8], [6, 8, 2]],
  [() => layers.pixelUnshuffle({ factor: 3 }), [6, 3, 2], [2, 1, 18]],
];

describe('layers of pooling and upsampling', () => {
  it.each(cases.map(([make, ...shapes]) => [make().type, make, ...shapes] as const))(
    '%s',
    async (_type, make, sample, result) => {
      const model = layers.sequential([make()], { inputShape: sample });
      const x = randomNormal([2, ...sample], { seed: 3 });
      expect(model.outputShape(sample)).toEqual(result);
      const y = model.predict(x);
      expect(y.shape).toEqual([2, ...result]);
      expect(() => make().build([2])).toThrow(ShapeError);
      const folder = await mkdtemp(join(tmpdir(), 'myelin-pool-'));
      try {
        const file = join(folder, 'pool.safetensors');
        await save(model, file);
        expect((await load(file)).predict(x).toArray()).toEqual(y.toArray());
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it('unpool what they have pooled, in a graph', async () => {
    const x = layers.input([4, 5, 1]);
    const pooled = layers.maxPoolWithIndices2d({ poolSize: 2 }).apply(x);
    const model = layers.graph({ inputs: [x], outputs: [layers.maxUnpool2d({ outputSize: [4, 5] }).apply(pooled)] });
    const image = arange(20).reshape([1, 4, 5, 1]);
    expect(model.predict([image])[0]?.reshape([4, 5]).toArray()).toEqual([
      [0, 0, 0, 0, 0],
      [0, 6, 0, 8, 0],
      [0, 0, 0, 0, 0],
      [0, 16, 0, 18, 0],
    ]);
  });

  it('refuse what they cannot be', () => {
    const refused: (() => unknown)[] = [
      () => layers.maxPool2d({ poolSize: 0 }),
      () => layers.maxPool2d({ poolSize: [2, 2, 2] }),
      () => layers.maxPool1d({ ceilMode: 1 as never }),
      () => layers.maxPool1d({ countPad: true } as never),
      () => layers.avgPool2d({ divisor: 0 }),
      () => layers.lpPool2d({ norm: 0 }),
      () => layers.lpPool2d({ norm: '2' as never }),
      () => layers.adaptiveAvgPool2d({ outputSize: [1, 2, 3] }),
      () => layers.adaptiveMaxPool2d({ outputSize: 0 }),
      () => layers.globalAvgPool({ keepDims: null as never }),
      () => layers.upsample2d({}),
      () => layers.upsample2d({ size: 2, scale: 2 }),
      () => layers.upsample2d({ scale: -1 }),
      () => layers.upsample2d({ scale: 2, interpolation: 'spline' as never }),
      () => layers.pixelShuffle({ factor: 1.5 }),
    ];
    for (const make of refused) expect(make).toThrow(ArgumentError);
    const shapes: (() => unknown)[] = [
      () => layers.maxPool2d({ padding: 2 }),
      () => layers.maxPool2d({ poolSize: 5 }).build([4, 9, 1]),
      () => layers.maxUnpool2d().build([[2, 2, 1]]),
      () =>
        layers.maxUnpool2d({ padding: 2 }).build([
          [1, 1, 1],
          [1, 1, 1],
        ]),
      () => layers.pixelShuffle({ factor: 2 }).build([2, 2, 6]),
      () => layers.pixelUnshuffle({ factor: 2 }).build([3, 2, 1]),
      () => layers.globalAvgPool().build([0, 3, 1]),
    ];
    for (const make of shapes) expect(make).toThrow(ShapeError);
  });
});

describe('ops of pooling', () => {
  it('leave out a window of ceil mode that would start in the padding behind', () => {
    const x = arange(5).reshape([1, 5, 1]);
    expect(ops.maxPool(x, { size: 2, stride: 2, padding: 1, ceilMode: true }).data()).toEqual(Float32Array.of(0, 2, 4));
    expect(ops.maxPool(x, { size: 2, stride: 4, ceilMode: true }).data()).toEqual(Float32Array.of(1, 4));
    expect(ops.maxPool(x, { size: 6, stride: 2, ceilMode: true }).data()).toEqual(Float32Array.of(4));
    expect(() => ops.maxPool(x, { size: 7, stride: 2, ceilMode: true })).toThrow(ShapeError);
  });

  it('divide by the cells of the padded input, of the input, or as told', () => {
    const x = arange(1, 5).reshape([1, 4, 1]);
    const options = { size: 3, stride: 2, padding: 1, ceilMode: true };
    expect([...ops.avgPool(x, options).data()]).toEqual([1, 3, 2]);
    expect([...ops.avgPool(x, { ...options, countPad: false }).data()]).toEqual([1.5, 3, 4]);
    expect([...ops.avgPool(x, { ...options, divisor: -2 }).data()]).toEqual([-1.5, -4.5, -2]);
  });

  it('leave a gradient of 0 where a norm is 0', () => {
    const x = tensor([0, 0, 3, -4]).reshape([1, 4, 1]);
    const dx = grad((v: Tensor) => ops.lpPool(v, { size: 2 }).sum())(x);
    expect([...dx.data()].map((g) => Math.fround(g))).toEqual([0, 0, Math.fround(0.6), Math.fround(-0.8)]);
  });

  it('scale up a window that ceil mode cuts short, or not', () => {
    const x = tensor([3, 4, 5]).reshape([1, 3, 1]);
    expect(ops.lpPool(x, { size: 2, ceilMode: true }).data()[1]).toBeCloseTo(Math.sqrt(50), 5);
    expect(ops.lpPool(x, { size: 2, ceilMode: true, rescale: false }).data()[1]).toBe(5);
    expect([...ops.lpPool(x, { size: 2, norm: -Infinity }).data()]).toEqual([3]);
  });

  it('keep indices that were handed out apart from those of the gradient', () => {
    const x = arange(4).reshape([1, 4, 1]);
    const dx = grad((v: Tensor) => {
      const { values, indices } = ops.maxPoolWithIndices(v, { size: 2 });
      indices.dispose();
      return values.sum();
    })(x);
    expect([...dx.data()]).toEqual([0, 1, 0, 1]);
  });

  it('name what does not fit', () => {
    const x = zeros([1, 4, 1]);
    expect(() => ops.maxUnpool(x, zeros([1, 3, 1], { dtype: 'int32' }), { size: 2 })).toThrow(ShapeError);
    expect(() => ops.maxUnpool(x, tensor(Int32Array.of(0, 1, 2, 9)).reshape([1, 4, 1]), { size: 2 })).toThrow(ArgumentError);
    expect(() => ops.avgPool(zeros([4, 1]), { size: 2 })).toThrow(/1 to 3 spatial axes/);
    expect(() => ops.adaptiveAvgPool(zeros([1, 0, 1]), 2)).toThrow(ShapeError);
    expect(() => ops.upsample(zeros([1, 2, 1]), { scale: 0.1 })).toThrow(ShapeError);
  });

  it('lose nothing in shuffling pixels', () => {
    const x = arange(2 * 4 * 6 * 3).reshape([2, 4, 6, 3]);
    expect(ops.pixelShuffle(ops.pixelUnshuffle(x, 2), 2).toArray()).toEqual(x.toArray());
    const block = arange(8).reshape([1, 1, 1, 8]);
    expect(ops.pixelShuffle(block, 2).toArray()).toEqual([
      [
        [
          [0, 4],
          [1, 5],
        ],
        [
          [2, 6],
          [3, 7],
        ],
      ],
    ]);
  });

  it('are exact on means of whole numbers', () => {
    for (const size of [3, 7, 41, 49]) {
      const x = tensor(new Float32Array(size * size * 2).fill(1)).reshape([1, size, size, 2]);
      expect([...ops.adaptiveAvgPool(x, 1).data()]).toEqual([1, 1]);
    }
  });
});
