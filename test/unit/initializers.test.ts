import { describe, expect, it } from 'vitest';
import * as initializers from '../../src/initializers/index.js';
import { fanOf } from '../../src/initializers/initializer.js';
import { RandomStream } from '../../src/tensor/random.js';

const shape = [3, 3, 20, 50];
const fan = fanOf(shape);

/** Mean, deviation and largest magnitude of a sample of 9,000. */
function measure(initializer: initializers.Initializer): { mean: number; deviation: number; bound: number } {
  const values = [...initializer.sample(shape, fan, new RandomStream(1, 'test'), 'float32').data()];
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), bound: Math.max(...values.map(Math.abs)) };
}

describe('initialisers', () => {
  it('count the inputs and outputs that a kernel element connects', () => {
    expect(fan).toEqual({ in: 180, out: 450 });
    expect(fanOf([7])).toEqual({ in: 1, out: 7 });
  });

  // Four standard errors of the deviation of 9,000 numbers: 4 / sqrt(2 * 9000) = 3 %.
  it.each([
    ['glorotUniform', initializers.glorotUniform, Math.sqrt(2 / 630), Math.sqrt(6 / 630)],
    ['glorotNormal', initializers.glorotNormal, Math.sqrt(2 / 630), Number.POSITIVE_INFINITY],
    ['heUniform', initializers.heUniform, Math.sqrt(2 / 180), Math.sqrt(6 / 180)],
    ['heNormal', initializers.heNormal, Math.sqrt(2 / 180), Number.POSITIVE_INFINITY],
    ['fanInUniform', initializers.fanInUniform, 1 / Math.sqrt(3 * 180), 1 / Math.sqrt(180)],
  ] as const)('%s', (_name, make, deviation, bound) => {
    const seen = measure(make());
    expect(Math.abs(seen.deviation / deviation - 1)).toBeLessThan(0.03);
    expect(Math.abs(seen.mean)).toBeLessThan((4 * deviation) / Math.sqrt(9000));
    expect(seen.bound).toBeLessThanOrEqual(bound * (1 + 1e-6));
  });

  it('take ranges, and refuse others', () => {
    expect(measure(initializers.uniform({ low: 2, high: 2 })).mean).toBe(2);
    expect(Math.abs(measure(initializers.normal({ mean: 1, std: 0.1 })).mean - 1)).toBeLessThan(0.005);
    expect(measure(initializers.constant({ value: 3 }))).toEqual({ mean: 3, deviation: 0, bound: 3 });
    expect(measure(initializers.ones()).bound).toBe(1);
    expect(() => initializers.uniform({ low: 1, high: 0 })).toThrow(/low <= high/);
    expect(() => initializers.normal({ std: -1 })).toThrow(/std >= 0/);
    expect(() => initializers.constant({} as never)).toThrow(/value to be a number/);
  });
});
