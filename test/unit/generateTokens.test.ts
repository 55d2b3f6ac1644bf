import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backend/select.js';
import { type GenerateStep, generateTokens, sampleToken } from '../../src/data/index.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { dense, embedding, lstm } from '../../src/layers/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const indices = (values: number[]): Tensor => tensor(values, { dtype: 'int32' });

/** Tells of the token that is one larger, with certainty; counts in its state how often it was asked. */
const counting: GenerateStep = (tokens, [calls]) => {
  const rows = [...tokens.data()].map((token) => Array.from({ length: 10 }, (_, i) => (i === (token + 1) % 10 ? 50 : 0)));
  return [tensor(rows), (calls as Tensor).add(1)];
};

/** An LSTM with a table and a head, as a step. */
function network(): { step: GenerateStep; states: Tensor[] } {
  const [table, recurrent, head] = [
    embedding({ tokens: 7, units: 4, seed: 1 }),
    lstm({ units: 5, seed: 2 }),
    dense({ units: 7, seed: 3 }),
  ];
  recurrent.build([3, 4]);
  const [cell] = recurrent.cells as [(typeof recurrent.cells)[0]];
  const step: GenerateStep = (tokens, states) => {
    const [h, c] = cell.call([table.call(tokens), ...states]) as [Tensor, Tensor];
    return [head.call(h), h, c];
  };
  return { step, states: cell.zeroState(4) };
}

describe('generateTokens', () => {
  it('gives each step the tokens and the states of the one before', () => {
    const written = generateTokens(counting, { start: indices([0, 7]), states: [zeros([1])], length: 4, temperature: 0 });
    expect([written.dtype, written.toArray()]).toEqual([
      'int32',
      [
        [1, 2, 3, 4],
        [8, 9, 0, 1],
      ],
    ]);
    const seen: number[] = [];
    const watched: GenerateStep = (tokens, states) => {
      seen.push((states[0] as Tensor).data()[0] as number);
      return counting(tokens, states);
    };
    generateTokens(watched, { start: indices([0]), states: [zeros([1])], length: 3, temperature: 0 });
    expect(seen).toEqual([0, 1, 2]);
  });

  it('fills what is behind the end of a row with the end, and stops when all rows have ended', () => {
    const options = { states: [zeros([1])], length: 9, temperature: 0 };
    const written = generateTokens(counting, { ...options, start: indices([1, 3, 0]), end: 4 });
    expect(written.toArray()).toEqual([
      [2, 3, 4, 4],
      [4, 4, 4, 4],
      [1, 2, 3, 4],
    ]);
    expect(generateTokens(counting, { ...options, start: indices([5]), end: 4, length: 3 }).toArray()).toEqual([[6, 7, 8]]);
    expect(generateTokens(counting, { ...options, start: indices([5]), length: 0 }).shape).toEqual([1, 0]);
    expect(generateTokens(counting, { ...options, start: tensor(new Int32Array(0)), end: 4 }).shape).toEqual([0, 0]);
  });

  it('draws what a loop over sampleToken draws', () => {
    const { step, states } = network();
    const sampling = { temperature: 1.3, topK: 4 };
    const stream = new RandomStream(5, 'generateTokens');
    const expected: number[][] = [];
    let [token, held] = [indices([0, 1, 2, 3]), states];
    for (let i = 0; i < 12; i++) {
      const [logits, ...after] = step(token, held);
      [token, held] = [sampleToken(logits, { ...sampling, stream }), after];
      expected.push([...token.data()]);
    }
    const options = { start: indices([0, 1, 2, 3]), states, length: 12, ...sampling };
    const written = generateTokens(step, { ...options, seed: 5 });
    expect(written.toArray()).toEqual([0, 1, 2, 3].map((row) => expected.map((column) => column[row])));
    expect(new Set(written.data()).size).toBeGreaterThan(2);
    expect(generateTokens(step, { ...options, seed: 5 }).toArray()).toEqual(written.toArray());
    expect(generateTokens(step, { ...options, seed: 6 }).toArray()).not.toEqual(written.toArray());
    const moving = new RandomStream(5, 'generateTokens');
    expect(generateTokens(step, { ...options, stream: moving }).toArray()).toEqual(written.toArray());
    expect(generateTokens(step, { ...options, stream: moving }).toArray()).not.toEqual(written.toArray());
  });

  it('leaves what it was given, and nothing else but its result', () => {
    const { step, states } = network();
    const start = indices([0, 1, 2, 3]);
    const own = zeros([4, 2]);
    // A state of its own that every other step hands on, as an encoder's outputs are: it may not be given back.
    let odd = false;
    const handing: GenerateStep = (tokens, [h, c]) => {
      odd = !odd;
      const [logits, ...after] = step(tokens, [h as Tensor, c as Tensor]);
      return odd ? [logits, ...after, own] : [logits, ...after];
    };
    generateTokens(handing, { start, states, length: 3, temperature: 0 }).dispose();
    const before = memory().bytes;
    const written = generateTokens(handing, { start, states, length: 20, temperature: 0 });
    expect(memory().bytes - before).toBe(written.bytes);
    expect([start, own, ...states].map(({ disposed }) => disposed)).toEqual([false, false, false, false]);
    const failing: GenerateStep = (tokens, held) => {
      if (tokens.data()[0] === written.data()[1]) throw new Error('no more');
      return step(tokens, held);
    };
    expect(() => generateTokens(failing, { start, states, length: 20, temperature: 0 })).toThrow('no more');
    expect(memory().bytes - before).toBe(written.bytes);
  });

  it('refuses what cannot be', () => {
    const good = { start: indices([0]), states: [zeros([1])], length: 2, temperature: 0 };
    const refuse = (
      change: object,
      error: typeof ArgumentError | typeof ShapeError,
      message: RegExp,
      step: unknown = counting,
    ) => {
      const call = (): Tensor => generateTokens(step as GenerateStep, { ...good, ...change });
      expect(call).toThrow(error);
      expect(call).toThrow(message);
    };
    refuse({}, ArgumentError, /\[generateTokens\] expected step to be a function, received 3/, 3);
    refuse({ start: 3 }, ArgumentError, /expected a tensor/);
    refuse({ start: tensor([0]) }, ShapeError, /expected start as int32 \[batch\], received float32 \[1\]/);
    refuse({ start: tensor([[0]], { dtype: 'int32' }) }, ShapeError, /received int32 \[1, 1\]/);
    refuse({ states: zeros([1]) }, ArgumentError, /expected states as a list of tensors/);
    refuse({ states: [1] }, ArgumentError, /expected a tensor/);
    refuse({ length: 1.5 }, ArgumentError, /length/);
    refuse({ length: undefined }, ArgumentError, /length/);
    refuse({ end: -1 }, ArgumentError, /end/);
    refuse({ steps: 2 }, ArgumentError, /steps/);
    refuse({ temperature: 1 }, ArgumentError, /a RandomStream as stream, or a seed/);
    refuse({ stream: new RandomStream(1), seed: 1 }, ArgumentError, /a stream or a seed, received both/);
    refuse({}, ArgumentError, /expected step to give a list of logits and states, received Tensor/, () => zeros([1, 3]));
    refuse({}, ArgumentError, /received \[\]/, () => []);
    refuse({}, ArgumentError, /expected a tensor/, () => [zeros([1, 3]), 1]);
    refuse({}, ShapeError, /expected logits \[1, tokens\] of step, received shape \[1, 1, 3\]/, () => [zeros([1, 1, 3])]);
  });
});
