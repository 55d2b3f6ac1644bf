import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { save } from '../../src/io/index.js';
import { dense, sequential } from '../../src/layers/index.js';

let folder: string;
let data: string;
let model: string;

/** Runs the program in this process. */
async function run(args: string[], signal = new AbortController().signal): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const streams = { out: { write: (text: string) => (out += text) }, err: { write: (text: string) => (err += text) } };
  const code = await main(args, { ...streams, env: {}, signal });
  return { code, out, err };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-cli-series-'));
  [data, model] = [join(folder, 'sales.csv'), join(folder, 'sales.safetensors')];
  const rows = Array.from(
    { length: 140 },
    (_, i) => `${i},${(50 + 0.4 * i + [0, 4, 9, 3, -2, -6][i % 6] + Math.sin(i * i)).toFixed(3)}`,
  );
  await writeFile(data, `month,sales\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

describe('train series and forecast', () => {
  it('beats what learns nothing, saves what a forecast needs, and forecasts on', async () => {
    const args = ['train', 'series', '--data', data, '--column', 'sales', '--epochs', '60', '--horizon', '2'];
    const { code, out, err } = await run([...args, '--out', model, '--json']);
    expect([code, err]).toEqual([0, '']);
    const done = JSON.parse(out);
    expect(done).toMatchObject({ event: 'done', column: 'sales', rows: 140, testRows: 28, season: 6, window: 24, horizon: 2 });
    expect(done.rmse.network).toBeLessThan(done.rmse.persistence);
    expect(done.rmse.network).toBeLessThan(done.rmse.seasonalNaive);

    const picture = join(folder, 'sales.svg');
    const forecast = await run(['forecast', model, '--steps', '7', '--picture', picture]);
    expect([forecast.code, forecast.err]).toEqual([0, '']);
    const [head, ...rows] = forecast.out.trimEnd().split('\n');
    expect(head).toBe('step,forecast,low,high,persistence,seasonalNaive,seasonalNaiveWithDrift');
    expect(rows.map((row) => Number(row.split(',')[0]))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const row of rows) {
      const [, mean, low, high] = row.split(',').map(Number) as [number, number, number, number];
      expect(low).toBeLessThan(high);
      expect(mean).toBeGreaterThan(80);
      expect(mean).toBeLessThan(130);
    }
    expect((await run(['forecast', model, '--steps', '7'])).out).toBe(forecast.out);
    expect(await readFile(picture, 'utf8')).toMatch(/^<svg [\s\S]*>sales<\/text>[\s\S]*<polygon [\s\S]*<\/svg>\n$/);
    const [first] = (await run(['forecast', model, '--json'])).out.split('\n');
    expect(Object.keys(JSON.parse(first as string))).toEqual((head as string).split(','));
  });

  it('says what it cannot use', async () => {
    const wrong = async (...args: string[]): Promise<string> => (await run(args)).err;
    expect(await wrong('train', 'series', '--column', 'sales')).toMatch(/\[--data\] expected a file/);
    expect(await wrong('train', 'series', '--data', data)).toMatch(/\[--column\] expected a column/);
    expect(await wrong('train', 'series', '--data', data, '--column', 'x')).toMatch(/\(month, sales\), received 'x'/);
    expect(await wrong('train', 'series', '--data', data, '--column', 'sales', '--window', '100')).toMatch(/at least \d+ rows/);
    const gap = join(folder, 'gap.csv');
    await writeFile(gap, `v\n1\n\n3\n`);
    expect(await wrong('train', 'series', '--data', gap, '--column', 'v')).not.toBe('');
    expect(await wrong('forecast', model, '--picture', 'x.png')).toMatch(/expected a file \.svg/);
    const other = join(folder, 'other.safetensors');
    await save(sequential([dense({ units: 1 })], { inputShape: [2] }), other);
    expect(await wrong('forecast', other)).toMatch(/expected a model of myelin train series/);
    await save(sequential([dense({ units: 1 })], { inputShape: [2] }), other, { metadata: { 'myelin.series': '{"version":1}' } });
    expect(await wrong('forecast', other)).toMatch(/expected a series of version 1/);
  });

  it('stops when it is told to', async () => {
    const { code, err } = await run(['train', 'series', '--data', data, '--column', 'sales'], AbortSignal.abort());
    expect([code, err]).toEqual([130, 'myelin: stopped; nothing was saved\n']);
  });
});
