/** Pretrained vectors of words, in the text form of GloVe and word2vec: a word and its numbers a line, separated by spaces. */
import { ArgumentError, describe, FormatError } from '../errors.js';
import { withRegularFile } from '../io/regularFile.js';
import { checkKeys } from '../optimizers/settings.js';
import { checkSeed, defaultSeed, RandomStream } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { Vocabulary } from './vocabulary.js';

export interface WordVectors {
  /** float32 [vocabulary.size, units]: for the option `vectors` of an embedding. */
  vectors: Tensor;
  /** How many of the words were in the file. */
  found: number;
}

/** The numbers behind the word; null for the first line of word2vec, which tells how many there are. */
function numbersOf(fields: readonly string[], line: number, units: number | null, file: string): Float32Array | null {
  if (line === 1 && fields.length === 2) return null;
  const numbers = Float32Array.from(fields.slice(1), (field) => (field === '' ? Number.NaN : Number(field)));
  if (numbers.length === 0 || numbers.length !== (units ?? numbers.length) || !numbers.every(Number.isFinite)) {
    throw new FormatError(
      `[readWordVectors] expected a word and ${units ?? 'several'} finite numbers in line ${line} of ${file}, received ${numbers.length} fields`,
    );
  }
  return numbers;
}

/**
 * Reads the vectors of the words of a vocabulary. Those that are missing in the file are drawn with the deviation of those that are
 * there, and padding is zeros.
 *
 * @throws FormatError where a line is not a word and numbers, or no word of the vocabulary is there.
 * @example
 * const { vectors } = await readWordVectors('glove.6B.100d.txt', vocabulary);
 * embedding({ tokens: vocabulary.size, units: 100, vectors, frozen: true });
 */
export async function readWordVectors(
  file: string,
  vocabulary: Vocabulary,
  options: { seed?: number } = {},
): Promise<WordVectors> {
  const where = 'readWordVectors';
  checkKeys(where, options, ['seed']);
  const { seed = defaultSeed() } = options;
  checkSeed(where, seed);
  if (!(vocabulary instanceof Vocabulary))
    throw new ArgumentError(`[${where}] expected a Vocabulary, received ${describe(vocabulary)}`);
  const known = new Map<number, Float32Array>();
  let units: number | null = null;
  await withRegularFile(where, file, async (handle) => {
    let line = 0;
    for await (const text of handle.readLines({ encoding: 'utf8', autoClose: false })) {
      const fields = text.trimEnd().split(' ');
      const numbers = numbersOf(fields, ++line, units, file);
      if (numbers === null) continue;
      units ??= numbers.length;
      const index = vocabulary.index(fields[0] as string);
      if (index !== null && !known.has(index)) known.set(index, numbers);
    }
  });
  if (units === null || known.size === 0)
    throw new FormatError(`[${where}] expected vectors of words of the vocabulary in ${file}, received none`);
  let squares = 0;
  for (const numbers of known.values()) for (const value of numbers) squares += value * value;
  const deviation = Math.sqrt(squares / (known.size * (units as number)));
  const vectors = new RandomStream(seed, 'word vectors').normal([vocabulary.size, units], 0, deviation);
  for (const [index, numbers] of known) vectors.array.set(numbers, index * (units as number));
  const padding = vocabulary.symbol('padding');
  if (padding !== null) vectors.array.fill(0, padding * (units as number), (padding + 1) * (units as number));
  return { vectors, found: known.size };
}
