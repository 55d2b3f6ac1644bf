import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { baselineNats, textScores } from '../../src/cli/textScores.js';
import { save } from '../../src/io/index.js';
import { dense, sequential } from '../../src/layers/index.js';

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-cli-text-'));
  data = join(folder, 'rhyme.txt');
  await writeFile(data, 'one two, buckle my shoe; three four, knock at the door.\n'.repeat(60));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the program in this process. */
async function run(args: string[], signal = new AbortController().signal): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const streams = { out: { write: (text: string) => (out += text) }, err: { write: (text: string) => (err += text) } };
  const code = await main(args, { ...streams, env: {}, signal });
  return { code, out, err };
}

const quick = ['--units', '32', '--minutes', '0.05', '--json'];

describe('train text, write and cells', () => {
  it.each(['lstm', 'gru', 'rnn'])(
    'learns a rhyme by its characters with %s, goes on with it and shows its cells',
    async (cell) => {
      const model = join(folder, `${cell}.safetensors`);
      const { code, out, err } = await run(['train', 'text', '--data', data, '--cell', cell, ...quick, '--out', model]);
      expect([code, err]).toEqual([0, '']);
      const lines = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const done = lines[lines.length - 1];
      expect(lines[0]).toMatchObject({ event: 'epoch', epoch: 1 });
      expect(done).toMatchObject({ event: 'done', cell, layers: 1, units: 32, level: 'char', characters: 3360 });
      expect(done.uniform.bitsPerCharacter).toBeCloseTo(Math.log2(done.tokens), 1);
      expect(done.unigram.bitsPerCharacter).toBeLessThan(done.uniform.bitsPerCharacter);
      expect(done.bigram.bitsPerCharacter).toBeLessThan(done.unigram.bitsPerCharacter);
      expect(done.network.bitsPerCharacter).toBeLessThan(done.uniform.bitsPerCharacter);

      const write = (...more: string[]): Promise<{ code: number; out: string; err: string }> =>
        run(['write', model, '--prompt', 'one two', '--length', '40', ...more]);
      const first = await write();
      expect([first.code, first.err, first.out.length]).toEqual([0, '', 'one two'.length + 40 + 1]);
      expect(first.out.startsWith('one two')).toBe(true);
      expect((await write()).out).toBe(first.out);
      expect((await write('--seed', '5', '--temperature', '2')).out).not.toBe(first.out);

      const picture = join(folder, `${cell}.html`);
      const look = (...more: string[]): Promise<{ code: number; out: string; err: string }> =>
        run(['cells', model, '--data', data, ...more]);
      const seen = await look('--length', '100', '--picture', picture);
      expect([seen.code, seen.err]).toEqual([0, '']);
      expect(seen.out).toMatch(/: 3360 characters; 1\.0 \w+ of 32 units\nfeature .*\n-.*\nspace +1\.0\.\d+ [+-]0\.\d\d /);
      expect(seen.out).toMatch(/\ninside quotes +the same everywhere\n.*\nDrawn in /);
      const page = await readFile(picture, 'utf8');
      expect(page).toMatch(/^<!doctype html>.*<h2>unit 1\.0\.\d+<\/h2>.*<span class="c\d+/s);
      const svg = join(folder, `${cell}.SVG`);
      expect((await look('--unit', '3, 1.0.4', '--from', '3350', '--picture', svg)).out).toMatch(/\n1\.0\.3 .*\n1\.0\.4 /);
      expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*>unit 1\.0\.3<.*>unit 1\.0\.4</s);
      const { cells, features } = JSON.parse((await look('--json')).out);
      expect(cells).toEqual([{ path: '1.0', type: expect.any(String), units: 32, reverse: false }]);
      expect(features[0]).toMatchObject({ feature: 'space', units: { length: 5 } });
      const told = JSON.parse((await look('--unit', '3', '--json', '--length', '7')).out);
      expect([told.text.join(''), told.units[0].unit, told.units[0].activations.length]).toEqual(['one two', '1.0.3', 7]);
      expect(await look('--unit', '32')).toMatchObject({ code: 1, err: expect.stringMatching(/a unit of 1\.0\.0 to 1\.0\.31/) });
      expect(await look('--from', '3360')).toMatchObject({ code: 1, err: expect.stringMatching(/of more than 3360 characters/) });
    },
  );

  it('learns words, several layers deep', async () => {
    const model = join(folder, 'words.safetensors');
    const args = ['train', 'text', '--data', data, '--level', 'word', '--layers', '2', '--units', '16', '--minutes', '0.05'];
    const { code, out, err } = await run([...args, '--out', model]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/: \d+ words, \d+ different; lstm of 2 x 16 units\n/);
    expect(out).toMatch(/\n {2}network {2}\d\.\d{3} bits a character, perplexity \d/);
    expect((await run(['write', model, '--length', '5', '--prompt', 'knock at'])).out).toMatch(/^knock at /);
    const seen = (await run(['cells', model, '--data', data])).out;
    expect(seen).toMatch(/: \d+ words; 1\.0 LstmCell of 16 units, 1\.1 LstmCell of 16 units\n/);
    expect(seen).toMatch(/\nspace +the same everywhere\nstart of word +1\.[01]\.\d+ /);
  });

  it('says what it cannot use', async () => {
    const wrong = async (...args: string[]): Promise<string> => (await run(args)).err;
    expect(await wrong('train', 'text')).toMatch(/\[--data\] expected a text file/);
    expect(await wrong('train', 'text', '--data', join(folder, 'none.txt'))).toMatch(/\[--data\]/);
    const bytes = join(folder, 'bytes.txt');
    await writeFile(bytes, Uint8Array.of(0xff, 0xfe, 0x00));
    expect(await wrong('train', 'text', '--data', bytes)).toMatch(/expected text in UTF-8/);
    await writeFile(bytes, 'short');
    expect(await wrong('train', 'text', '--data', bytes)).toMatch(/at least 200 characters/);
    const other = join(folder, 'other.safetensors');
    await save(sequential([dense({ units: 1 })], { inputShape: [2] }), other);
    expect(await wrong('write', other)).toMatch(/\[myelin write\] expected a model of myelin train text/);
    expect(await wrong('cells', other)).toMatch(/\[--data\] expected a text file/);
    expect(await wrong('cells', other, '--data', data)).toMatch(/\[myelin cells\] expected a model of myelin train text/);
    expect(await wrong('cells', other, '--data', data, '--picture', 'x.png')).toMatch(
      /\[--picture\] expected a file .html or .svg/,
    );
    expect(await wrong('cells', other, '--data', data, '--length', '0')).toMatch(/\[--length\] expected an integer/);
  });

  it('stops when it is told to', async () => {
    const { code, err } = await run(['train', 'text', '--data', data], AbortSignal.abort());
    expect([code, err]).toEqual([130, 'myelin: stopped; nothing was saved\n']);
  });
});

describe('scores of texts', () => {
  it('counts bits a character and perplexity a token', () => {
    // Four tokens of two bits each, of eight characters.
    const { bitsPerCharacter, perplexity } = textScores(Math.log(4), 4, 8);
    expect(bitsPerCharacter).toBeCloseTo(1, 12);
    expect(perplexity).toBeCloseTo(4, 12);
  });

  it('has baselines as they are defined', () => {
    const { uniform, unigram, bigram } = baselineNats(Int32Array.of(0, 1, 0, 1), Int32Array.of(0, 1), 2);
    expect(uniform).toBeCloseTo(Math.log(2), 12);
    // Each token was seen twice, and once in imagination: 3 of 6. After 0 came 1 twice: (2 + 1/2) of 3.
    expect(unigram).toBeCloseTo(Math.log(2), 12);
    expect(bigram).toBeCloseTo(-Math.log(2.5 / 3), 12);
  });
});
