import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { models } from '../../src/cli/models.js';
import { save } from '../../src/io/model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the program in this process. */
async function run(args: string[], signal = new AbortController().signal): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(args, {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
    env: {},
    signal,
  });
  return { code, out, err };
}

describe('the program', () => {
  it('helps, in general and for each command', async () => {
    const general = await run(['--help']);
    expect([general.code, general.err]).toEqual([0, '']);
    for (const command of ['train', 'predict', 'info', 'build-addon']) {
      expect(general.out).toContain(command);
      for (const args of [
        [command, '--help'],
        [command, 'mnist', '-h'],
      ]) {
        const { code, out, err } = await run(args);
        expect([code, err]).toEqual([0, '']);
        expect(out).toMatch(new RegExp(`^Usage: myelin ${command}`));
      }
    }
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('answers a wrong command line with one line and exit code 2', async () => {
    const wrong: [string[], RegExp][] = [
      [['fly'], /expected a command .* received 'fly'/],
      [['constructor'], /expected a command/],
      [['train'], /expected what to train \(mnist, table, series, text\), received nothing/],
      [['train', 'cifar'], /expected mnist, table, series or text, received 'cifar'/],
      [['train', 'mnist', 'twice'], /expected no more arguments, received 'twice'/],
      [['train', 'mnist', '--speed', '9'], /--speed/],
      [['train', 'mnist', '--model', 'rnn'], /\[--model\] expected mlp or cnn, received 'rnn'/],
      [['train', 'mnist', '--epochs', '0'], /\[--epochs\] expected an integer from 1/],
      [['train', 'mnist', '--epochs', '1.5'], /\[--epochs\]/],
      [['train', 'mnist', '--batch', '60001'], /\[--batch\]/],
      [['train', 'mnist', '--lr', '-1'], /--lr/],
      [['train', 'mnist', '--lr=0'], /\[--lr\] expected a number above 0, received '0'/],
      [['train', 'mnist', '--seed', 'x'], /\[--seed\]/],
      [['train', 'mnist', '--threads', '0'], /\[--threads\] expected an integer from 1 to 256/],
      [['train', 'mnist', '--epochs'], /--epochs/],
      [['train', 'mnist', '--json=yes'], /--json/],
      [['predict'], /expected the file of a model, received nothing/],
      [['predict', 'file', '--data', 'cifar'], /\[--data\] expected mnist, iris, .* received 'cifar'/],
      [['predict', 'file', '--index=-1'], /\[--index\]/],
      [['info', 'more'], /expected no more arguments/],
      [['build-addon', '--fast'], /--fast/],
    ];
    for (const [args, message] of wrong) {
      const { code, out, err } = await run(args);
      expect([code, out], args.join(' ')).toEqual([2, '']);
      expect(err, args.join(' ')).toMatch(message);
      expect(err.trimEnd().split('\n').length, args.join(' ')).toBe(1);
    }
    expect((await run([])).code).toBe(2);
  });

  it('answers what fails with one line and exit code 1', async () => {
    const notOne = join(folder, 'not-a-model');
    await writeFile(notOne, 'text that is long enough');
    const failing: string[][] = [
      ['predict', join(folder, 'absent')],
      ['predict', notOne],
      ['predict', folder],
      ['train', 'mnist', '--out', join(folder, 'absent', 'model')],
      ['train', 'mnist', '--out', folder],
    ];
    for (const args of failing) {
      const { code, out, err } = await run(args);
      expect([code, out], args.join(' ')).toEqual([1, '']);
      expect(err).toMatch(/^myelin: \[.*\] expected .*, received .*\n$/);
    }
  });

  it('tells what it computes with', async () => {
    const { code, out } = await run(['info', '--json']);
    const info = JSON.parse(out);
    expect([code, out.split('\n').length]).toEqual([0, 2]);
    expect(info).toMatchObject({
      version: expect.any(String),
      backend: expect.stringMatching(/native|reference/),
      threads: expect.any(Number),
      cpu: expect.any(String),
    });
    if (info.backend === 'native') {
      expect(info.isa.compiled).toEqual(expect.arrayContaining(info.isa.present));
      expect(info.isa.present).toContain(info.isa.chosen);
    }
    expect((await run(['info'])).out).toMatch(/^version +\d/);
  });

  it('draws a digit and what a model makes of it', async () => {
    const file = join(folder, 'model.safetensors');
    await save(models.mlp(0), file);
    const { code, out, err } = await run(['predict', file, '--index', '3']);
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines.slice(0, 28).every((line) => line.length === 56)).toBe(true);
    const shares = lines.slice(29, 39).map((line) => Number(/(\d+\.\d) %/.exec(line)?.[1]));
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 0);
    expect(out).toMatch(/Image 3 looks like \d, (which it is|but it is 0)\.\n$/);
    expect(await run(['predict', file, '--index', '10000'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 0 to 9999'),
    });
  });

  it('stops when it is told to, saving what there is', async () => {
    const controller = new AbortController();
    const file = join(folder, 'stopped.safetensors');
    const running = run(['train', 'mnist', '--model', 'mlp', '--epochs', '1000', '--out', file], controller.signal);
    setTimeout(() => controller.abort(), 1500);
    const { code, out, err } = await running;
    expect([code, out.includes('images right')]).toEqual([130, false]);
    expect(err).toBe(`myelin: stopped; the model as it is now lies in ${file}\n`);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await run(['predict', file])).code).toBe(0);
  });
});
