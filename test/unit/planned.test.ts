import { describe, expect, it } from 'vitest';
import { conv2d } from '../../src/layers/conv.js';
import { avgPool2d } from '../../src/layers/index.js';
import { maxPool2d } from '../../src/layers/pool.js';
import { conv, maxPool } from '../../src/ops/index.js';
import { planned, settle } from '../../src/ops/planned.js';
import { ones } from '../../src/tensor/create.js';

describe('plans of layers', () => {
  it('are worked out once for settled settings, shapes and types, and each time for others', () => {
    let count = 0;
    const plan = (settings: object, shape: number[], dtype: 'float32' | 'float64' = 'float32', other: number[] | null = null) =>
      planned('op', settings, ones(shape, { dtype }), other && ones(other), () => ++count);
    const settled = settle({ stride: [1, 2] });
    expect([plan(settled, [2, 3]), plan(settled, [2, 3])]).toEqual([1, 1]);
    expect([plan(settled, [3, 2]), plan(settled, [2, 3])]).toEqual([2, 3]);
    expect(plan(settled, [2, 3], 'float64')).toBe(4);
    expect([plan(settled, [2, 3], 'float32', [1]), plan(settled, [2, 3], 'float32', [2])]).toEqual([5, 6]);
    const own = { stride: 1 };
    expect([plan(own, [2]), plan(own, [2])]).toEqual([7, 8]);
  });

  it('cannot be changed through the settings that were given', () => {
    const stride = [1, 1];
    const layer = conv2d({ filters: 1, kernelSize: 2, stride });
    expect(layer.call(ones([1, 4, 4, 1])).shape).toEqual([1, 3, 3, 1]);
    stride[0] = 2;
    expect(layer.call(ones([1, 4, 4, 1])).shape).toEqual([1, 3, 3, 1]);
    expect(layer.call(ones([1, 6, 4, 1])).shape).toEqual([1, 5, 3, 1]);
    expect(Object.isFrozen(settle({ a: [[1]] }).a[0])).toBe(true);
  });

  it('follow batch and shape', () => {
    const pool = maxPool2d({ poolSize: 2 });
    const mean = avgPool2d({ poolSize: 2 });
    for (const [batch, size] of [
      [1, 4],
      [2, 4],
      [2, 6],
      [1, 4],
    ] as const) {
      const x = ones([batch, size, size, 3]);
      expect(pool.predict(x).shape).toEqual([batch, size / 2, size / 2, 3]);
      expect(mean.predict(x).shape).toEqual([batch, size / 2, size / 2, 3]);
    }
  });

  it('are not kept for options that may change', () => {
    const options = { stride: 1 };
    const [x, weight] = [ones([1, 4, 4, 1]), ones([2, 2, 1, 1])];
    expect(conv(x, weight, null, options).shape).toEqual([1, 3, 3, 1]);
    options.stride = 2;
    expect(conv(x, weight, null, options).shape).toEqual([1, 2, 2, 1]);
    expect(maxPool(x, { size: 2, ...options }).shape).toEqual([1, 2, 2, 1]);
  });
});
