/** The next character of the King James Bible: one recurrent layer, 600 steps. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DataLoader, randomSequences, Vocabulary } from '../../../src/data/index.js';
import { dense, embedding, gru, lstm, sequential } from '../../../src/layers/index.js';
import { crossEntropy } from '../../../src/losses/index.js';
import { adam } from '../../../src/optimizers/index.js';
import { tensor } from '../../../src/tensor/create.js';
import { Trainer } from '../../../src/trainer/index.js';
import type { Recipe } from './recipe.js';
import { torchDefaults } from './torchDefaults.js';

const characters = 1_000_000;
const trained = 900_000;
const [steps, batchSize, length] = [600, 32, 64];
const sha256 = 'bcceeb19c6ba56c526b1914897c3ebe0acbcd61ae2d28522a18b0e1c7ad18747';

const leftOut = `needs the King James text, --text FILE. On Debian: apt install bible-kjv, and
  bible -f 'gen1:1-rev22:21' </dev/null | sed 's/^[^ ]* //' > FILE`;

/** The first million characters of the King James text in a file; throws if it is another text. */
async function readKingJames(file: string): Promise<string> {
  const text = (await readFile(file, 'utf8')).slice(0, characters);
  const hash = createHash('sha256').update(text).digest('hex');
  if (hash === sha256) return text;
  throw new Error(`expected the King James text in ${file} (sha256 of its first million characters ${sha256}), received ${hash}`);
}

/**
 * Bits a character of the last tenth, which is read as one stream from a state of zeros: each character but the first is told from all
 * before it.
 */
async function bits(text: string, cell: 'lstm' | 'gru', seed: number): Promise<number> {
  const vocabulary = Vocabulary.build(text, { symbols: [] });
  const tokens = vocabulary.encode(text);
  const options = { units: 128, initialization: 'uniform', returnSequences: true } as const;
  const model = sequential(
    [
      embedding({ tokens: vocabulary.size, units: 32 }),
      cell === 'lstm' ? lstm(options) : gru(options),
      dense({ units: vocabulary.size, ...torchDefaults }),
    ],
    { seed },
  );
  const optimizer = adam({ lr: 3e-3, clip: { globalNorm: 1 } });
  const trainer = new Trainer({ model, loss: crossEntropy(), optimizer });
  const pieces = randomSequences(tokens.slice(0, trained), { length, examples: steps * batchSize, seed });
  await trainer.fit(new DataLoader(pieces, { batchSize }));
  const test = tokens.slice(trained);
  const x = tensor(test.slice(0, -1), { shape: [1, test.length - 1] });
  const y = tensor(test.slice(1), { shape: [1, test.length - 1] });
  return (await trainer.evaluate({ x, y })).loss / Math.LN2;
}

/** @param file the King James text; without it the recipes are left out */
export function kingJames(file: string | undefined): readonly Recipe[] {
  const common = { figure: 'bits a character after 600 steps', ...(file === undefined ? { leftOut } : {}) };
  const run = (cell: 'lstm' | 'gru') => async (seed: number) => bits(await readKingJames(file as string), cell, seed);
  return [
    { name: 'characters.lstm', ...common, torch: 2.155, bound: { atMost: 2.2 }, run: run('lstm') },
    { name: 'characters.gru', ...common, torch: 1.978, bound: { atMost: 2.02 }, run: run('gru') },
  ];
}
