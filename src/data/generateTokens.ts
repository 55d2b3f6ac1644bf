/** Decoding: a model that tells of the next token writes whole sequences. */
import { noGrad } from '../autograd/tape.js';
import { ArgumentError, describe, ShapeError } from '../errors.js';
import { checkInteger, checkTensor } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { RandomStream } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { type SampleOptions, sampleToken } from './sampleToken.js';

const where = 'generateTokens';

export interface GenerateOptions extends SampleOptions {
  /** The token that each sequence begins after, int32 [batch]: a start symbol, or the last token of a prompt. */
  start: Tensor;
  /** What the first step is given beside it: the states of an encoder, or a cell's `zeroState(batch)`. Default none. */
  states?: readonly Tensor[];
  /** The most tokens to write. */
  length: number;
  /** The token that ends a sequence; by default none does. */
  end?: number;
}

/** One step: from the tokens before, int32 [batch], and the states to logits [batch, tokens] and the states after it. */
export type GenerateStep = (tokens: Tensor, states: Tensor[]) => readonly [logits: Tensor, ...states: Tensor[]];

/** The token drawn next for each row, and the states after it, as handles of their own: what a step passes on may be its owner's. */
function advance(step: GenerateStep, token: Tensor, states: Tensor[], sampling: SampleOptions): [Tensor, ...Tensor[]] {
  const result: unknown = step(token, states);
  if (!Array.isArray(result) || result.length === 0)
    throw new ArgumentError(`[${where}] expected step to give a list of logits and states, received ${describe(result)}`);
  for (const one of result) checkTensor(where, one);
  const [logits, ...after] = result as [Tensor, ...Tensor[]];
  if (logits.rank !== 2 || logits.shape[0] !== token.size)
    throw new ShapeError(`[${where}] expected logits [${token.size}, tokens] of step, received shape ${shapeText(logits.shape)}`);
  return [sampleToken(logits, sampling), ...after.map((state) => state.alias())];
}

/** Steps as the columns of a tensor [batch, steps]. */
function besides(columns: readonly Int32Array[], batch: number): Tensor {
  const result = new Tensor([batch, columns.length], 'int32');
  for (const [step, column] of columns.entries()) {
    for (const [row, token] of column.entries()) result.array[row * columns.length + step] = token;
  }
  return result;
}

/**
 * Writes sequences token by token: each step is given the tokens that the one before drew, by `sampleToken` with the options
 * `temperature` (0 is greedy decoding), `topK`, and `stream` or `seed`. Where a row has drawn `end`, the rest of it is `end`; once all
 * rows have, it stops. Nothing is recorded for gradients.
 *
 * @returns int32 [batch, written], of at most `length` steps; the start is not among them.
 * @throws ArgumentError or ShapeError where an option, or what `step` gives, is not as described.
 * @example
 * const step = (tokens, states) => {
 *   const [h, c] = cell.call([table.call(tokens), ...states]);
 *   return [head.call(h), h, c];
 * };
 * const written = generateTokens(step, { start, states: cell.zeroState(batch), length: 100, temperature: 0.7, topK: 40, seed: 1 });
 */
export function generateTokens(step: GenerateStep, options: GenerateOptions): Tensor {
  if (typeof step !== 'function')
    throw new ArgumentError(`[${where}] expected step to be a function, received ${describe(step)}`);
  checkKeys(where, options, ['start', 'states', 'length', 'end', 'temperature', 'topK', 'stream', 'seed']);
  const { start, states = [], length, end, seed, ...sampling } = options;
  checkTensor(where, start);
  if (start.dtype !== 'int32' || start.rank !== 1)
    throw new ShapeError(`[${where}] expected start as int32 [batch], received ${start.dtype} ${shapeText(start.shape)}`);
  if (!Array.isArray(states))
    throw new ArgumentError(`[${where}] expected states as a list of tensors, received ${describe(states)}`);
  for (const state of states) checkTensor(where, state);
  checkInteger(where, 'length', length, 0);
  if (end !== undefined) checkInteger(where, 'end', end, 0);
  if (seed !== undefined && sampling.stream === undefined) sampling.stream = new RandomStream(seed, where);
  else if (seed !== undefined) throw new ArgumentError(`[${where}] expected a stream or a seed, received both`);

  return noGrad(() =>
    scope(() => {
      const columns: Int32Array[] = [];
      const ended = new Uint8Array(start.size);
      let before = [start, ...states].map((one) => one.alias()) as [Tensor, ...Tensor[]];
      while (columns.length < length && !ended.every(Boolean)) {
        const [token, ...held] = before;
        const after = scope(() => advance(step, token, held, sampling));
        const column = after[0].array as Int32Array;
        for (let row = 0; row < column.length && end !== undefined; row++) {
          if (ended[row] === 1) column[row] = end;
          else if (column[row] === end) ended[row] = 1;
        }
        columns.push(column.slice());
        for (const one of before) one.dispose();
        before = after;
      }
      return besides(columns, start.size);
    }),
  );
}
