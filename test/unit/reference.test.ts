import { describe, expect, it } from 'vitest';
import { referenceBackend as reference } from '../../src/backend/reference/index.js';
import { ArgumentError } from '../../src/errors.js';
import { philox } from '../../src/tensor/philox.js';

const f64 = (...values: number[]) => new Float64Array(values);
const f32 = (...values: number[]) => new Float32Array(values);
const i32 = (...values: number[]) => new Int32Array(values);

function unary(op: Parameters<typeof reference.unary>[0], values: number[], p = 0, q = 0): number[] {
  const y = new Float64Array(values.length);
  reference.unary(op, f64(...values), y, p, q);
  return [...y];
}

describe('philox', () => {
  // kat_vectors of Random123 (philox4x32, 10 rounds): counter, key, block.
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the published block of counter %j', (counter, key, block) => {
    expect([...philox(counter, key)]).toEqual(block);
  });
});

describe('elementwise', () => {
  it('rounds halves to even', () => {
    expect(unary('round', [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2.3, -2.7, 2 ** 53 - 1])).toEqual([
      0,
      2,
      2,
      -0,
      -2,
      -2,
      0,
      2,
      -3,
      2 ** 53 - 1,
    ]);
  });

  it('lets NaN through relu, clip, maximum and minimum', () => {
    expect(unary('relu', [NaN, -1, 2])).toEqual([NaN, 0, 2]);
    expect(unary('clip', [NaN, -3, 0, 3], -1, 1)).toEqual([NaN, -1, 0, 1]);
    const c = f64(0, 0);
    reference.binary('maximum', f64(NaN, 1), f64(1, NaN), c, i32(1, 2, 1, 1));
    expect([...c]).toEqual([NaN, NaN]);
  });

  it("raises to powers as C's pow does", () => {
    const c = f64(0, 0, 0, 0);
    reference.binary('pow', f64(1, -1, NaN, -8), f64(NaN, Infinity, 0, 1 / 3), c, i32(1, 4, 1, 1));
    expect([...c]).toEqual([1, 1, 1, NaN]);
  });

  it('broadcasts by strides of 0, the output in place of an input', () => {
    const a = f64(1, 2, 3, 4, 5, 6);
    reference.binary('add', a, f64(10, 20, 30), a, i32(2, 2, 3, 3, 1, 0, 1));
    expect([...a]).toEqual([11, 22, 33, 14, 25, 36]);
    const c = new Float64Array(6);
    reference.binary('mul', f64(1, 2), f64(1, 10, 100), c, i32(2, 2, 3, 1, 0, 0, 1));
    expect([...c]).toEqual([1, 10, 100, 2, 20, 200]);
  });

  it('has one element at rank 0 and none where a size is 0', () => {
    const c = f64(7);
    reference.binary('sub', f64(5), f64(2), c, i32(0));
    expect([...c]).toEqual([3]);
    reference.binary('sub', f64(), f64(), c, i32(2, 0, 4, 4, 1, 4, 1));
    expect([...c]).toEqual([3]);
  });
});

describe('movement', () => {
  it('transposes, flips and places by strides', () => {
    const y = new Int32Array(6);
    reference.copy(i32(1, 2, 3, 4, 5, 6), y, i32(2, 3, 2, 1, 3, 2, 1), 0, 0);
    expect([...y]).toEqual([1, 4, 2, 5, 3, 6]);
    reference.copy(i32(1, 2, 3), y, i32(1, 3, -1, 2), 2, 1);
    expect([...y]).toEqual([1, 3, 2, 2, 3, 1]);
  });

  it('saturates where it casts to integers', () => {
    const y = new Uint8Array(6);
    reference.cast(f32(-1, 0.9, 255.5, 300, NaN, 7), y);
    expect([...y]).toEqual([0, 0, 255, 255, 0, 7]);
    const z = new Int32Array(4);
    reference.cast(f32(-1.9, 1e20, -Infinity, NaN), z);
    expect([...z]).toEqual([-1, 2 ** 31 - 1, -(2 ** 31), 0]);
  });
});

describe('reduce', () => {
  it('knows the values of nothing', () => {
    const y = f64(9);
    reference.reduce('sum', f64(), y, 1, 0, 1);
    expect([...y]).toEqual([0]);
    reference.reduce('mean', f64(), y, 1, 0, 1);
    expect([...y]).toEqual([NaN]);
    reference.reduce('prod', f64(), y, 1, 0, 1);
    expect([...y]).toEqual([1]);
  });

  it('reduces the middle axis', () => {
    const y = new Float64Array(4);
    reference.reduce('sum', f64(1, 2, 3, 4, 5, 6, 7, 8), y, 2, 2, 2);
    expect([...y]).toEqual([4, 6, 12, 14]);
    const where = new Int32Array(2);
    reference.argReduce('argMax', f64(3, 1, 3, 7, NaN, NaN), where, 1, 3, 2);
    expect([...where]).toEqual([2, 2]);
    reference.argReduce('argMin', f64(3, 3, 1, 1), where.subarray(1), 1, 4, 1);
    expect([...where]).toEqual([2, 2]);
  });
});

describe('softmax', () => {
  it('does not overflow', () => {
    const y = new Float64Array(3);
    reference.softmax(f64(1000, 1000, -1000), y, 1, 3, false);
    expect([...y]).toEqual([0.5, 0.5, 0]);
    reference.softmax(f64(1e300, 0), y.subarray(0, 2), 1, 2, true);
    expect([...y.subarray(0, 2)]).toEqual([0, -1e300]);
  });

  it('agrees with cross-entropy, and its gradient adds up to 0', () => {
    const logits = f64(0.3, -1, 2, 0, 0, 1);
    const loss = new Float64Array(2);
    const probabilities = new Float64Array(6);
    reference.crossEntropy(logits, i32(2, 0), loss, probabilities, 2, 3);
    const log = new Float64Array(6);
    reference.softmax(logits, log, 2, 3, true);
    expect(loss[0]).toBeCloseTo(-log[2], 14);
    expect(loss[1]).toBeCloseTo(-log[3], 14);
    reference.crossEntropyGrad(probabilities, i32(2, 0), f64(1, 2), probabilities, 2, 3);
    expect(probabilities[0] + probabilities[1] + probabilities[2]).toBeCloseTo(0, 14);
  });

  it('refuses a label outside, by value and range', () => {
    const two = new Float64Array(2);
    expect(() => reference.crossEntropy(two, i32(2), new Float64Array(1), two, 1, 2)).toThrow(ArgumentError);
    expect(() => reference.crossEntropy(two, i32(-1), new Float64Array(1), two, 1, 2)).toThrow(
      '[crossEntropy] expected labels from 0 to 1, received -1 at position 0',
    );
  });
});

describe('gemm', () => {
  // [1 2; 3 4; 5 6] times [1 0 2; 0 1 3]
  const product = [1, 2, 8, 3, 4, 18, 5, 6, 28];
  const left = { plain: f64(1, 2, 3, 4, 5, 6), transposed: f64(1, 3, 5, 2, 4, 6) };
  const right = { plain: f64(1, 0, 2, 0, 1, 3), transposed: f64(1, 0, 0, 1, 2, 3) };

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('multiplies with transA %s, transB %s', (transA, transB) => {
    const a = transA ? left.transposed : left.plain;
    const b = transB ? right.transposed : right.plain;
    const c = new Float64Array(9).fill(NaN);
    reference.gemm(a, b, c, null, 3, 3, 2, transA ? 3 : 2, transB ? 2 : 3, 3, transA, transB, false, 'linear', 1, 0, 0, 0);
    expect([...c]).toEqual(product);
    reference.gemm(a, b, c, null, 3, 3, 2, transA ? 3 : 2, transB ? 2 : 3, 3, transA, transB, true, 'linear', 1, 0, 0, 0);
    expect([...c]).toEqual(product.map((value) => 2 * value));
  });

  it('adds the bias after the sum, then applies the activation', () => {
    const c = new Float64Array(9);
    reference.gemm(left.plain, right.plain, c, f64(-3, 0, -20), 3, 3, 2, 2, 3, 3, false, false, false, 'relu', 1, 0, 0, 0);
    expect([...c]).toEqual([0, 2, 0, 0, 4, 0, 2, 6, 8]);
  });

  it('writes the bias where k is 0', () => {
    const c = f64(9, 9);
    reference.gemm(f64(), f64(), c, f64(1, 2), 1, 2, 0, 0, 2, 2, false, false, false, 'linear', 1, 0, 0, 0);
    expect([...c]).toEqual([1, 2]);
  });
});

describe('conv and pool', () => {
  /** One image, one channel, square sizes, 2-D. */
  const square = (input: number, output: number, kernel: number, stride: number, pad: number) => [
    1,
    1,
    input,
    input,
    1,
    1,
    output,
    output,
    1,
    1,
    kernel,
    kernel,
    1,
    stride,
    stride,
    0,
    pad,
    pad,
    1,
    1,
    1,
    1,
  ];
  const image = Float64Array.from({ length: 9 }, (_, i) => i + 1);

  it('slides a kernel over an image, zeros around it', () => {
    const y = new Float64Array(4);
    reference.conv(image, f64(1, 0, 0, -1), null, y, i32(...square(3, 2, 2, 1, 0)), 'linear', 'auto');
    expect([...y]).toEqual([-4, -4, -4, -4]);
    reference.conv(image, f64(1, 1, 1, 1), f64(100), y, i32(...square(3, 2, 2, 2, 1)), 'linear', 'auto');
    expect([...y]).toEqual([101, 105, 111, 128]);
  });

  it('has gradients that are its adjoints', () => {
    const geometry = i32(2, 1, 5, 4, 4, 1, 3, 2, 6, 1, 3, 2, 1, 2, 2, 0, 1, 0, 1, 1, 2, 2);
    const random = (length: number, seed: number) => {
      const values = new Float64Array(length);
      reference.uniform(values, -1, 1, new Uint32Array([seed, 0, 0, 0]));
      return values;
    };
    const x = random(2 * 5 * 4 * 4, 1);
    const w = random(3 * 2 * 2 * 6, 2);
    const dy = random(2 * 3 * 2 * 6, 3);
    const [y, dx, dw] = [new Float64Array(dy.length), new Float64Array(x.length), new Float64Array(w.length)];
    reference.conv(x, w, null, y, geometry, 'linear', 'auto');
    reference.convGradInput(dy, w, dx, geometry, 'auto');
    reference.convGradWeight(x, dy, dw, geometry, 'auto');
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    expect(dot(dx, x)).toBeCloseTo(dot(y, dy), 12);
    expect(dot(dw, w)).toBeCloseTo(dot(y, dy), 12);
  });

  it('pools, and hands gradients back to where values came from', () => {
    const geometry = i32(1, 1, 3, 3, 1, 1, 2, 2, 1, 2, 2, 1, 1, 1, 0, 0, 0, 1, 1, 1);
    const y = new Float64Array(4);
    const indices = new Int32Array(4);
    reference.maxPool(f64(1, 5, 5, 0, 2, 5, NaN, 1, 1), y, indices, geometry);
    expect([...y]).toEqual([5, 5, NaN, 5]);
    expect([...indices]).toEqual([1, 1, 6, 5]);
    const dx = new Float64Array(9);
    reference.maxPoolGrad(f64(1, 2, 3, 4), indices, dx, geometry);
    expect([...dx]).toEqual([0, 3, 0, 0, 0, 4, 3, 0, 0]);
    expect(() => reference.maxPoolGrad(f64(1, 2, 3, 4), i32(0, 0, 0, 9), dx, geometry)).toThrow(ArgumentError);
  });

  it('pools to a given size', () => {
    const [y, indices] = [new Float64Array(2), new Int32Array(2)];
    reference.maxPool(f64(1, 2, 3, 4, 3), y, indices, i32(1, 1, 1, 5, 1, 1, 1, 2, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1));
    expect([...y, ...indices]).toEqual([3, 4, 2, 3]);
  });

  it('puts maxima back, the last of several, and takes gradients from there', () => {
    const [y, dx] = [new Float64Array(6), new Float64Array(4)];
    const [dims, indices] = [i32(1, 2, 3, 2), i32(2, 0, 2, 1)];
    reference.maxUnpool(f64(1, 2, 3, 4), indices, y, dims);
    expect([...y]).toEqual([0, 2, 0, 4, 3, 0]);
    reference.maxUnpoolGrad(f64(1, 2, 3, 4, 5, 6), indices, dx, dims);
    expect([...dx]).toEqual([5, 2, 5, 4]);
    expect(() => reference.maxUnpool(f64(1, 2, 3, 4), i32(0, 0, 3, 0), y, dims)).toThrow(ArgumentError);
    expect(() => reference.maxUnpoolGrad(y, i32(0, 0, -1, 0), dx, dims)).toThrow(ArgumentError);
  });

  it('applies a matrix to each spatial axis', () => {
    const y = new Float64Array(6);
    // Height: [[1, 1], [0, 2]] / [2, 1]; width: [[1, 0, 0], [0, 0, 0], [0, 1, -1]].
    const [starts, cells] = [i32(0, 1, 3, 4, 5, 5, 7), i32(0, 0, 1, 1, 0, 1, 2)];
    const call = (list: Int32Array) =>
      reference.resample(
        f64(1, 2, 3, 4, 5, 7),
        y,
        i32(1, 1, 2, 3, 1, 1, 2, 3),
        starts,
        list,
        f64(1, 1, 1, 2, 1, 1, -1),
        f64(1, 2, 1, 1, 1, 1),
      );
    call(cells);
    expect([...y]).toEqual([2.5, 0, -1.5, 8, 0, -4]);
    expect(() => call(i32(0, 0, 1, 2, 0, 1, 2))).toThrow(ArgumentError);
    starts[2] = 0;
    expect(() => call(cells)).toThrow(ArgumentError);
  });
});

describe('indexing', () => {
  it('gathers rows and adds them back, and refuses an index outside before it writes', () => {
    const y = new Float64Array(6);
    reference.gatherRows(f64(1, 2, 3, 4), i32(1, 0, 1), y, 2);
    expect([...y]).toEqual([3, 4, 1, 2, 3, 4]);
    const x = new Float64Array(4);
    reference.scatterAddRows(y, i32(1, 0, 1), x, 2);
    expect([...x]).toEqual([1, 2, 6, 8]);
    expect(() => reference.scatterAddRows(y, i32(1, 0, 2), x, 2)).toThrow('received 2 at position 2');
    expect([...x]).toEqual([1, 2, 6, 8]);
  });
});

describe('random', () => {
  it('draws word i % 4 of block i / 4', () => {
    const y = new Float64Array(6);
    const state = new Uint32Array([1, 2, 3, 4]);
    reference.uniform(y, 0, 1, state);
    const words = [...philox([0, 0, 3, 4], [1, 2]), ...philox([1, 0, 3, 4], [1, 2])].slice(0, 6);
    expect([...y]).toEqual(words.map((word) => (word >>> 8) / 2 ** 24));
  });

  it('drops by rate and scales what it keeps', () => {
    const y = new Float64Array(20000);
    reference.dropout(new Float64Array(20000).fill(3), y, 0.25, new Uint32Array([7, 0, 0, 0]));
    const kept = y.filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([4]));
    expect(Math.abs(kept.length / 20000 - 0.75)).toBeLessThan(0.01);
  });
});

describe('update', () => {
  const common = [1, Infinity, 0, 1];

  it('steps by SGD, with momentum and Nesterov', () => {
    const param = f64(1);
    reference.update('sgd', param, f64(2), null, null, null, f64(1, Infinity, 0.5, 1, 0.1, 0, 1, 0));
    expect(param[0]).toBeCloseTo(0.75, 15);
    const velocity = f64(0);
    reference.update('sgd', param, f64(1), velocity, null, null, f64(...common, 0.1, 0.9, 1, 0));
    expect(param[0]).toBeCloseTo(0.65, 15);
    reference.update('sgd', param, f64(1), velocity, null, null, f64(...common, 0.1, 0.9, 1, 1));
    expect(velocity[0]).toBeCloseTo(1.9, 15);
    expect(param[0]).toBeCloseTo(0.65 - 0.1 * (1 + 0.9 * 1.9), 15);
  });

  it('scales and limits the gradient, adds its decay, and shrinks the parameter', () => {
    const param = f64(1, 1, NaN);
    reference.update('sgd', param, f64(0.5, -50, 0), null, null, null, f64(2, 3, 0.25, 0.5, 1, 0, 1, 0));
    expect([...param]).toEqual([0.5 - 1.25, 0.5 - (-3 + 0.25), NaN]);
  });

  it('steps by lr at the first step of Adam, whatever the gradient', () => {
    const param = f64(1, 1);
    const [m, v] = [f64(0, 0), f64(0, 0)];
    const own = [0.01 / (1 - 0.9), 0.9, 1 - 0.9, 0.999, 1 - 0.999, 0, 1 / Math.sqrt(1 - 0.999)];
    reference.update('adam', param, f64(1e-3, -50), m, v, null, f64(...common, ...own));
    expect(param[0]).toBeCloseTo(0.99, 12);
    expect(param[1]).toBeCloseTo(1.01, 12);
  });
});
