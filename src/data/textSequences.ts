/** Training examples for models of language: y is x one token later. */
import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { checkSeed, defaultSeed, RandomStream } from '../tensor/random.js';
import { Tensor } from '../tensor/tensor.js';
import type { Batch, Dataset } from './dataset.js';

export interface TextSequenceOptions {
  /** Tokens an example. */
  length: number;
  /** Distance of the begins of neighbouring examples; default `length`: each token is a target once. */
  stride?: number;
}

export interface RandomSequenceOptions {
  /** Tokens an example. */
  length: number;
  /** Examples an epoch. Default as many as make up the text. */
  examples?: number;
  /** Of the begins; default that of `setSeed`. */
  seed?: number;
}

export interface TextStreamOptions {
  /** Tokens an example. */
  length: number;
  /** How many parts the text is cut into, which are read side by side: the size of the batches. */
  streams: number;
}

function checkTokens(where: string, tokens: unknown, length: number): asserts tokens is Int32Array {
  checkInteger(where, 'length', length, 1);
  if (!(tokens instanceof Int32Array))
    throw new ArgumentError(
      `[${where}] expected an Int32Array of indices, as Vocabulary.encode gives it, received ${describe(tokens)}`,
    );
  if (tokens.length <= length)
    throw new ArgumentError(`[${where}] expected more than ${length} tokens, received ${tokens.length}`);
}

/** The examples that begin at these places: x and y, int32 [n, length]. */
function examplesAt(tokens: Int32Array, starts: readonly number[], length: number): Batch {
  const [x, y] = [new Tensor([starts.length, length], 'int32'), new Tensor([starts.length, length], 'int32')];
  for (const [i, start] of starts.entries()) {
    x.array.set(tokens.subarray(start, start + length), i * length);
    y.array.set(tokens.subarray(start + 1, start + 1 + length), i * length);
  }
  return { x, y };
}

function dataset(where: string, length: number, get: (indices: Int32Array) => Batch): Dataset {
  return {
    length,
    get: (indices) => {
      for (const index of indices) checkInteger(where, 'an index', index, 0, length - 1);
      return get(indices);
    },
  };
}

/**
 * The pieces of a text in order, `stride` apart; a last one that is shorter is left out.
 *
 * @example
 * const loader = new DataLoader(textSequences(vocabulary.encode(text), { length: 100 }), { batchSize: 64, shuffle: true });
 */
export function textSequences(tokens: Int32Array, options: TextSequenceOptions): Dataset {
  const where = 'textSequences';
  checkKeys(where, options, ['length', 'stride']);
  const { length, stride = length } = options;
  checkTokens(where, tokens, length);
  checkInteger(where, 'stride', stride, 1);
  const count = Math.floor((tokens.length - 1 - length) / stride) + 1;
  return dataset(where, count, (indices) =>
    examplesAt(
      tokens,
      Array.from(indices, (i) => i * stride),
      length,
    ),
  );
}

/** Pieces that begin anywhere: each batch draws its begins anew, so no two epochs are alike. Which ones follows from the seed and how many batches were drawn. */
export function randomSequences(tokens: Int32Array, options: RandomSequenceOptions): Dataset {
  const where = 'randomSequences';
  checkKeys(where, options, ['length', 'examples', 'seed']);
  const { length, examples, seed = defaultSeed() } = options;
  checkTokens(where, tokens, length);
  checkSeed(where, seed);
  const count = examples ?? Math.ceil((tokens.length - 1) / length);
  checkInteger(where, 'examples', count, 1);
  const stream = new RandomStream(seed, 'sequences');
  return dataset(where, count, (indices) => {
    const drawn = stream.uniform([indices.length], 0, tokens.length - length, 'float64');
    const starts = Array.from(drawn.array, Math.floor);
    drawn.dispose();
    return examplesAt(tokens, starts, length);
  });
}

/**
 * For stateful layers: the text is cut into `streams` parts; row r of batch b holds the b-th piece of part r, so each batch goes on
 * where the one before ended. To be loaded in order, in batches of `streams`.
 *
 * @example
 * const loader = new DataLoader(textStreams(tokens, { length: 50, streams: 32 }), { batchSize: 32 });
 */
export function textStreams(tokens: Int32Array, options: TextStreamOptions): Dataset {
  const where = 'textStreams';
  checkKeys(where, options, ['length', 'streams']);
  const { length, streams } = options;
  checkTokens(where, tokens, length);
  checkInteger(where, 'streams', streams, 1);
  const pieces = Math.floor((tokens.length - 1) / streams / length);
  if (pieces < 1)
    throw new ArgumentError(
      `[${where}] expected at least ${streams * length + 1} tokens for ${streams} streams, received ${tokens.length}`,
    );
  return dataset(where, pieces * streams, (indices) =>
    examplesAt(
      tokens,
      Array.from(indices, (i) => ((i % streams) * pieces + Math.floor(i / streams)) * length),
      length,
    ),
  );
}
