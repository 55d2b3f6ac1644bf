import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { mul, type PaddingMode, type PaddingPair, pad, sum } from '../../src/ops/index.js';
import { arange, tensor, zeros } from '../../src/tensor/create.js';

const one = (mode: PaddingMode | number, amounts: PaddingPair, n = 3): unknown =>
  pad(arange(1, n + 1), [amounts], mode).toArray();

describe('padding', () => {
  it.each<[PaddingMode | number, number[]]>([
    ['zeros', [0, 0, 1, 2, 3, 0, 0]],
    [7, [7, 7, 1, 2, 3, 7, 7]],
    [{ constant: -1 }, [-1, -1, 1, 2, 3, -1, -1]],
    ['reflect', [3, 2, 1, 2, 3, 2, 1]],
    ['replicate', [1, 1, 1, 2, 3, 3, 3]],
    ['circular', [2, 3, 1, 2, 3, 1, 2]],
  ])('%s puts what it says on both sides', (mode, want) => {
    expect(one(mode, [2, 2])).toEqual(want);
  });

  it('repeats as often as it must', () => {
    expect(one('reflect', [5, 6])).toEqual([2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1]);
    expect(one('circular', [4, 5])).toEqual([3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2]);
    expect(one('circular', [3, 0], 2)).toEqual([2, 1, 2, 1, 2]);
    for (const mode of ['reflect', 'replicate', 'circular'] as const) expect(one(mode, [2, 1], 1)).toEqual([1, 1, 1, 1]);
  });

  it('fills corners from both axes', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(
      pad(
        x,
        [
          [1, 0],
          [0, 1],
        ],
        'circular',
      ).toArray(),
    ).toEqual([
      [3, 4, 3],
      [1, 2, 1],
      [3, 4, 3],
    ]);
    expect(
      pad(
        x,
        [
          [1, 0],
          [1, 0],
        ],
        5,
      ).toArray(),
    ).toEqual([
      [5, 5, 5],
      [5, 1, 2],
      [5, 3, 4],
    ]);
  });

  it('takes whole numbers, too, and nothing at all', () => {
    expect(pad(tensor(Int32Array.of(4, 5)), [[1, 1]], 'replicate').data()).toEqual(Int32Array.of(4, 4, 5, 5));
    expect(pad(tensor(3), []).item()).toBe(3);
    expect(pad(zeros([0, 2]), [[0, 0], [1, 1]], 'reflect').shape).toEqual([0, 4]); // biome-ignore format: a pair each
    expect(pad(zeros([0]), [[1, 1]], 9).toArray()).toEqual([9, 9]);
  });

  it('gives each cell the gradients of all places where it stands', () => {
    const weights = tensor([1, 2, 4, 8, 16, 32, 64, 128]);
    const of = (mode: PaddingMode): unknown => grad((x) => sum(mul(pad(x, [[3, 2]], mode), weights)))(arange(3)).toArray();
    expect(of('zeros')).toEqual([8, 16, 32]);
    expect(of('replicate')).toEqual([15, 16, 224]);
    expect(of('circular')).toEqual([1 + 8 + 64, 2 + 16 + 128, 4 + 32]);
    expect(of('reflect')).toEqual([8 + 128, 1 + 4 + 16 + 64, 2 + 32]);
  });

  it('says what does not fit', () => {
    expect(() => pad(zeros([0]), [[1, 0]], 'circular')).toThrow(ShapeError);
    expect(() => pad(tensor(Uint8Array.of(1)), [[1, 1]], 0.5)).toThrow(ArgumentError);
    expect(() => pad(zeros([2]), [])).toThrow(/\[pad\] expected 1 pairs/);
    expect(() => pad(zeros([2]), [[1, -1]])).toThrow(ArgumentError);
    expect(() => pad(zeros([2]), [[1, 1]], 'mirror' as never)).toThrow(/expected a padding mode.*received "mirror"/);
    expect(() => pad(zeros([2]), [[1, 1]], { constant: '1' } as never)).toThrow(ArgumentError);
  });
});
