import { sampleToken } from '../data/sampleToken.js';
import { ArgumentError } from '../errors.js';
import { load } from '../io/model.js';
import { resetState, type Sequential } from '../layers/index.js';
import { slice } from '../ops/index.js';
import { tensor } from '../tensor/create.js';
import { RandomStream } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Command, exitCodes, integerOption, parseCommand, positiveOption } from './command.js';
import { readVocabulary } from './savedText.js';

/** Tokens that go on from the prompt. The model is stateful: it is shown each token once. */
export function* writeTokens(
  model: Sequential,
  prompt: Int32Array,
  options: { temperature: number; length: number; symbols: number; stream: RandomStream },
): Generator<number, void, undefined> {
  const { temperature, length, symbols, stream } = options;
  resetState(model);
  let shown = prompt;
  for (let i = 0; i < length; i++) {
    const next = scope(() => {
      const logits = model.predict(tensor(shown, { shape: [1, shown.length] })) as Tensor;
      const [, steps, tokens] = logits.shape as [number, number, number];
      // The numbers below are symbols, which stand for no text.
      const last = slice(logits, [0, steps - 1, [symbols, tokens]]);
      return symbols + sampleToken(last, { temperature, stream }).item();
    });
    yield next;
    shown = Int32Array.of(next);
  }
  resetState(model);
}

/** `myelin write FILE --prompt TEXT`. */
export const writeCommand: Command = {
  summary: 'let a saved model write text',
  help: `Usage: myelin write FILE [--prompt TEXT] [--temperature T] [--length N] [--seed N]

Writes the prompt and what a saved model makes of it.

Arguments:
  FILE             a model, as written by myelin train text --out FILE

Options:
  --prompt TEXT    what it goes on from (default: a line end)
  --temperature T  how daring: above 1 more than what it learned, towards 0 less (default 0.7)
  --length N       characters or words to write (default 500)
  --seed N         of what is drawn (default 0)
`,
  async run(args, { out }) {
    const text = { type: 'string' } as const;
    const options = { prompt: text, temperature: text, length: text, seed: text } as const;
    const { values, positionals } = parseCommand('write', args, options, ['the file of a model']);
    const file = positionals[0] as string;
    const temperature = positiveOption('temperature', values.temperature, 0.7);
    const length = integerOption('length', values.length, 500, 0, 1_000_000);
    const stream = new RandomStream(integerOption('seed', values.seed, 0, 0, 2 ** 31 - 1), 'write');
    const vocabulary = await readVocabulary('myelin write', file);
    const prompt = vocabulary.encode(values.prompt ?? '\n');
    if (prompt.length === 0) throw new ArgumentError('[--prompt] expected at least one character, received none');
    const model = await load<Sequential>(file);
    const symbols = vocabulary.symbols.length;
    const written: number[] = values.prompt === undefined ? [] : [...prompt];
    for (const token of writeTokens(model, prompt, { temperature, length, symbols, stream })) written.push(token);
    out.write(`${vocabulary.decode(written)}\n`);
    return exitCodes.success;
  },
};
