/** From what a model says of the next token to a token. */
import { ArgumentError, describe, ShapeError } from '../errors.js';
import { argMax } from '../ops/index.js';
import { checkFloatTensor, checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { RandomStream } from '../tensor/random.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

export interface SampleOptions {
  /** Logits are divided by it: below 1 likely tokens become likelier, above 1 rarer ones; 0 takes the likeliest. Default 1. */
  temperature?: number;
  /** Only so many of the likeliest tokens can be drawn; default all. */
  topK?: number;
  /** What is drawn from; the next call gives other numbers. */
  stream?: RandomStream;
  /** Instead of a stream: the same seed draws the same numbers at each call. */
  seed?: number;
}

/** The value that the k-th largest has. */
function kthLargest(values: Float64Array, k: number): number {
  return values.toSorted()[values.length - k] as number;
}

/** Where the sum of the weights passes the share `u` of all. */
function pick(weights: Float64Array, u: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = u * total;
  let last = 0;
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue;
    last = i;
    left -= weight;
    if (left < 0) break;
  }
  return last;
}

/** The index drawn for one row of logits. */
function draw(logits: Float64Array, temperature: number, topK: number, u: number): number {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(most))
    throw new ArgumentError(`[sampleToken] expected logits of which the largest is finite, received ${most}`);
  const least = topK < logits.length ? kthLargest(logits, topK) : -Infinity;
  let room = topK - logits.reduce((count, value) => count + Number(value > least), 0);
  const weights = logits.map((value) => {
    // Of several that tie for the last place, the first ones have it.
    if (value < least || (value === least && room-- <= 0)) return 0;
    return Math.exp((value - most) / temperature);
  });
  return pick(weights, u);
}

/**
 * Draws a token for each row of logits, with the probabilities softmax(logits / temperature); at temperature 0 the likeliest, first
 * of equals (greedy decoding).
 *
 * @param logits [..., tokens]
 * @returns int32 [...]
 * @example
 * const stream = new RandomStream(1);
 * const next = sampleToken(model.predict(text), { temperature: 0.7, topK: 40, stream });
 */
export function sampleToken(logits: Tensor, options: SampleOptions = {}): Tensor {
  const where = 'sampleToken';
  checkFloatTensor(where, logits);
  checkKeys(where, options, ['temperature', 'topK', 'stream', 'seed']);
  const tokens = logits.shape.at(-1) ?? 0;
  if (tokens === 0) throw new ShapeError(`[${where}] expected logits [..., tokens], received shape ${shapeText(logits.shape)}`);
  const { temperature = 1, topK = tokens, stream, seed } = options;
  if (!(typeof temperature === 'number' && temperature >= 0 && temperature < Infinity))
    throw new ArgumentError(`[${where}] expected a finite temperature of at least 0, received ${describe(temperature)}`);
  checkInteger(where, 'topK', topK, 1);
  if (temperature === 0) return argMax(logits, -1);
  if (stream !== undefined ? !(stream instanceof RandomStream) || seed !== undefined : seed === undefined)
    throw new ArgumentError(
      `[${where}] expected a RandomStream as stream, or a seed, received ${describe(stream)} and ${describe(seed)}`,
    );
  const result = new Tensor(logits.shape.slice(0, -1), 'int32');
  const shares = (stream ?? new RandomStream(seed as number, where)).uniform([result.size], 0, 1, 'float64');
  for (let row = 0; row < result.size; row++) {
    const values = Float64Array.from(logits.array.subarray(row * tokens, (row + 1) * tokens));
    result.array[row] = draw(values, temperature, topK, shares.array[row] as number);
  }
  shares.dispose();
  return result;
}
