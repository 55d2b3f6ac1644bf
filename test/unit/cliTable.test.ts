import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { parseCsv, TableEncoder } from '../../src/data/index.js';
import { readSafetensors, save } from '../../src/io/index.js';
import { dense, sequential } from '../../src/layers/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-cli-table-'));
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

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Large is what is over 5, dear what is red; some cells are missing. */
const lines = Array.from({ length: 60 }, (_, i) => {
  const [size, colour] = [(i * 7) % 11, i % 3 === 0 ? 'red' : 'blue'];
  return `${i % 17 === 0 ? '' : size},${colour},"${size > 5 ? 'large, yes' : 'small'}",${size + (colour === 'red' ? 20.5 : 0.5)},name ${i}`;
});
const csv = `size,colour,kind,price,id\n${lines.join('\n')}\n`;
const quick = ['--folds', '2', '--seeds', '2', '--epochs', '150'];

describe('train table', () => {
  it('learns classes from a CSV file, saves the encoders, and predicts other files with them', async () => {
    const [data, model] = [await file('kinds.csv', csv), join(folder, 'kinds.safetensors')];
    const { code, out, err } = await run(['train', 'table', '--data', data, '--target', 'kind', ...quick, '--out', model]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('60 rows; classify kind of 2 classes\n  without the column id (60 different texts)\n');
    expect(out).toMatch(
      /\n {2}network 32-16 +accuracy 9\d\.\d % .*\n {2}linear model +accuracy .*\n {2}the most frequent class +accuracy 5\d\.\d %/,
    );
    expect(out).toMatch(/Saved to .*kinds\.safetensors, trained on all rows\./);

    const fresh = await file('fresh.csv', 'price,more,colour,size\n10.5,x,blue,10\n1.5,y,green,1\n');
    const predicted = await run(['predict', model, '--data', fresh]);
    expect([predicted.code, predicted.err]).toEqual([0, '']);
    expect(
      parseCsv(predicted.out)
        .toRows()
        .map(({ kind }) => kind),
    ).toEqual(['large, yes', 'small']);
    expect(predicted.out).toMatch(/^kind,probability\n"large, yes",[01]\.\d{4}\nsmall,[01]\.\d{4}\n$/);

    const asJson = await run(['predict', model, '--data', data, '--json']);
    const rows = asJson.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([rows.length, Object.keys(rows[0]), Object.keys(rows[0].probabilities)]).toEqual([
      60,
      ['kind', 'probabilities'],
      ['large, yes', 'small'],
    ]);
    expect(asJson.err).toMatch(/^myelin: on the 60 rows whose kind is given: accuracy 9\d\.\d %|100\.0 %/);
  });

  it('learns numbers from JSON rows, and tells so in JSON', async () => {
    const data = await file('prices.json', JSON.stringify(parseCsv(csv).toRows()));
    const model = join(folder, 'prices.safetensors');
    const { code, out } = await run(['train', 'table', '--data', data, '--target', 'price', ...quick, '--json', '--out', model]);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([code, events.map(({ event }) => event)]).toEqual([0, ['seed', 'seed', 'done']]);
    expect(events[2]).toMatchObject({
      task: 'regress',
      target: 'price',
      rows: 60,
      folds: 2,
      seeds: 2,
      leftOut: [{ name: 'id' }],
    });
    expect(events[2].network.r2).toBeGreaterThan(0.9);
    expect(events[2].network.r2).toBeCloseTo((events[0].network.r2 + events[1].network.r2) / 2, 12);
    expect(events[2].baseline.r2).toBeLessThan(0.05);
    const { out: lines } = await run(['predict', model, '--data', data]);
    expect(lines.split('\n')[0]).toBe('price');
    expect(Number(lines.split('\n')[1])).toBeGreaterThan(15);
  });

  it('does what it is told: the task, one fold, the same for the same seed', async () => {
    const data = await file('few.csv', 'x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n7,0\n8,1\n9,0\n10,1\n11,\n');
    const args = ['train', 'table', '--data', data, '--target', 'y', '--folds', '1', '--seeds', '1', '--epochs', '3', '--json'];
    const done = async (...more: string[]) =>
      JSON.parse((await run([...args, ...more])).out.trimEnd().split('\n').at(-1) as string);
    expect(await done()).toMatchObject({ task: 'classify', rows: 10, folds: 1, seeds: 1 });
    expect(await done('--task', 'regress')).toMatchObject({ task: 'regress', network: { r2: expect.any(Number) } });
    expect((await done()).network).toEqual((await done()).network);
    const { out } = await run(args.filter((arg) => arg !== '--json'));
    expect(out).toContain('10 rows (1 more have no y); classify y of 2 classes');
    expect(out).toContain('(one fifth of the rows held out, one seed)');
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const model = join(folder, 'none.safetensors');
    const running = run(['train', 'table', '--data', 'penguins', '--seeds', '1000', '--out', model], controller.signal);
    setTimeout(() => controller.abort(), 500);
    const { code, err } = await running;
    expect([code, err]).toEqual([130, 'myelin: stopped; nothing was saved\n']);
    await expect(readFile(model)).rejects.toThrow('ENOENT');
  });

  it('answers what does not fit with one line', async () => {
    const data = await file('small.csv', 'x,y\n1,2\n2,3\n');
    const broken = await file('broken.csv', 'x,y\n1\n');
    const days = await file('days.csv', `x,y\n${Array.from({ length: 12 }, (_, i) => `${i},2020-01-${10 + i}`).join('\n')}\n`);
    const table = ['train', 'table'];
    const wrong: [string[], number, RegExp][] = [
      [table, 2, /\[--data\] expected iris, cars, penguins or a file .* received nothing/],
      [[...table, '--data', 'rose'], 2, /\[--data\] expected iris, .* received 'rose'/],
      [[...table, '--data', data], 2, /\[--target\] expected a column of the table \(x, y\), received nothing/],
      [[...table, '--data', data, '--target', 'z'], 2, /\[--target\] .* received 'z'/],
      [[...table, '--data', 'iris', '--task', 'guess'], 2, /\[--task\] expected classify or regress/],
      [[...table, '--data', 'iris', '--folds', '0'], 2, /\[--folds\]/],
      [[...table, '--data', 'iris', '--folds', '151'], 2, /\[--folds\] expected at most 150, the number of rows/],
      [[...table, '--data', 'iris', '--seeds', 'x'], 2, /\[--seeds\]/],
      [[...table, '--data', 'iris', '--epochs', '0'], 2, /\[--epochs\]/],
      [[...table, '--data', 'iris', '--lr', '1'], 2, /--lr/],
      [[...table, '--data', data, '--target', 'y'], 1, /\[--data\] expected at least 10 rows with a value in 'y', received 2/],
      [[...table, '--data', days, '--target', 'y'], 1, /expected a target of numbers or texts, received dates in 'y'/],
      [[...table, '--data', broken, '--target', 'y'], 1, /\[readCsv\] expected CSV, received text that is not/],
      [[...table, '--data', join(folder, 'absent.csv'), '--target', 'y'], 1, /\[readCsv\]/],
      [[...table, '--data', 'iris', '--out', join(folder, 'absent', 'm')], 1, /\[--out\]/],
    ];
    for (const [args, expected, message] of wrong) {
      const { code, out, err } = await run(args);
      expect([code, out], args.join(' ')).toEqual([expected, '']);
      expect(err, args.join(' ')).toMatch(message);
      expect(err.trimEnd().split('\n').length, args.join(' ')).toBe(1);
    }
  });
});

describe('predict for tables', () => {
  it('answers what does not fit with one line', async () => {
    const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
    const encoder = JSON.stringify(TableEncoder.fit(parseCsv('x,y\n1,2.5\n2,3\n'), { target: 'y' }));
    const [plain, good, bad, other] = ['plain', 'good', 'bad', 'other'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    await save(model, plain);
    await save(model, good, { metadata: { 'myelin.table': encoder } });
    await save(model, bad, { metadata: { 'myelin.table': '{' } });
    await save(model, other, { metadata: { 'myelin.table': '{"version":9}' } });
    expect((await readSafetensors(good)).metadata.get('myelin.table')).toBe(encoder);
    const data = await file('x.csv', 'x\n1\n');
    expect((await run(['predict', good, '--data', data])).code).toBe(0);
    expect((await run(['predict', good, '--data', await file('none.csv', 'x\n'), '--json'])).out).toBe('');
    const wrong: [string[], number, RegExp][] = [
      [[good], 2, /\[--data\] expected a table for a model of myelin train table/],
      [[good, '--data', data, '--index', '1'], 2, /\[--index\]/],
      [[plain, '--json'], 2, /\[--json\]/],
      [[plain, '--data', data], 1, /expected a model of myelin train table in .*plain, received one without encoders/],
      [[bad, '--data', data], 1, /expected JSON in myelin\.table/],
      [[other, '--data', data], 1, /expected an encoder of version 1/],
      [[good, '--data', await file('z.csv', 'z\n1\n')], 1, /expected a table with the columns x, received one with z/],
      [
        [good, '--data', await file('text.csv', 'x\nmany\n')],
        1,
        /expected finite numbers in column 'x', received "many" in row 1/,
      ],
    ];
    for (const [args, expected, message] of wrong) {
      const { code, out, err } = await run(['predict', ...args]);
      expect([code, out], args.join(' ')).toEqual([expected, '']);
      expect(err, args.join(' ')).toMatch(message);
    }
  });
});
