/**
 * Sums of products have one order, fixed by their length: so a result has the same bits whatever stands around it,
 * whichever path computes it. Everything here is compared to the bit.
 */
import { describe, expect, it } from 'vitest';
import { convGeometryFields } from '../../src/backend/backend.js';
import { bitDifference } from '../support/compare.js';
import { nativeIfBuilt, withSettings } from '../support/isas.js';
import { Random } from '../support/random.js';

const native = nativeIfBuilt('the order of sums');

/** Whole and partial tiles, one row to many, depths of one block and of several. */
const shapes = [
  { m: 1, n: 10, k: 128 },
  { m: 7, n: 33, k: 65 },
  { m: 31, n: 48, k: 300 },
  { m: 70, n: 130, k: 40 },
  { m: 140, n: 150, k: 600 },
  { m: 64, n: 256, k: 784 },
] as const;
const transpositions = [false, true].flatMap((transA) => [false, true].map((transB) => ({ transA, transB })));
const variants = shapes.flatMap((shape) => transpositions.map((trans) => ({ ...shape, ...trans })));

function transposed(x: Float32Array, rows: number, cols: number): Float32Array {
  return Float32Array.from(x, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)]);
}

if (native === undefined) {
  it.skip('the order of sums');
} else {
  const { present } = native.info().isa;

  interface Stored {
    readonly transA?: boolean;
    readonly transB?: boolean;
    readonly lda?: number;
    readonly ldb?: number;
    readonly bias?: Float32Array;
  }
  const multiply = (a: Float32Array, b: Float32Array, m: number, n: number, k: number, stored: Stored = {}) => {
    const { transA = false, transB = false, bias = null } = stored;
    const { lda = transA ? m : k, ldb = transB ? k : n } = stored;
    const c = new Float32Array(m * n);
    native.gemm(a, b, c, bias, m, n, k, lda, ldb, n, transA, transB, false, 'linear', 1, 0, 0, 0);
    return c;
  };

  describe.each(present)('gemm on %s', (isa) => {
    it.each(variants)('m=$m n=$n k=$k transA=$transA transB=$transB', ({ m, n, k, transA, transB }) => {
      withSettings(native, { isa }, () => {
        const random = new Random(m * n + k);
        const [a, b, bias] = [random.floats(m * k), random.floats(k * n), random.floats(n)];
        const [storedA, storedB] = [transA ? transposed(a, m, k) : a, transB ? transposed(b, k, n) : b];
        const whole = multiply(a, b, m, n, k, { bias });

        const trans = multiply(storedA, storedB, m, n, k, { transA, transB, bias });
        expect(bitDifference('by transposed operands', trans, whole)).toBeUndefined();

        const packed = new Float32Array(native.gemmPackedSize(n, k));
        native.gemmPack(storedB, packed, n, k, transB ? k : n, transB);
        const fromPacked = new Float32Array(m * n);
        native.gemmPacked(storedA, packed, fromPacked, bias, m, n, k, transA ? m : k, n, transA, 'linear');
        expect(bitDifference('by a packed right side', fromPacked, whole)).toBeUndefined();

        for (const row of new Set([0, m >> 1, m - 1])) {
          const alone = multiply(a.subarray(row * k, row * k + k), storedB, 1, n, k, { transB, bias });
          expect(bitDifference(`row ${row} alone`, alone, whole.subarray(row * n, row * n + n))).toBeUndefined();
        }

        const columns = Math.min(n, 5);
        const left = multiply(storedA, b, m, columns, k, { transA, ldb: n, bias });
        const expected = Float32Array.from(left, (_, i) => whole[Math.floor(i / columns) * n + (i % columns)]);
        expect(bitDifference('the first columns alone', left, expected)).toBeUndefined();
      });
    });

    it('adds to what is there, product after product', () => {
      withSettings(native, { isa }, () => {
        const [m, n, k, cut] = [20, 40, 90, 37];
        const random = new Random(5);
        const [a, b] = [random.floats(m * k), random.floats(k * n)];
        const whole = multiply(a, b, m, n, k);
        const parts = multiply(a, b, m, n, cut, { lda: k });
        const [restA, restB] = [a.subarray(cut), b.subarray(cut * n)];
        native.gemm(restA, restB, parts, null, m, n, k - cut, k, n, n, false, false, true, 'linear', 1, 0, 0, 0);
        expect(bitDifference('in two parts', parts, whole)).toBeUndefined();
      });
    });
  });

  describe.each(present)('conv on %s', (isa) => {
    const geometry = (batch: number, size: number, inChannels: number, outChannels: number, kernel: number) => {
      const fields: Record<string, number> = {
        batch,
        inChannels,
        outChannels,
        inH: size,
        inW: size,
        kernelH: kernel,
        kernelW: kernel,
      };
      const out = size - kernel + 1;
      const padding = { padD: 0, padH: 0, padW: 0 };
      const all: Record<string, number> = { ...fields, outH: out, outW: out, ...padding };
      return Int32Array.from(convGeometryFields, (field) => all[field] ?? 1);
    };

    it.each([
      [28, 1, 32, 3],
      [13, 32, 64, 3],
      [9, 5, 17, 2],
    ])('an image of %i with %i channels gives the same alone and in a batch', (size, inChannels, outChannels, kernel) => {
      withSettings(native, { isa }, () => {
        const random = new Random(size);
        const batch = 5;
        const [x, w] = [
          random.floats(batch * size * size * inChannels),
          random.floats(kernel * kernel * inChannels * outChannels),
        ];
        const perX = x.length / batch;
        const perY = (size - kernel + 1) ** 2 * outChannels;
        const [y, dx] = [new Float32Array(batch * perY), new Float32Array(x.length)];
        native.conv(x, w, null, y, geometry(batch, size, inChannels, outChannels, kernel), 'linear', 'auto');
        native.convGradInput(y, w, dx, geometry(batch, size, inChannels, outChannels, kernel), 'auto');
        for (let i = 0; i < batch; i++) {
          const [own, ownDx] = [new Float32Array(perY), new Float32Array(perX)];
          const one = geometry(1, size, inChannels, outChannels, kernel);
          native.conv(x.subarray(i * perX, (i + 1) * perX), w, null, own, one, 'linear', 'auto');
          native.convGradInput(own, w, ownDx, one, 'auto');
          expect(bitDifference(`image ${i}`, own, y.subarray(i * perY, (i + 1) * perY))).toBeUndefined();
          expect(bitDifference(`gradient of image ${i}`, ownDx, dx.subarray(i * perX, (i + 1) * perX))).toBeUndefined();
        }
      });
    });

    it('with a kernel of 1 is a product', () => {
      withSettings(native, { isa }, () => {
        const random = new Random(11);
        const [batch, size, inChannels, outChannels] = [2, 9, 37, 50];
        const [x, w] = [random.floats(batch * size * size * inChannels), random.floats(inChannels * outChannels)];
        const y = new Float32Array(batch * size * size * outChannels);
        native.conv(x, w, null, y, geometry(batch, size, inChannels, outChannels, 1), 'linear', 'auto');
        const product = multiply(x, w, batch * size * size, outChannels, inChannels);
        expect(bitDifference('convolution', y, product)).toBeUndefined();
      });
    });
  });
}
