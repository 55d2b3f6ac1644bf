/** Functions of data and files answer any garbage, or throw a typed error. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as data from '../../src/data/index.js';
import { MyelinError } from '../../src/errors.js';
import * as io from '../../src/io/index.js';
import { tensor } from '../../src/tensor/create.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-garbage-'));
  process.chdir(folder);
});
afterAll(() => rm(folder, { recursive: true }));

function garbage(): unknown[] {
  const disposed = tensor([1, 2]);
  disposed.dispose();
  const dataset = data.tensorDataset({ x: tensor([1, 2, 3]) });
  return [
    undefined,
    null,
    true,
    '',
    'a\0b',
    'name',
    Number.NaN,
    -1,
    0,
    1,
    2.5,
    2 ** 53,
    10n,
    Symbol('s'),
    {},
    [],
    [[]],
    [1, [2]],
    [['a']],
    [['a', 1]],
    [['a', null]],
    [['a', {}]],
    [[1, tensor(1)]],
    [['a', { dtype: 'float32', shape: [1], array: 5 }]],
    [['a', disposed]],
    [['a', tensor([1])]],
    new Map([['a', tensor([1])]]),
    () => 1,
    async () => 1,
    new Date(0),
    new Map(),
    new Set([1]),
    new Float32Array(3),
    Int32Array.of(0, 2),
    Int32Array.of(-1),
    new Uint8Array(0),
    new Uint8Array(64),
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor(1),
    disposed,
    { x: tensor([1, 2]) },
    { x: disposed },
    { x: tensor([1]), y: tensor([1, 2]) },
    { length: 3 },
    { length: Number.NaN, get: () => ({}) },
    dataset,
    { batchSize: -1 },
    { seed: 'a' },
    { maxBytes: null },
    { split: {} },
    { path: 3 },
    Object.create(null),
    { prefetch: 1n },
    { layers: null },
    { optimizer: 3 },
    { metadata: 3 },
    { metadata: { a: 1 } },
  ];
}

const goodTable = data.parseCsv('size,colour\n1,red\n,blue\n3,red\n');
const goodEncoder = data.TableEncoder.fit(goodTable, { target: 'colour' });
const goodVocabulary = data.Vocabulary.build('abc');
const goodWindows = data.SeriesWindows.fit([1, 2, 3, 4], { window: 2, training: 3 });

/** Makes all calls; throws the first error that is not typed. */
function each(...calls: (() => unknown)[]): void {
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      if (!(error instanceof MyelinError)) throw error;
    }
  }
}

const { imageFilters, ...plain } = data;

const functions: Record<string, (...args: unknown[]) => unknown> = {
  ...(plain as unknown as Record<string, (...args: unknown[]) => unknown>),
  ...(imageFilters as unknown as Record<string, (...args: unknown[]) => unknown>),
  ...(io as unknown as Record<string, (...args: unknown[]) => unknown>),
  // With a folder that holds no data: reading all of MNIST for each value would take minutes.
  mnist: (options) => data.mnist(options instanceof Object ? { path: folder, ...options } : (options as data.MnistOptions)),
  DataLoader: async (...args: unknown[]) => {
    const loader = new data.DataLoader(...(args as ConstructorParameters<typeof data.DataLoader>));
    for await (const _ of loader);
  },
  Table: (a, b) =>
    each(
      () => data.Table.fromRows(a as never, b as never).toString(),
      () => goodTable.take(a as never),
      () => goodTable.rowsWith(a as never),
      () => goodTable.columnAs('size', a as never),
    ),
  TableEncoder: (a, b) =>
    each(
      () => data.TableEncoder.fit(a as never, b as never),
      () => data.TableEncoder.fit(goodTable, a as never),
      () => data.TableEncoder.fit(goodTable, { target: 'colour', rows: a } as never),
      () => data.TableEncoder.fit(goodTable, { target: 'colour', columns: a } as never),
      () => data.TableEncoder.fit(goodTable, { target: a } as never),
      () => data.TableEncoder.fromJSON(a),
      () => goodEncoder.encode(a as never),
      () => goodEncoder.decode(a as never),
    ),
  Vocabulary: (a, b) =>
    each(
      () => data.Vocabulary.build(a as never, b as never),
      () => data.Vocabulary.build('abc', a as never),
      () => data.Vocabulary.fromJSON(a),
      () => goodVocabulary.encode(a as never, b as never),
      () => goodVocabulary.encode('abc', a as never),
      () => goodVocabulary.encodeBatch(a as never, b as never),
      () => goodVocabulary.decode(a as never),
      () => goodVocabulary.token(a as never),
    ),
  SeriesWindows: (a, b) =>
    each(
      () => data.SeriesWindows.fit(a as never, b as never),
      () => data.SeriesWindows.fit([1, 2, 3], a as never),
      () => data.SeriesWindows.fit([1, 2, 3], { window: a, training: b } as never),
      () => data.SeriesWindows.fromJSON(a),
      () => goodWindows.encode(a as never, b as never),
      () => goodWindows.encode([1, 2, 3], a as never),
      () => goodWindows.encode([1, 2, 3], { rows: a } as never),
      () => goodWindows.last(a as never),
      () => goodWindows.decode(a as never, [1, 2, 3], b as never),
      () => goodWindows.decode(tensor([[1]]), a as never, [2]),
      () => goodWindows.decode(tensor([[1]]), [1, 2, 3], a as never),
    ),
};

describe('garbage', () => {
  it.each(Object.keys(functions))('%s answers or throws a typed error', async (name) => {
    const values = garbage();
    const untyped: string[] = [];
    const attempt = async (...args: unknown[]): Promise<void> => {
      try {
        const result = await functions[name]?.(...args);
        const { get } = (result ?? {}) as { get?: unknown };
        if (typeof get === 'function' && !(result instanceof Map))
          for (const value of values) await attemptGet(result as data.Dataset, value);
      } catch (error) {
        if (!(error instanceof MyelinError)) untyped.push(String((error as Error).stack));
      }
    };
    const attemptGet = async (dataset: data.Dataset, value: unknown): Promise<void> => {
      try {
        await dataset.get(value as Int32Array);
      } catch (error) {
        if (!(error instanceof MyelinError)) throw error;
      }
    };
    await attempt();
    const dataset = data.tensorDataset({ x: tensor([1, 2, 3]) });
    for (const value of values) {
      await attempt(value);
      await attempt('file', value);
      await attempt('file', [['a', tensor(1)]], value);
      await attempt(dataset, value);
      await attempt(dataset, [1], value);
      await attempt(value, 'file');
      await attempt(value, value);
    }
    expect(untyped.slice(0, 3)).toEqual([]);
  });
});
