import { describe, expect, it } from 'vitest';
import { type Dataset, mapDataset, splitDataset, subsetDataset, tensorDataset } from '../../src/data/dataset.js';
import { DataLoader } from '../../src/data/loader.js';
import { ArgumentError, MyelinError, ShapeError } from '../../src/errors.js';
import { add } from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

interface Pair {
  x: Tensor;
  y: Tensor;
}

/** Example i is x = [i, i + 0.5], y = 10 i. */
function pairs(length: number): Dataset<Pair> {
  return tensorDataset({
    x: tensor(
      Float32Array.from({ length: 2 * length }, (_, i) => i / 2),
      { shape: [length, 2] },
    ),
    y: tensor(
      Int32Array.from({ length }, (_, i) => 10 * i),
      { shape: [length], dtype: 'int32' },
    ),
  });
}

/** The same, answered later. */
function late<B>(dataset: Dataset<B>, log: string[] = []): Dataset<B> {
  return {
    length: dataset.length,
    async get(indices) {
      log.push(`ask ${indices[0]}`);
      await new Promise((resolve) => setImmediate(resolve));
      return dataset.get(indices);
    },
  };
}

async function firstsOf(batches: AsyncIterable<Pair>): Promise<number[][]> {
  const seen: number[][] = [];
  for await (const { x, y } of batches) {
    seen.push((x.toArray() as number[][]).map(([first]) => first as number));
    expect(y.toArray()).toEqual(seen.at(-1)?.map((i) => 10 * i));
    x.dispose();
    y.dispose();
  }
  return seen;
}

describe('datasets', () => {
  it('give the examples asked for, in that order, as often as asked', async () => {
    const { x, y } = await pairs(5).get(Int32Array.of(4, 0, 4));
    expect(x.toArray()).toEqual([
      [4, 4.5],
      [0, 0.5],
      [4, 4.5],
    ]);
    expect(y.toArray()).toEqual([40, 0, 40]);
    expect((await pairs(5).get(new Int32Array(0))).x.shape).toEqual([0, 2]);
  });

  it('are mapped, dropping what the function does not return', async () => {
    const source = pairs(4);
    for (const dataset of [source, late(source)]) {
      const mapped = mapDataset(dataset, ({ x, y }) => ({ x: add(add(x, 1), 1), y }));
      const before = memory().tensors;
      const { x, y } = await mapped.get(Int32Array.of(3));
      expect(memory().tensors).toBe(before + 2);
      expect([x.toArray(), y.toArray()]).toEqual([[[5, 5.5]], [30]]);
      const failing = mapDataset(dataset, () => {
        throw new Error('no');
      });
      await expect((async () => failing.get(Int32Array.of(0)))()).rejects.toThrow('no');
      expect(memory().tensors).toBe(before + 2);
    }
    const asynchronous = mapDataset(source, async (batch) => batch);
    expect(() => asynchronous.get(Int32Array.of(0))).toThrow(ArgumentError);
  });

  it('are cut into subsets and parts', async () => {
    const subset = subsetDataset(pairs(10), [7, 2, 5]);
    expect((await subset.get(Int32Array.of(2, 0))).y.toArray()).toEqual([50, 70]);
    const [a, b] = splitDataset(pairs(10), [3, 2]) as [Dataset<Pair>, Dataset<Pair>];
    expect([(await a.get(Int32Array.of(0, 1, 2))).y.toArray(), (await b.get(Int32Array.of(0, 1))).y.toArray()]).toEqual([
      [0, 10, 20],
      [30, 40],
    ]);
    const drawn = async (): Promise<number[]> => {
      const parts = splitDataset(pairs(10), [6, 4], { seed: 3 });
      const labels = await Promise.all(
        parts.map(async (part) => (await part.get(Int32Array.from({ length: part.length }, (_, i) => i))).y.toArray()),
      );
      return labels.flat() as number[];
    };
    expect(await drawn()).toEqual(await drawn());
    expect(await drawn()).not.toEqual([...(await drawn())].sort((x, y) => x - y));
    expect([...(await drawn())].sort((x, y) => x - y)).toEqual(Array.from({ length: 10 }, (_, i) => 10 * i));
  });

  it('refuse what does not fit', () => {
    expect(() => tensorDataset({ x: tensor([1, 2]), y: tensor([1]) })).toThrow(ShapeError);
    expect(() => tensorDataset({ x: tensor(1) })).toThrow(ShapeError);
    expect(() => tensorDataset({ x: [1, 2] as unknown as Tensor })).toThrow(ArgumentError);
    expect(() => tensorDataset({})).toThrow(ArgumentError);
    expect(() => pairs(3).get(Int32Array.of(3))).toThrow(ArgumentError);
    expect(() => pairs(3).get(Int32Array.of(-1))).toThrow(ArgumentError);
    expect(() => pairs(3).get([0] as unknown as Int32Array)).toThrow(ArgumentError);
    expect(() => subsetDataset(pairs(3), [3])).toThrow(ArgumentError);
    expect(() => subsetDataset(pairs(3), 1 as unknown as number[])).toThrow(ArgumentError);
    expect(() => subsetDataset(pairs(3), [0]).get(Int32Array.of(1))).toThrow(ArgumentError);
    expect(() => splitDataset(pairs(3), [2, 2])).toThrow(ArgumentError);
    expect(() => mapDataset(pairs(3), null as unknown as () => number)).toThrow(ArgumentError);
  });
});

describe('DataLoader', () => {
  it('gives every example once, the last batch smaller', async () => {
    const loader = new DataLoader(pairs(7), { batchSize: 3 });
    expect(loader.length).toBe(3);
    expect(await firstsOf(loader)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const whole = new DataLoader(pairs(7), { batchSize: 3, dropLast: true });
    expect(whole.length).toBe(2);
    expect(await firstsOf(whole)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(await firstsOf(new DataLoader(pairs(2), { batchSize: 5 }))).toEqual([[0, 1]]);
    expect(await firstsOf(new DataLoader(pairs(0)))).toEqual([]);
  });

  it('shuffles by seed and epoch alone', async () => {
    const make = (seed: number): DataLoader<Pair> => new DataLoader(pairs(50), { batchSize: 8, shuffle: true, seed });
    const loader = make(1);
    const first = (await firstsOf(loader)).flat();
    const second = (await firstsOf(loader)).flat();
    expect(first).not.toEqual(second);
    for (const epoch of [first, second])
      expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect((await firstsOf(make(1))).flat()).toEqual(first);
    expect((await firstsOf(make(1).batches(1))).flat()).toEqual(second);
    expect((await firstsOf(make(2))).flat()).not.toEqual(first);
    const resumed = make(1);
    resumed.epoch = 1;
    expect((await firstsOf(resumed)).flat()).toEqual(second);
  });

  it('gives the same batches whether they come at once or later, and whatever is prefetched', async () => {
    const want = await firstsOf(new DataLoader(pairs(20), { batchSize: 3, shuffle: true, seed: 4 }));
    for (const prefetch of [0, 1, 2, 100]) {
      for (const dataset of [pairs(20), late(pairs(20))]) {
        expect(await firstsOf(new DataLoader(dataset, { batchSize: 3, shuffle: true, seed: 4, prefetch }))).toEqual(want);
      }
    }
  });

  it('asks for the next batch while the consumer has the one before', async () => {
    const log: string[] = [];
    for await (const { x, y } of new DataLoader(late(pairs(6), log), { batchSize: 2 })) {
      log.push(`use ${x.data()[0]}`);
      x.dispose();
      y.dispose();
    }
    expect(log).toEqual(['ask 0', 'ask 2', 'use 0', 'ask 4', 'use 2', 'use 4']);
  });

  it('leaves no tensor behind when a loop is left early or fails', async () => {
    const source = pairs(20);
    for (const dataset of [source, late(source)]) {
      const before = memory().tensors;
      for await (const { x, y } of new DataLoader(dataset, { batchSize: 2, prefetch: 3 })) {
        x.dispose();
        y.dispose();
        break;
      }
      expect(memory().tensors).toBe(before);
      const failed = async (): Promise<void> => {
        for await (const { x, y } of new DataLoader(dataset, { batchSize: 2, prefetch: 3 })) {
          x.dispose();
          y.dispose();
          throw new Error('consumer');
        }
      };
      await expect(failed()).rejects.toThrow('consumer');
      expect(memory().tensors).toBe(before);
    }
  });

  it('reports a failing batch when it is due, disposing those fetched behind it', async () => {
    const source = pairs(20);
    const failing: Dataset<Pair> = {
      length: 20,
      async get(indices) {
        if (indices[0] === 4) throw new Error('batch 2');
        return source.get(indices);
      },
    };
    const before = memory().tensors;
    let used = 0;
    const run = async (): Promise<void> => {
      for await (const { x, y } of new DataLoader(failing, { batchSize: 2, prefetch: 5 })) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        used++;
        x.dispose();
        y.dispose();
      }
    };
    await expect(run()).rejects.toThrow('batch 2');
    expect([used, memory().tensors]).toEqual([2, before]);
  });

  it('refuses wrong options', () => {
    const wrong: object[] = [
      { batchSize: 0 },
      { batchSize: 1.5 },
      { batchSize: '8' },
      { seed: -1 },
      { seed: Number.NaN },
      { prefetch: -1 },
      { shuffle: 1 },
      { dropLast: 'no' },
    ];
    for (const options of wrong) expect(() => new DataLoader(pairs(3), options)).toThrow(MyelinError);
    for (const dataset of [null, 5, {}, { length: 3 }, { length: -1, get: () => null }]) {
      expect(() => new DataLoader(dataset as unknown as Dataset<Pair>)).toThrow(ArgumentError);
    }
  });
});
