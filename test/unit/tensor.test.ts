import { describe, expect, it } from 'vitest';
import { ArgumentError, DTypeError, ShapeError } from '../../src/errors.js';
import * as ops from '../../src/ops/index.js';
import { arange, eye, full, linspace, ones, scalar, tensor, zeros, zerosLike } from '../../src/tensor/create.js';
import { Parameter } from '../../src/tensor/parameter.js';
import { RandomStream, randomNormal, randomUniform, setSeed } from '../../src/tensor/random.js';

describe('creation', () => {
  it('takes numbers, nested arrays and typed arrays', () => {
    expect(scalar(3).toArray()).toBe(3);
    expect(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).shape,
    ).toEqual([2, 3]);
    expect(tensor(new Int32Array([1, 2])).dtype).toBe('int32');
    expect(tensor(new Float64Array(6), { shape: [2, 3] }).dtype).toBe('float64');
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([1, 0], { dtype: 'bool' }).toArray()).toEqual([1, 0]);
  });

  it('copies what it is given and what it gives', () => {
    const source = new Float32Array([1, 2]);
    const x = tensor(source);
    source[0] = 9;
    (x.data() as Float32Array)[1] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  it('makes parameters of zeros, whatever their memory held', () => {
    ones([6]).dispose();
    expect(new Parameter('p', [6]).toArray()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses ragged, mistyped and misshaped values', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => tensor([1, [2]] as number[])).toThrow(ShapeError);
    expect(() => tensor(['a'] as unknown as number[])).toThrow(ShapeError);
    expect(() => tensor([1.5], { dtype: 'int32' })).toThrow(ArgumentError);
    expect(() => tensor([256], { dtype: 'uint8' })).toThrow(ArgumentError);
    expect(() => tensor([1, 2], { shape: [3] })).toThrow(ShapeError);
    expect(() => tensor(new BigInt64Array(2) as unknown as Float32Array)).toThrow(ArgumentError);
    expect(() => zeros([-1])).toThrow(ShapeError);
    expect(() => zeros([1e6, 1e6])).toThrow(ShapeError);
    expect(() => zeros([2], { dtype: 'float16' as 'float32' })).toThrow(ArgumentError);
  });

  it('makes the usual arrays', () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(linspace(0, 1, 3).toArray()).toEqual([0, 0.5, 1]);
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(full([2], 7, { dtype: 'int32' }).toArray()).toEqual([7, 7]);
    expect(zerosLike(ones([2])).toArray()).toEqual([0, 0]);
  });
});

describe('random', () => {
  it('repeats with the seed and differs by stream', () => {
    const draw = (seed: number, name: string) => new RandomStream(seed, name).uniform([5]).toArray();
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
    setSeed(3);
    const first = randomUniform([4]).toArray();
    expect(randomUniform([4]).toArray()).not.toEqual(first);
    setSeed(3);
    expect(randomUniform([4]).toArray()).toEqual(first);
    setSeed(0);
  });

  it('has the distributions it says', () => {
    const n = 20000;
    const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
    const normal = randomNormal([n], { mean: 2, deviation: 3, seed: 1 }).toArray() as number[];
    // Five standard errors of a mean (3 / sqrt(n)) and of a variance (9 sqrt(2 / n)).
    expect(Math.abs(mean(normal) - 2)).toBeLessThan(5 * (3 / Math.sqrt(n)));
    expect(Math.abs(mean(normal.map((v) => (v - 2) ** 2)) - 9)).toBeLessThan(5 * 9 * Math.sqrt(2 / n));
    const uniform = randomUniform([n], { low: -1, high: 3, seed: 1 }).toArray() as number[];
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...uniform)).toBeLessThan(3);
    expect(Math.abs(mean(uniform) - 1)).toBeLessThan(5 * (4 / Math.sqrt(12 * n)));
  });

  it('permutes every number once', () => {
    const order = new RandomStream(7).permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('refuses bad seeds', () => {
    for (const seed of [-1, 1.5, Number.NaN, 2 ** 60, '1' as unknown as number])
      expect(() => setSeed(seed)).toThrow(ArgumentError);
  });
});

describe('ops', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  it('broadcasts', () => {
    expect(ops.add(x, tensor([10, 20, 30])).toArray()).toEqual([
      [11, 22, 33],
      [14, 25, 36],
    ]);
    expect(ops.sub(1, x).toArray()).toEqual([
      [0, -1, -2],
      [-3, -4, -5],
    ]);
    expect(ops.mul(tensor([[1], [2]]), tensor([[1, 10]])).toArray()).toEqual([
      [1, 10],
      [2, 20],
    ]);
    expect(() => ops.add(x, tensor([1, 2]))).toThrow(ShapeError);
  });

  it('reduces', () => {
    expect(x.sum().item()).toBe(21);
    expect(x.mean(0).toArray()).toEqual([2.5, 3.5, 4.5]);
    expect(x.max(1, true).toArray()).toEqual([[3], [6]]);
    expect(x.argMax().toArray()).toEqual([2, 2]);
    expect(ops.prod(x, 1).toArray()).toEqual([6, 120]);
    expect(ops.sumSquares(x, [0, 1]).item()).toBe(91);
    expect(zeros([0]).sum().item()).toBe(0);
    expect(zeros([0]).mean().item()).toBeNaN();
    expect(() => zeros([0]).max()).toThrow(ShapeError);
    expect(() => x.sum(2)).toThrow(ArgumentError);
    expect(() => x.sum([0, -2])).toThrow(ArgumentError);
  });

  it('slices as Python does', () => {
    expect(x.at(-1).toArray()).toEqual([4, 5, 6]);
    expect(x.slice(null, [1]).toArray()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(x.slice([null, null, -1], 0).toArray()).toEqual([4, 1]);
    expect(x.slice(null, [-2, 99]).toArray()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(x.slice([2]).shape).toEqual([0, 3]);
    expect(() => x.at(2)).toThrow(ArgumentError);
    expect(() => x.slice([0, 1, 0])).toThrow(ArgumentError);
  });

  it('moves axes and joins', () => {
    expect(x.transpose().toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(x.reshape([3, -1]).toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(ops.concat([x, x], 1).shape).toEqual([2, 6]);
    expect(ops.stack([x, x]).shape).toEqual([2, 2, 3]);
    expect(ops.split(x, [1, 2], 1).map((t) => t.shape)).toEqual([
      [2, 1],
      [2, 2],
    ]);
    expect(ops.pad(tensor([1]), [[1, 2]]).toArray()).toEqual([0, 1, 0, 0]);
    expect(ops.flip(tensor([1, 2, 3])).toArray()).toEqual([3, 2, 1]);
    expect(() => x.reshape([4])).toThrow(ShapeError);
    expect(() => x.permute([0, 0])).toThrow(ArgumentError);
    expect(() => ops.concat([])).toThrow(ArgumentError);
  });

  it('multiplies matrices', () => {
    expect(x.matmul(tensor([[1], [0], [2]])).toArray()).toEqual([[7], [16]]);
    expect(ops.matmul(x, x, { transposeB: true }).toArray()).toEqual([
      [14, 32],
      [32, 77],
    ]);
    expect(ops.matmul(tensor([1, 2]), tensor([3, 4])).toArray()).toBe(11);
    expect(() => x.matmul(x)).toThrow(ShapeError);
  });

  it('picks and compares', () => {
    const ids = tensor(new Int32Array([1, 0]));
    expect(ops.gather(x, ids).toArray()).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
    expect(ops.gather(x, ids, 1).toArray()).toEqual([
      [2, 1],
      [5, 4],
    ]);
    expect(ops.oneHot(ids, 2).toArray()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(ops.greater(x, 3).toArray()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(ops.where(ops.greater(x, 3), x, 0).toArray()).toEqual([
      [0, 0, 0],
      [4, 5, 6],
    ]);
    expect(() => ops.gather(x, tensor(new Int32Array([2])))).toThrow(ArgumentError);
    expect(() => ops.gather(x, tensor([1]))).toThrow(DTypeError);
    expect(() => ops.softmaxCrossEntropy(x, tensor(new Int32Array([0, 3])))).toThrow(ArgumentError);
  });

  it('converts types explicitly', () => {
    expect(tensor([1.7, -1.7, Number.NaN, 1e20]).cast('int32').toArray()).toEqual([1, -1, 0, 2147483647]);
    expect(tensor([0, 2, -1]).cast('bool').toArray()).toEqual([0, 1, 1]);
    expect(() => ops.add(x, tensor(new Float64Array(3)))).toThrow(DTypeError);
    expect(() => ops.exp(tensor(new Int32Array(3)))).toThrow(DTypeError);
  });

  it('is stable on extreme logits', () => {
    expect(ops.softmax(tensor([1e4, -1e4, 0])).toArray()).toEqual([1, 0, 0]);
    expect(ops.logSoftmax(tensor([1e4, 0])).toArray()).toEqual([0, -1e4]);
    expect(ops.softmaxCrossEntropy(tensor([[1e4, 0]]), tensor(new Int32Array([1]))).toArray()).toEqual([1e4]);
  });
});
