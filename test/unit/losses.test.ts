import { describe, expect, it } from 'vitest';
import { ArgumentError, DTypeError, ShapeError } from '../../src/errors.js';
import { crossEntropy, meanSquaredError } from '../../src/losses/index.js';
import { accuracy } from '../../src/metrics/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';

const int32 = { dtype: 'int32' } as const;

describe('crossEntropy', () => {
  it('takes labels of any integer type', () => {
    const logits = tensor([
      [2, 0, 0],
      [0, 0, 0],
    ]);
    const expected = (Math.log(1 + 2 * Math.exp(-2)) + Math.log(3)) / 2;
    for (const dtype of ['int32', 'uint8'] as const) {
      expect(crossEntropy()(logits, tensor([0, 2], { dtype })).item()).toBeCloseTo(expected, 6);
    }
    expect(
      crossEntropy()(
        logits,
        tensor([
          [1, 0, 0],
          [0, 0, 1],
        ]),
      ).item(),
    ).toBeCloseTo(expected, 6);
  });

  it('refuses what does not fit', () => {
    const logits = zeros([2, 3]);
    expect(() => crossEntropy()(logits, tensor([0, 3], int32))).toThrow(/labels from 0 to 2, received 3/);
    expect(() => crossEntropy()(logits, tensor([0], int32))).toThrow(ShapeError);
    expect(() => crossEntropy()(logits, zeros([2, 2]))).toThrow(ShapeError);
    expect(() => crossEntropy()(zeros([]), tensor(0, int32))).toThrow(ShapeError);
    expect(() => crossEntropy()(zeros([1, 2], int32), tensor([0], int32))).toThrow(DTypeError);
    expect(() => crossEntropy()(3 as never, logits)).toThrow(ArgumentError);
    expect(() => crossEntropy({ reduction: 'max' as 'sum' })).toThrow(ArgumentError);
    expect(() => crossEntropy({ weight: 1 } as never)).toThrow(/received 'weight'/);
  });
});

describe('meanSquaredError', () => {
  it('wants one shape and casts targets', () => {
    expect(meanSquaredError()(tensor([1, 2]), tensor([1, 4], int32)).item()).toBe(2);
    expect(() => meanSquaredError()(zeros([2, 1]), zeros([2]))).toThrow(ShapeError);
  });
});

describe('accuracy', () => {
  it('is exact over batches of unequal sizes', () => {
    const run = accuracy().start();
    expect(run.value()).toBeNaN();
    run.update(
      tensor([
        [1, 0],
        [0, 1],
        [3, 2],
      ]),
      tensor([0, 1, 1], int32),
    );
    run.update(tensor([[0, 1]]), tensor([[0, 1]]));
    expect(run.value()).toBe(0.75);
  });

  it('compares single numbers with a threshold', () => {
    const run = accuracy({ threshold: 0, name: 'sign' }).start();
    run.update(tensor([[-1], [2]]), tensor([0, 0], int32));
    expect(run.value()).toBe(0.5);
  });

  it('refuses what does not fit', () => {
    expect(() =>
      accuracy()
        .start()
        .update(zeros([2, 3]), tensor([0], int32)),
    ).toThrow(ShapeError);
    expect(() =>
      accuracy()
        .start()
        .update([], zeros([1])),
    ).toThrow(ArgumentError);
  });
});
