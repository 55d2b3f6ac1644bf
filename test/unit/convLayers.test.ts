import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { load, save } from '../../src/io/index.js';
import {
  type AnyLayer,
  Conv2d,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  depthwiseConv1d,
  depthwiseConv2d,
  type Layer,
  pad1d,
  pad2d,
  pad3d,
  separableConv1d,
  separableConv2d,
} from '../../src/layers/index.js';
import { conv, relu } from '../../src/ops/index.js';
import { arange, ones, tensor, zeros } from '../../src/tensor/create.js';
import { randomNormal } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';

/** Each layer with options of every kind, a sample's shape, that of its result, and how many parameters it has. */
const layers: [make: () => Layer, sample: number[], result: number[], parameters: number][] = [
  [() => conv1d({ filters: 6, kernelSize: 3, padding: 'causal', dilation: 2, groups: 2 }), [9, 4], [9, 6], 3 * 2 * 6 + 6],
  [() => conv1d({ filters: 3, kernelSize: 4, padding: [[1, 2]], paddingMode: 'circular' }), [9, 2], [9, 3], 4 * 2 * 3 + 3],
  [() => conv2d({ filters: 5, kernelSize: [3, 2], stride: [2, 1], activation: 'gelu' }), [7, 6, 3], [3, 5, 5], 6 * 3 * 5 + 5],
  [() => conv2d({ filters: 4, kernelSize: 3, padding: 'same', paddingMode: { constant: 0.5 } }), [5, 4, 2], [5, 4, 4], 76],
  [() => conv2d({ filters: 4, kernelSize: 3, bias: false, algorithm: 'gemm' }), [5, 5, 2], [3, 3, 4], 72],
  [() => conv3d({ filters: 2, kernelSize: 2, padding: 1, paddingMode: 'reflect' }), [3, 4, 5, 1], [4, 5, 6, 2], 8 * 2 + 2],
  [() => depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2 }), [7, 3], [5, 6], 3 * 6 + 6],
  [() => depthwiseConv2d({ kernelSize: 3, stride: 2, padding: 'same', activation: 'relu' }), [7, 8, 5], [4, 4, 5], 9 * 5 + 5],
  [() => separableConv1d({ filters: 4, kernelSize: 5, padding: 'causal' }), [6, 3], [6, 4], 5 * 3 + 3 * 4 + 4],
  [
    () =>
      separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, stride: 2, activation: 'tanh', paddingMode: 'replicate' }),
    [7, 7, 3],
    [3, 3, 4],
    9 * 6 + 6 * 4 + 4,
  ],
  [() => convTranspose1d({ filters: 3, kernelSize: 3, stride: 2, outputPadding: 1 }), [4, 2], [10, 3], 3 * 3 * 2 + 3],
  [
    () => convTranspose2d({ filters: 4, kernelSize: 3, stride: 2, padding: 'same', groups: 2 }),
    [4, 3, 6],
    [8, 6, 4],
    9 * 2 * 6 + 4,
  ],
  [
    () => convTranspose2d({ filters: 1, kernelSize: 2, stride: 3, outputSize: [12, 11], activation: 'mish' }),
    [4, 4, 1],
    [12, 11, 1],
    5,
  ],
  [() => convTranspose3d({ filters: 2, kernelSize: 3, padding: 1, dilation: 2, bias: false }), [2, 3, 4, 1], [4, 5, 6, 2], 54],
  [() => pad1d({ padding: [[2, 0]], mode: 'replicate' }), [3, 2], [5, 2], 0],
  [() => pad2d({ padding: [1, 2], mode: { constant: 3 } }), [3, 4, 1], [5, 8, 1], 0],
  [() => pad3d({ padding: 1 }), [1, 1, 1, 2], [3, 3, 3, 2], 0],
];

describe('convolution layers', () => {
  it.each(layers.map((entry, i) => [`${entry[0]().type} ${i}`, ...entry] as const))(
    '%s: shapes, parameters, the way through a file',
    async (_name, make, sample, result, parameters) => {
      const folder = await mkdtemp(join(tmpdir(), 'myelin-conv-'));
      try {
        const layer = make();
        expect(layer.outputShape(sample)).toEqual(result);
        const x = randomNormal([2, ...sample]);
        const y = layer.call(x);
        expect(y.shape).toEqual([2, ...result]);
        expect(layer.parameters().reduce((count, { size }) => count + size, 0)).toBe(parameters);
        const file = join(folder, 'layer.safetensors');
        await save(layer, file);
        const back = await load(file);
        expect(back.config()).toEqual(layer.config());
        expect(back.call(x).toArray()).toEqual(y.toArray());
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  it('load what files said before there were modes of padding and algorithms', () => {
    const initializer = { name: 'zeros', config: {} };
    const old = {
      filters: 2,
      kernelSize: [3, 3],
      stride: 1,
      padding: 'same',
      dilation: 1,
      groups: 1,
      activation: 'relu',
      bias: true,
    };
    const layer = new Conv2d({ ...(old as object), weightInitializer: initializer, biasInitializer: initializer } as never);
    expect(layer.call(ones([1, 4, 4, 1])).toArray()).toEqual(zeros([1, 4, 4, 2]).toArray());
  });

  it('depthwise: the filters of the first channel come first', () => {
    const layer = depthwiseConv1d({ kernelSize: 1, depthMultiplier: 2, bias: false });
    layer.build([1, 2]);
    layer.loadStateDict({ weight: arange(1, 5).reshape([1, 1, 4]) });
    expect(layer.call(arange(1, 3).reshape([1, 1, 2])).toArray()).toEqual([[[1, 2, 6, 8]]]);
  });

  it('separable: depthwise, then pointwise with bias and activation', () => {
    const layer = separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, activation: 'relu', biasInitializer: 'ones' });
    const x = randomNormal([2, 5, 6, 3]);
    const y = layer.call(x);
    const state = layer.stateDict();
    expect([...state.keys()]).toEqual(['depthwise.weight', 'pointwise.weight', 'pointwise.bias']);
    const between = conv(x, state.get('depthwise.weight') as Tensor, null, { groups: 3 });
    const want = relu(conv(between, state.get('pointwise.weight') as Tensor, state.get('pointwise.bias') as Tensor));
    expect(y.toArray()).toEqual(want.toArray());
    expect(layer.flops([5, 6, 3])).toBe(2 * 12 * 9 * 6 + 2 * 12 * 6 * 4);
  });

  it('causal: no output sees what comes later', () => {
    const layer = conv1d({ filters: 1, kernelSize: 3, dilation: 2, padding: 'causal' });
    const x = randomNormal([1, 12, 1]);
    const before = layer.call(x).toArray() as number[][][];
    const changed = Float32Array.from(x.data());
    changed[7] += 1;
    const after = layer.call(tensor(changed, { shape: [1, 12, 1] })).toArray() as number[][][];
    const differ = before[0].map(([v], i) => v !== after[0][i][0]);
    expect(differ.indexOf(true)).toBe(7);
    expect(differ.flatMap((d, i) => (d ? [i] : []))).toEqual([7, 9, 11]);
  });

  it('count the operations', () => {
    expect(conv2d({ filters: 8, kernelSize: 3, groups: 2 }).build([6, 6, 4]).flops([6, 6, 4])).toBe(2 * 16 * 9 * 2 * 8);
    expect(convTranspose2d({ filters: 8, kernelSize: 3, stride: 2 }).build([6, 6, 4]).flops([6, 6, 4])).toBe(2 * 36 * 9 * 8 * 4);
    expect(depthwiseConv2d({ kernelSize: 3 }).build([6, 6, 4]).flops([6, 6, 4])).toBe(2 * 16 * 9 * 4);
  });

  it('start with weights by what an output sums, whatever the groups and strides', () => {
    const deviation = (layer: AnyLayer, sample: number[]): number => {
      layer.build(sample as never);
      const values = Array.from(layer.parameters()[0].data());
      return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    };
    const options = { kernelSize: 3, weightInitializer: 'heNormal', bias: false, seed: 1 };
    // Eight standard errors or more: the deviation of n numbers is known to 1 / sqrt(2 n).
    const close = (got: number, inputs: number): void => expect(Math.abs(got / Math.sqrt(2 / inputs) - 1)).toBeLessThan(0.08);
    close(deviation(conv2d({ ...options, filters: 64, groups: 4 }), [9, 9, 64]), 9 * 16);
    close(deviation(depthwiseConv2d({ ...options, depthMultiplier: 2 }), [9, 9, 512]), 9);
    close(deviation(convTranspose2d({ ...options, filters: 64, stride: 2 }), [9, 9, 32]), (9 * 32) / 4);
  });

  it('say what does not fit', () => {
    expect(() => conv2d({ filters: 2, kernelSize: 3 }).build([9, 9])).toThrow(/images \[height, width, channels\]/);
    expect(() => conv1d({ filters: 2, kernelSize: 3 }).build([2, 4])).toThrow(/at least 3/);
    expect(() => conv3d({ filters: 2, kernelSize: 3, groups: 2 }).build([3, 3, 3, 3])).toThrow(
      /volumes \[depth, height, width, a multiple of 2 channels\]/,
    );
    expect(() => conv2d({ filters: 2, kernelSize: 3, padding: 'causal' })).toThrow(/'causal' \(on one axis\)/);
    expect(() => conv2d({ filters: 3, kernelSize: 3, groups: 2 })).toThrow(ArgumentError);
    expect(() => conv2d({ filters: 3, kernelSize: 3, paddingMode: 'mirror' as never })).toThrow(/expected a padding mode/);
    expect(() => conv2d({ filters: 3, kernelSize: 3, algorithm: 'fft' as never })).toThrow(/\[Conv2d\] expected algorithm/);
    expect(() => conv2d({ filters: 3, kernelSize: 3, algorithm: 'winograd', stride: 2 }).call(ones([1, 8, 8, 1]))).toThrow();
    expect(() => depthwiseConv1d({ kernelSize: 3, filters: 3 } as never)).toThrow(/received 'filters'/);
    expect(() => separableConv2d({ filters: 0, kernelSize: 3 })).toThrow(/filters/);
    expect(() => separableConv2d(null as never)).toThrow(ArgumentError);
    const first = { filters: 1, kernelSize: 3 };
    expect(() => convTranspose1d({ ...first, outputPadding: 1 }).build([4, 1])).toThrow(/a size from 6 to 6 .* received 7/);
    expect(() => convTranspose1d({ ...first, stride: 2, outputSize: 12 }).build([4, 1])).toThrow(/a size from 9 to 10/);
    expect(() => convTranspose1d({ ...first, padding: 4 }).build([4, 1])).toThrow(ShapeError);
    expect(() => convTranspose1d({ ...first, outputPadding: 0, outputSize: 9 }).build([4, 1])).toThrow(/without outputSize/);
    expect(() => pad2d({ padding: [1] })).toThrow(/one entry for each of 2 axes/);
    expect(() => pad2d({ padding: 'same' as never })).toThrow(ArgumentError);
    expect(() => pad1d({ padding: 1 }).build([3])).toThrow(/sequences \[length, channels\]/);
  });
});
