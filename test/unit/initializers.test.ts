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
    ['lecunUniform', initializers.lecunUniform, Math.sqrt(1 / 180), Math.sqrt(3 / 180)],
    ['lecunNormal', initializers.lecunNormal, Math.sqrt(1 / 180), (2 * Math.sqrt(1 / 180)) / 0.8796256610342398],
    ['fanInUniform', initializers.fanInUniform, 1 / Math.sqrt(3 * 180), 1 / Math.sqrt(180)],
  ] as const)('%s', (_name, make, deviation, bound) => {
    const seen = measure(make());
    expect(Math.abs(seen.deviation / deviation - 1)).toBeLessThan(0.03);
    expect(Math.abs(seen.mean)).toBeLessThan((4 * deviation) / Math.sqrt(9000));
    expect(seen.bound).toBeLessThanOrEqual(bound * (1 + 1e-6));
  });

  it('take a gain and a mode', () => {
    const deviation = (initializer: initializers.Initializer) => measure(initializer).deviation;
    expect(deviation(initializers.heNormal({ mode: 'out', gain: 1 })) * Math.sqrt(450)).toBeCloseTo(1, 1);
    expect(deviation(initializers.heUniform({ mode: 'average', gain: 1 })) * Math.sqrt(315)).toBeCloseTo(1, 1);
    expect(deviation(initializers.glorotNormal({ gain: 3 })) * Math.sqrt(315)).toBeCloseTo(3, 1);
    expect(initializers.heNormal({ mode: 'out' }).config).toEqual({ mode: 'out' });
    expect(initializers.gainFor('relu')).toBe(Math.SQRT2);
    expect(initializers.gainFor('leakyRelu', 1)).toBe(1);
    expect(() => initializers.heNormal({ mode: 'both' as 'in' })).toThrow(/'in', 'out' or 'average'/);
    expect(() => initializers.glorotUniform({ gain: 0 })).toThrow(/gain > 0/);
    expect(() => initializers.gainFor('gelu' as 'relu')).toThrow(/one of linear/);
  });

  it('truncatedNormal stays between its bounds', () => {
    for (const bounds of [{}, { low: 0.01, high: 0.02 }, { low: -1, high: 0 }]) {
      const { low = -0.1, high = 0.1 } = bounds as { low?: number; high?: number };
      const values = initializers.truncatedNormal(bounds).sample(shape, fan, new RandomStream(1, 'test'), 'float64').data();
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
    }
    expect(() => initializers.truncatedNormal({ low: 1, high: 2 })).toThrow(/two standard deviations/);
    expect(() => initializers.truncatedNormal({ low: 0.1, high: 0 })).toThrow(/low < high/);
  });

  it('orthogonal matrices keep lengths', () => {
    for (const size of [
      [5, 3],
      [3, 5],
      [2, 2, 3, 4],
      [1, 1],
      [4, 0],
    ]) {
      const columns = size.at(-1) as number;
      const values = initializers
        .orthogonal({ gain: 2 })
        .sample(size, fanOf(size), new RandomStream(1, 'test'), 'float64')
        .data();
      const rows = values.length / columns;
      // W^T W or W W^T, whichever is smaller.
      const [count, length, row, column] = rows < columns ? [rows, columns, columns, 1] : [columns, rows, 1, columns];
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          let product = 0;
          for (let k = 0; k < length; k++) product += values[i * row + k * column] * values[j * row + k * column];
          expect(product).toBeCloseTo(i === j ? 4 : 0, 12);
        }
      }
    }
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
