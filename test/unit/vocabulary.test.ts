import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backend/select.js';
import {
  DataLoader,
  randomSequences,
  readWordVectors,
  sampleToken,
  textSequences,
  textStreams,
  Vocabulary,
} from '../../src/data/index.js';
import { ArgumentError, FormatError, MissingError, ShapeError } from '../../src/errors.js';
import { save } from '../../src/io/index.js';
import { readSafetensors } from '../../src/io/safetensors.js';
import { embedding } from '../../src/layers/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

describe('a vocabulary of characters', () => {
  it('numbers symbols first, then characters from the most frequent on', () => {
    const vocabulary = Vocabulary.build('abracadabra');
    expect([...vocabulary.encode('abrcdx')]).toEqual([1, 2, 3, 4, 5, 0]);
    expect(vocabulary.split('ax\u{1f600}')).toEqual(['a', 'x', '\u{1f600}']);
    expect(vocabulary.size).toBe(6);
    expect(vocabulary.decode([2, 3, 1, 0])).toBe('bra');
    expect(vocabulary.index('z')).toBeNull();
    expect([vocabulary.symbol('unknown'), vocabulary.symbol('padding')]).toEqual([0, null]);
  });

  it('gives any text of its characters back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const vocabulary = Vocabulary.build(text, { symbols: [] });
        expect(vocabulary.decode(vocabulary.encode(text))).toBe(text);
        expect(vocabulary.encode(text)).toHaveLength([...text].length);
      }),
    );
  });

  it('leaves rare ones out', () => {
    expect(Vocabulary.build('aaabbc', { minCount: 2 }).toJSON()).toMatchObject({ tokens: ['a', 'b'] });
    expect(Vocabulary.build('aaabbc', { maxSize: 2 }).toJSON()).toMatchObject({ tokens: ['a'] });
    expect(Vocabulary.build('AaB', { lowercase: true }).toJSON()).toMatchObject({ tokens: ['a', 'b'] });
    expect(Vocabulary.build(['ab', 'ac']).toJSON()).toMatchObject({ tokens: ['a', 'b', 'c'] });
    expect(() => Vocabulary.build('ab', { symbols: [] }).encode('abc')).toThrow(/no unknown symbol, received "c"/);
  });

  it('marks begin and end, and fills up', () => {
    const vocabulary = Vocabulary.build('ab', { symbols: ['padding', 'unknown', 'start', 'end'] });
    expect([...vocabulary.encode('ba', { start: true, end: true })]).toEqual([2, 5, 4, 3]);
    const { indices, lengths } = vocabulary.encodeBatch(['a', '', 'bb'], { end: true });
    expect(indices.dtype).toBe('int32');
    expect(indices.toArray()).toEqual([
      [4, 3, 0],
      [3, 0, 0],
      [5, 5, 3],
    ]);
    expect(lengths.toArray()).toEqual([2, 1, 3]);
    expect(vocabulary.decode(indices.at(2))).toBe('bb');
    expect(() => Vocabulary.build('ab').encodeBatch(['a', 'bb'])).toThrow(/symbol padding/);
    expect(() => Vocabulary.build('ab').encode('a', { end: true })).toThrow(/symbol end/);
  });
});

describe('a vocabulary of words', () => {
  const text =
    'In the beginning, God created the heaven (and the earth).\nAnd the earth was without form; don’t well-known 2,000!';

  it('cuts words, marks and lines, and sets them with spaces', () => {
    const vocabulary = Vocabulary.build(text, { level: 'word' });
    expect(vocabulary.decode(vocabulary.encode(text))).toBe(text.replace('2,000', '2, 000'));
    expect(vocabulary.index('the')).toBe(1);
    expect(['don’t', 'well-known', '\n', '('].every((token) => vocabulary.index(token) !== null)).toBe(true);
    expect(vocabulary.decode(vocabulary.encode('the  dragon'))).toBe('the');
  });

  it('is saved with a model', async () => {
    const vocabulary = Vocabulary.build(text, { level: 'word', lowercase: true, symbols: ['padding', 'unknown'] });
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      const file = join(folder, 'model.safetensors');
      const model = embedding({ tokens: vocabulary.size, units: 2 }).build([3]);
      await save(model, file, { metadata: { vocabulary: JSON.stringify(vocabulary) } });
      const { metadata } = await readSafetensors(file);
      const back = Vocabulary.fromJSON(JSON.parse(metadata.get('vocabulary') as string));
      expect(back.toJSON()).toEqual(vocabulary.toJSON());
      expect([...back.encode(text)]).toEqual([...vocabulary.encode(text)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a vocabulary refuses', () => {
  it('options and texts of other kinds', () => {
    for (const options of [
      { level: 'letter' },
      { minCount: 0 },
      { maxSize: 0 },
      { symbols: ['begin'] },
      { symbols: ['end', 'end'] },
      { symbols: 'end' },
      { lowercase: 1 },
      { sizes: 3 },
    ]) {
      expect(() => Vocabulary.build('a', options as never)).toThrow(ArgumentError);
    }
    for (const texts of [3, null, [3], {}]) expect(() => Vocabulary.build(texts as never)).toThrow(ArgumentError);
    const vocabulary = Vocabulary.build('a');
    for (const index of [-1, 2, 0.5, NaN]) expect(() => vocabulary.decode([index])).toThrow(ArgumentError);
    expect(() => vocabulary.encode(3 as never)).toThrow(ArgumentError);
    expect(() => vocabulary.encode('a', { begin: true } as never)).toThrow(ArgumentError);
  });

  it('garbage for its description', () => {
    const good = Vocabulary.build('ab').toJSON();
    for (const change of [
      { version: 2 },
      { level: 3 },
      { lowercase: 'no' },
      { tokens: ['a', 'a'] },
      { tokens: [3] },
      { symbols: ['x'] },
    ]) {
      expect(() => Vocabulary.fromJSON({ ...good, ...change })).toThrow(FormatError);
    }
    for (const json of [null, 3, 'x', [], {}]) expect(() => Vocabulary.fromJSON(json)).toThrow(FormatError);
  });
});

describe('sequences of a text', () => {
  const tokens = Int32Array.from({ length: 23 }, (_, i) => i);
  const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
  const steps = (x: Tensor, y: Tensor) => new Set(y.data().map((token, i) => token - (x.data()[i] as number)));

  it('follow one another; y is x one token later', () => {
    const dataset = textSequences(tokens, { length: 5 });
    expect(dataset.length).toBe(4);
    const { x, y } = dataset.get(Int32Array.of(3, 0)) as Awaited<ReturnType<typeof dataset.get>>;
    expect(x.toArray()).toEqual([
      [15, 16, 17, 18, 19],
      [0, 1, 2, 3, 4],
    ]);
    expect(y.toArray()).toEqual([
      [16, 17, 18, 19, 20],
      [1, 2, 3, 4, 5],
    ]);
    expect(textSequences(tokens, { length: 5, stride: 1 }).length).toBe(18);
    expect(textSequences(tokens, { length: 22 }).length).toBe(1);
  });

  it('begin anywhere, by the seed, others at each time', async () => {
    const draw = async (seed: number) => {
      const dataset = randomSequences(tokens, { length: 5, examples: 400, seed });
      const batches = [await dataset.get(all(400)), await dataset.get(all(400))];
      return batches.map(({ x, y }) => {
        expect(steps(x, y)).toEqual(new Set([1]));
        return x.slice(null, 0).toArray() as number[];
      });
    };
    const [first, second] = await draw(1);
    expect(new Set(first).size).toBe(18);
    expect(second).not.toEqual(first);
    expect(await draw(1)).toEqual([first, second]);
    expect(randomSequences(tokens, { length: 5 }).length).toBe(5);
  });

  it('make streams in which each batch goes on where the one before ended', async () => {
    const dataset = textStreams(tokens, { length: 3, streams: 2 });
    const rows: number[][][] = [];
    for await (const { x, y } of new DataLoader(dataset, { batchSize: 2 })) {
      expect(steps(x, y)).toEqual(new Set([1]));
      rows.push(x.toArray() as number[][]);
    }
    expect(rows.flatMap(([first]) => first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows.flatMap(([, second]) => second)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17]);
  });

  it('need a text that is long enough', () => {
    expect(() => textSequences(tokens, { length: 23 })).toThrow(/more than 23 tokens, received 23/);
    expect(() => textSequences([1, 2, 3] as never, { length: 1 })).toThrow(ArgumentError);
    expect(() => textSequences(tokens, { length: 5, stride: 0 })).toThrow(ArgumentError);
    expect(() => textStreams(tokens, { length: 8, streams: 3 })).toThrow(/at least 25 tokens for 3 streams, received 23/);
    expect(() => randomSequences(tokens, { length: 5, examples: 0 })).toThrow(ArgumentError);
    expect(() => textSequences(tokens, { length: 5 }).get(Int32Array.of(4))).toThrow(ArgumentError);
  });
});

describe('sampleToken', () => {
  const logits = tensor([Math.log(0.5), Math.log(0.3), Math.log(0.2), -Infinity]);
  const shares = (options: object, n = 20000) => {
    const rows = logits.reshape([1, 4]).add(zeros([n, 1]));
    const drawn = sampleToken(rows, { stream: new RandomStream(5), ...options });
    const counts = [0, 0, 0, 0];
    for (const token of drawn.data()) counts[token] = (counts[token] as number) + 1 / n;
    return counts;
  };
  /** Five standard errors of a share of 20,000 draws. */
  const near = (got: number[], want: number[]) =>
    want.forEach((p, i) => {
      expect(Math.abs((got[i] as number) - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / 20000));
    });

  it('draws by the probabilities, sharper or flatter by the temperature', () => {
    near(shares({}), [0.5, 0.3, 0.2, 0]);
    const squares = [0.25, 0.09, 0.04].map((p) => p / 0.38);
    near(shares({ temperature: 0.5 }), [...squares, 0]);
    near(shares({ topK: 2 }), [0.625, 0.375, 0, 0]);
    expect(shares({ topK: 1 })).toEqual([expect.closeTo(1, 9), 0, 0, 0]);
  });

  it('takes the likeliest at temperature 0, the first of equals', () => {
    const rows = tensor([
      [1, 3, 3],
      [2, 1, 0],
    ]);
    expect(sampleToken(rows, { temperature: 0 }).toArray()).toEqual([1, 0]);
    expect(sampleToken(rows, { topK: 1, seed: 1 }).toArray()).toEqual([1, 0]);
    expect(sampleToken(tensor([0, 9]), { temperature: 0 }).item()).toBe(1);
    expect(sampleToken(tensor([1, 1.001]), { temperature: 1e-300, seed: 1 }).item()).toBe(1);
  });

  it('follows the seed', () => {
    const rows = zeros([50, 7]);
    const once = sampleToken(rows, { seed: 3 }).toArray();
    expect(sampleToken(rows, { seed: 3 }).toArray()).toEqual(once);
    const stream = new RandomStream(3, 'sampleToken');
    expect(sampleToken(rows, { stream }).toArray()).toEqual(once);
    expect(sampleToken(rows, { stream }).toArray()).not.toEqual(once);
    expect(sampleToken(zeros([2, 3, 7]), { seed: 3 }).shape).toEqual([2, 3]);
  });

  it('refuses what cannot be', () => {
    for (const options of [
      {},
      { temperature: -1, seed: 1 },
      { temperature: NaN, seed: 1 },
      { topK: 0, seed: 1 },
      { stream: 3 },
      { seed: -1 },
    ]) {
      expect(() => sampleToken(logits, options as never)).toThrow(ArgumentError);
    }
    expect(() => sampleToken(tensor([NaN, 1]), { seed: 1 })).toThrow(ArgumentError);
    expect(() => sampleToken(zeros([2, 0]), { seed: 1 })).toThrow(ShapeError);
  });
});

describe('word vectors of a file', () => {
  const vocabulary = Vocabulary.build('the dragon and the knight', { level: 'word', symbols: ['padding', 'unknown'] });

  async function read(text: string) {
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      await writeFile(join(folder, 'vectors.txt'), text);
      return await readWordVectors(join(folder, 'vectors.txt'), vocabulary);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('stand at the indices of the words; others are drawn, padding is zeros', async () => {
    for (const head of ['', '3 2\n']) {
      const { vectors, found } = await read(`${head}the 1 -2\nhouse 7 8\nknight 0.5 3e-1\n`);
      const rows = vectors.toArray() as number[][];
      expect(found).toBe(2);
      expect(vectors.shape).toEqual([6, 2]);
      expect(rows[vocabulary.index('the') as number]).toEqual([1, -2]);
      expect(rows[vocabulary.index('knight') as number]).toEqual([0.5, Math.fround(0.3)]);
      expect(rows[0]).toEqual([0, 0]);
      expect(rows[vocabulary.index('dragon') as number]?.every((v) => v !== 0 && Math.abs(v) < 8)).toBe(true);
    }
  });

  it('are refused where the file is something else', async () => {
    for (const text of ['', 'house 1 2\n', 'the 1 2\nand 1\n', 'the 1 x\n', 'the\n'])
      await expect(read(text)).rejects.toThrow(FormatError);
    await expect(readWordVectors('/nowhere/vectors.txt', vocabulary)).rejects.toThrow(MissingError);
  });
});
