import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIdx, readIdx } from '../../src/data/idx.js';
import { mnist } from '../../src/data/mnist.js';
import { ArgumentError, FormatError, MissingError } from '../../src/errors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An IDX file with this type, shape and bytes of data. */
function idx(type: number, shape: number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n);
  });
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

describe('parseIdx', () => {
  it('reads every type', () => {
    const cases: [number, number[], string, number[]][] = [
      [8, [0, 200], 'uint8', [0, 200]],
      [9, [5, 0x80], 'int32', [5, -128]],
      [11, [0x01, 0x00, 0xff, 0xff], 'int32', [256, -1]],
      [12, [0x80, 0, 0, 0, 0, 0, 1, 2], 'int32', [-(2 ** 31), 258]],
      [13, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], 'float32', [1, -2.5]],
      [14, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0], 'float64', [1, -2.5]],
    ];
    for (const [type, data, dtype, values] of cases) {
      const tensor = parseIdx(idx(type, [1, 2], data));
      expect([tensor.dtype, tensor.shape, Array.from(tensor.data())]).toEqual([dtype, [1, 2], values]);
    }
    expect(parseIdx(idx(8, [3, 0], [])).shape).toEqual([3, 0]);
  });

  const four = [1, 2, 3, 4];
  const hostile: Record<string, Uint8Array> = {
    'no bytes': new Uint8Array(0),
    'three bytes': Uint8Array.of(0, 0, 8),
    'half a header': idx(8, [4], []).subarray(0, 6),
    'data cut short': idx(8, [5], four),
    'bytes behind the data': idx(8, [3], four),
    'an unknown type': idx(10, [4], four),
    'a wrong start': idx(8, [4], four).fill(1, 0, 1),
    'no axes': idx(8, [], []),
    'nine axes': idx(8, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1]),
    'a size of 2^32 - 1': idx(8, [0xffffffff], four),
    'sizes whose product overflows': idx(8, [0xffffffff, 0xffffffff, 0xffffffff], four),
  };
  for (const [name, bytes] of Object.entries(hostile)) {
    it(`refuses ${name}, compressed or not`, async () => {
      expect(() => parseIdx(bytes)).toThrow(FormatError);
      const file = join(folder, 'hostile');
      await writeFile(file, bytes);
      await expect(readIdx(file)).rejects.toThrow(FormatError);
      await writeFile(file, gzipSync(bytes));
      await expect(readIdx(file)).rejects.toThrow(FormatError);
    });
  }

  it('reads any bytes or refuses them with a FormatError', () => {
    const good = idx(8, [2, 2], four);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(good.length),
        (edits, length) => {
          const mutated = good.slice();
          for (const [at, value] of edits) mutated[at] = value;
          try {
            parseIdx(mutated.subarray(0, length));
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 3000, seed: 2 },
    );
  });

  it('wants bytes', () => {
    expect(() => parseIdx([0, 0, 8, 1] as unknown as Uint8Array)).toThrow(ArgumentError);
  });
});

describe('readIdx', () => {
  it('reads files, compressed or not', async () => {
    const file = join(folder, 'good');
    for (const bytes of [idx(8, [4], [1, 2, 3, 4]), gzipSync(idx(8, [4], [1, 2, 3, 4]))]) {
      await writeFile(file, bytes);
      expect((await readIdx(file)).toArray()).toEqual([1, 2, 3, 4]);
    }
  });

  it('stops at the limit, also while a file expands', async () => {
    const file = join(folder, 'bomb');
    await writeFile(file, gzipSync(idx(8, [50_000_000], new Uint8Array(50_000_000))));
    await expect(readIdx(file, { maxBytes: 1_000_000 })).rejects.toThrow(/at most 1000000 bytes/);
    await writeFile(file, gzipSync(idx(8, [1000], new Uint8Array(50_000_000))));
    await expect(readIdx(file)).rejects.toThrow(/at most 1008 bytes/);
    await writeFile(file, idx(8, [100], new Uint8Array(100)));
    await expect(readIdx(file, { maxBytes: 99 })).rejects.toThrow(FormatError);
    await expect(readIdx(file, { maxBytes: -1 })).rejects.toThrow(ArgumentError);
  });

  it('refuses damaged gzip data, folders and missing files', async () => {
    const file = join(folder, 'damaged');
    const good = gzipSync(idx(8, [4], [1, 2, 3, 4]));
    for (const bytes of [
      good.subarray(0, good.length - 6),
      good.subarray(0, 12),
      Buffer.from(good).fill(0x55, 10, 16),
      Uint8Array.of(0x1f, 0x8b),
    ]) {
      await writeFile(file, bytes);
      await expect(readIdx(file)).rejects.toThrow(FormatError);
    }
    await expect(readIdx(folder)).rejects.toThrow(ArgumentError);
    await expect(readIdx(join(folder, 'absent'))).rejects.toThrow(MissingError);
  });
});

describe('mnist', () => {
  it('gives pixels as floats in [0, 1] and labels as integers', async () => {
    const test = await mnist({ split: 'test' });
    expect([test.length, test.images.dtype, test.images.shape, test.labels.shape]).toEqual([
      10_000,
      'uint8',
      [10_000, 28, 28, 1],
      [10_000],
    ]);
    const { x, y } = await test.get(Int32Array.of(0, 61, 9999));
    expect([x.dtype, x.shape, y.dtype, y.toArray()]).toEqual(['float32', [3, 28, 28, 1], 'int32', [7, 8, 6]]);
    const pixels = test.images.data().subarray(61 * 784, 62 * 784);
    // The factor 1/255 is rounded to float32 by one backend and not by the other: an ulp between 0.5 and 1.
    x.data()
      .subarray(784, 2 * 784)
      .forEach((value, i) => {
        expect(Math.abs(value - (pixels[i] as number) / 255)).toBeLessThanOrEqual(2 ** -23);
      });
    expect([x.max().item(), x.min().item()]).toEqual([1, 0]);
  });

  it('reads own files, under the names they circulate with', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    await writeFile(join(own, 'train-images.idx3-ubyte'), idx(8, [2, 1, 2], [0, 255, 51, 102]));
    await writeFile(join(own, 'train-labels-idx1-ubyte.gz'), gzipSync(idx(8, [2], [4, 2])));
    const dataset = await mnist({ path: own });
    const { x, y } = await dataset.get(Int32Array.of(1));
    expect(x.shape).toEqual([1, 1, 2, 1]);
    expect(Array.from(x.data())).toEqual([expect.closeTo(0.2, 6), expect.closeTo(0.4, 6)]);
    expect(y.toArray()).toEqual([2]);
    await expect(mnist({ path: own, split: 'test' })).rejects.toThrow(MissingError);
    await writeFile(join(own, 'train-labels-idx1-ubyte'), idx(8, [3], [4, 2, 1]));
    await expect(mnist({ path: own })).rejects.toThrow(FormatError);
    await writeFile(join(own, 'train-images-idx3-ubyte'), idx(8, [4], [4, 2, 1, 1]));
    await expect(mnist({ path: own })).rejects.toThrow(FormatError);
  });

  it('refuses wrong options', async () => {
    await expect(mnist({ split: 'validation' as 'test' })).rejects.toThrow(ArgumentError);
    await expect(mnist({ path: 5 as unknown as string })).rejects.toThrow(ArgumentError);
    await expect(mnist({ path: join(folder, 'absent') })).rejects.toThrow(MissingError);
  });
});
