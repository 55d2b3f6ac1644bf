import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { convolve, correlate, type SignalMode } from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';

const modes: SignalMode[] = ['full', 'same', 'valid'];

/** (x * k)[n] = sum of x[i] k[n - i] over all n where the two touch, from the definition. */
function convolved(x: number[][], k: number[][]): number[][] {
  const [height, width] = [x.length + k.length - 1, x[0].length + k[0].length - 1];
  const y = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  x.forEach((row, i) => {
    row.forEach((value, j) => {
      k.forEach((line, a) => {
        line.forEach((weight, b) => {
          y[i + a][j + b] += value * weight;
        });
      });
    });
  });
  return y;
}

const middle = <T>(list: T[], size: number): T[] => list.slice((list.length - size) >> 1).slice(0, size);

/** The part of the full result that a mode means. */
function part(full: number[][], x: number[][], k: number[][], mode: SignalMode): number[][] {
  const size = (n: number, m: number): number => (mode === 'full' ? n + m - 1 : mode === 'same' ? n : Math.abs(n - m) + 1);
  return middle(full, size(x.length, k.length)).map((row) => middle(row, size(x[0].length, k[0].length)));
}

const reversed = (k: number[][]): number[][] => [...k].reverse().map((row) => [...row].reverse());

const image = (height: number, width: number): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: width, maxLength: width }), {
    minLength: height,
    maxLength: height,
  });
const side = fc.integer({ min: 1, max: 7 });
const images = fc.tuple(side, side).chain(([height, width]) => image(height, width));

describe('convolution and correlation of signals', () => {
  // numpy.convolve and numpy.correlate of these; a kernel of even length tells where the middle is.
  it('agree with NumPy', () => {
    const [x, k] = [tensor([1, 2, 3, 4, 5]), tensor([1, -1, 2, 3])];
    const all = (f: typeof convolve): unknown => modes.map((mode) => f(x, k, mode).toArray());
    expect(all(convolve)).toEqual([
      [1, 1, 3, 8, 13, 12, 22, 15],
      [1, 3, 8, 13, 12],
      [8, 13],
    ]);
    expect(all(correlate)).toEqual([
      [3, 8, 12, 17, 22, 9, -1, 5],
      [8, 12, 17, 22, 9],
      [17, 22],
    ]);
    expect(convolve(x, k).toArray()).toEqual(convolve(x, k, 'full').toArray());
    expect(correlate(x, k).toArray()).toEqual(correlate(x, k, 'valid').toArray());
  });

  it('exchange signal and kernel where only that is valid, as NumPy does', () => {
    const [x, k] = [tensor([1, 2, 3]), tensor([1, -1, 2, 3, 7])];
    expect(convolve(x, k, 'valid').toArray()).toEqual([3, 4, 19]);
    expect(correlate(x, k, 'valid').toArray()).toEqual([29, 12, 5]);
  });

  it('are what the definition says in two dimensions', () => {
    fc.assert(
      fc.property(images, images, fc.constantFrom(...modes), (x, k, mode) => {
        const smaller = k.length <= x.length && k[0].length <= x[0].length;
        const larger = k.length >= x.length && k[0].length >= x[0].length;
        fc.pre(mode !== 'valid' || smaller || larger);
        expect(convolve(tensor(x), tensor(k), mode).toArray()).toEqual(part(convolved(x, k), x, k, mode));
        expect(correlate(tensor(x), tensor(k), mode).toArray()).toEqual(part(convolved(x, reversed(k)), x, k, mode));
      }),
      { numRuns: 100 },
    );
  });

  it('say what does not fit', () => {
    expect(() => convolve(tensor([1, 2]), tensor([[1]]))).toThrow(ShapeError);
    expect(() => convolve(tensor(1), tensor(1))).toThrow(/two signals \[n\] or two images/);
    expect(() => correlate(tensor([1]), tensor(new Float32Array(0)))).toThrow(ShapeError);
    expect(() => correlate(tensor([[1, 2]]), tensor([[1], [2]]), 'valid')).toThrow(/at least as large as the other/);
    expect(() => convolve(tensor([1]), tensor([1]), 'most' as never)).toThrow(/'full', 'same' or 'valid', received "most"/);
    expect(() => convolve(tensor([1]), tensor([1], { dtype: 'int32' }))).toThrow(/float32 or float64/);
  });
});
