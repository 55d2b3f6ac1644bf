import { Vocabulary } from '../data/vocabulary.js';
import { ArgumentError } from '../errors.js';
import { save } from '../io/model.js';
import type { EpochEvent } from '../trainer/index.js';
import { choiceOption, exitCodes, integerOption, positiveOption, type Surroundings, UsageError } from './command.js';
import { readText, textMetadata } from './savedText.js';
import { cells, fitText, nats } from './textModel.js';
import { baselineNats, type TextScores, textScores } from './textScores.js';
import type { TrainTask } from './train.js';
import { checkWritable } from './writable.js';

const help = `Usage: myelin train text --data FILE.txt [options]

Trains a recurrent network to tell the next character (or word) of a text. Trains on the first nine tenths for as long as it may, or
until it gets no better, and tells how well it predicts the last tenth, beside what learns next to nothing.

Options:
  --data FILE   a text in UTF-8
  --cell C      lstm, gru or rnn (default lstm)
  --layers N    layers on top of each other (default 1)
  --units N     units of each (default 384)
  --level L     char or word (default char)
  --minutes M   the longest that it trains (default 5)
  --seed N      of the first weights and of what is dropped (default 0)
  --out FILE    where to save the model, for myelin write and myelin cells
  --json        JSON lines: one for each epoch, one at the end
`;

interface TextValues {
  data?: string;
  cell?: string;
  layers?: string;
  units?: string;
  level?: string;
  minutes?: string;
  seed?: string;
  out?: string;
  json: boolean;
}

const fewestTokens = 200;
/** Words that occur once tell little, and so many make the last layer slow. */
const wordLimits = { minCount: 2, maxSize: 20_000 };

async function trainAndReport(given: TextValues, { out, signal }: Surroundings): Promise<void> {
  const { data, json } = given;
  if (data === undefined) throw new UsageError('[--data] expected a text file, received nothing');
  const cell = choiceOption('cell', given.cell, 'lstm', cells);
  const layers = integerOption('layers', given.layers, 1, 1, 16);
  const units = integerOption('units', given.units, 384, 1, 65_536);
  const level = choiceOption('level', given.level, 'char', ['char', 'word'] as const);
  const minutes = positiveOption('minutes', given.minutes, 5);
  const seed = integerOption('seed', given.seed, 0, 0, 2 ** 31 - 1);
  if (given.out !== undefined) await checkWritable(given.out);
  const text = await readText(data);
  const cut = Math.floor(text.length * 0.9);
  const [training, test] = [text.slice(0, cut), text.slice(cut)];
  const words = level === 'word';
  // Characters that only the last tenth has count as unknown there.
  const vocabulary = Vocabulary.build(training, words ? { level: 'word', ...wordLimits } : { level: 'character' });
  const [seen, held] = [vocabulary.encode(training), vocabulary.encode(test)];
  if (held.length < fewestTokens / 10 || seen.length < fewestTokens)
    throw new ArgumentError(
      `[--data] expected a text of at least ${fewestTokens} ${words ? 'words' : 'characters'}, received fewer`,
    );
  const begun = performance.now();
  const unit = words ? 'words' : 'characters';
  if (!json)
    out.write(
      `${data}: ${seen.length + held.length} ${unit}, ${vocabulary.size} different; ${cell} of ${layers} x ${units} units\n`,
    );
  let epochs = 0;
  const onEpoch = ({ epoch, train, validation, seconds }: EpochEvent): void => {
    epochs = epoch;
    const [own, other] = [train.loss / Math.LN2, validation === null ? null : validation.loss / Math.LN2];
    if (json) out.write(`${JSON.stringify({ event: 'epoch', epoch, trainBits: own, validationBits: other, seconds })}\n`);
    else
      out.write(
        `epoch ${epoch}: ${own.toFixed(3)} bits a token, ${other?.toFixed(3) ?? '-'} on text held out; ${seconds.toFixed(1)} s\n`,
      );
  };
  const model = await fitText(seen, { shape: { cell, layers, units, tokens: vocabulary.size }, minutes, seed, signal, onEpoch });
  const seconds = (performance.now() - begun) / 1000;
  if (given.out !== undefined) {
    const metadata = { [textMetadata]: JSON.stringify({ version: 1, vocabulary }) };
    await save(model, given.out, { metadata });
  }
  const score = (loss: number): TextScores => textScores(loss, held.length - 1, test.length);
  const network = score(await nats(model, held));
  const baseline = Object.entries(baselineNats(seen, held, vocabulary.size)).map(([name, loss]) => [name, score(loss)] as const);
  if (json) {
    const sizes = { characters: text.length, tokens: vocabulary.size, cell, layers, units, level, epochs };
    out.write(`${JSON.stringify({ event: 'done', ...sizes, network, ...Object.fromEntries(baseline), seconds })}\n`);
    return;
  }
  out.write(`On the last tenth, read from its begin as one stream (${epochs} epochs, ${seconds.toFixed(0)} s):\n`);
  for (const [name, { bitsPerCharacter, perplexity }] of [['network', network] as const, ...baseline])
    out.write(
      `  ${name.padEnd(8)} ${bitsPerCharacter.toFixed(3)} bits a character, perplexity ${perplexity.toFixed(2)} a token\n`,
    );
  if (given.out !== undefined)
    out.write(
      `Saved to ${given.out}. Try: myelin write ${given.out} --prompt "${[...test].slice(0, 12).join('').split('\n')[0]}"\n`,
    );
}

const text = { type: 'string' } as const;

/** `myelin train text`. */
export const trainText: TrainTask = {
  help,
  options: {
    ...{ data: text, cell: text, layers: text, units: text, level: text, minutes: text, seed: text, out: text },
    json: { type: 'boolean', default: false },
  },
  async run(values, surroundings) {
    try {
      await trainAndReport(values as unknown as TextValues, surroundings);
      return exitCodes.success;
    } catch (error) {
      if (!surroundings.signal.aborted) throw error;
      surroundings.err.write('myelin: stopped; nothing was saved\n');
      return exitCodes.interrupted;
    }
  },
};
