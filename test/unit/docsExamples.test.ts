/** Every program in the documentation runs as it stands, in a project that has the package installed. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  join(root, 'README.md'),
  ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => join(root, 'docs', name)),
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-docs-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'myelin'), 'dir');
  // One of the examples reads a text of it.
  await symlink(join(root, 'node_modules', 'typescript'), join(folder, 'node_modules', 'typescript'), 'dir');
});
afterAll(() => rm(folder, { recursive: true }));

async function run(name: string, program: string, timeout = 50_000): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, timeout });
  return stdout;
}

for (const page of pages) {
  describe(basename(page), async () => {
    const blocks = [...(await readFile(page, 'utf8')).matchAll(/^```js\n(.*?)^```/gms)].map(([, program]) => program as string);
    blocks.forEach((program, i) => {
      it(`example ${i + 1}`, async () => {
        await run(`${basename(page)}-${i}.mjs`, program);
      });
    });
    if (blocks.length === 0) it('has no examples', () => {});
  });
}

describe('examples/', () => {
  const example = async (name: string, timeout?: number) =>
    run(name, await readFile(join(root, 'examples', name), 'utf8'), timeout);
  it.each(['xor.mjs', 'imageFilters.mjs'])('%s', async (name) => {
    await example(name);
  });
  it('transfer.mjs: what was learnt of other digits is worth 3 points', { timeout: 240_000 }, async () => {
    const [, moved, fromScratch] = /moved ([\d.]+) %, from scratch ([\d.]+) %/.exec(await example('transfer.mjs', 230_000)) ?? [];
    expect(Number(moved)).toBeGreaterThanOrEqual(Number(fromScratch) + 3);
  });
  it('vanishingGradient.mjs: gradients over 200 steps vanish, last and explode, and clipping makes one learn that explodes', async () => {
    const said = await example('vanishingGradient.mjs');
    const share = (name: string): number => Number(new RegExp(`${name}: the first step has (\\S+)`).exec(said)?.[1]);
    expect(share('simple RNN')).toBeLessThan(1e-12);
    expect(share('LSTM, forgetBias ln 199')).toBeGreaterThan(0.1);
    expect(share('LSTM, forgetBias 1')).toBeLessThan(1e-6);
    expect(share('weights that stretch')).toBeGreaterThan(1e5);
    const losses = (name: string): number[] => {
      const [, ...figures] = new RegExp(`^${name}: loss (\\S+), after a step (\\S+), after 300 (\\S+)$`, 'm').exec(said) ?? [];
      return figures.map(Number);
    };
    const [before, , after] = losses('clipped to a global norm of 1');
    expect(before).toBeGreaterThan(1e9);
    expect(after).toBeLessThan(10);
    expect(losses('not clipped')).toEqual([before, Number.NaN, Number.NaN]);
    expect(await readFile(join(folder, 'vanishing.svg'), 'utf8')).toMatch(/^<svg .*<polyline .*<\/svg>\n$/s);
  });

  /** The numbers that a pattern holds in what an example prints; NaN where it prints no such thing. */
  const figures = (said: string, pattern: RegExp): number[] =>
    (pattern.exec(said) ?? ['', '']).slice(1).map((text) => Number(text || Number.NaN));
  const slow = { timeout: 120_000 };

  it('digitRows.mjs: of digits read row by row, 98 % are right', slow, async () => {
    const [right] = figures(await example('digitRows.mjs', 110_000), /^([\d.]+) % of the test images right$/m);
    expect(right).toBeGreaterThanOrEqual(98);
  });
  it(
    'writeDigits.mjs: digits written row by row are as legible as real ones, and greedy decoding repeats itself',
    slow,
    async () => {
      const said = await example('writeDigits.mjs', 110_000);
      const written = (how: string): number[] =>
        figures(said, new RegExp(`^${how}: the judge reads ([\\d.]+) % right, (\\d+) of 1000 are different$`, 'm'));
      const [real] = figures(said, /^real digits: the judge reads ([\d.]+) % right$/m);
      const [sharp, sharpDifferent] = written('temperature 0.7, topK 10');
      const [plain, plainDifferent] = written('temperature 1');
      const [, greedyDifferent] = written('temperature 0');
      expect(real).toBeGreaterThan(92);
      expect(sharp).toBeGreaterThan(90);
      expect(plain).toBeGreaterThan(75);
      expect(sharpDifferent).toBeGreaterThan(900);
      expect(plainDifferent).toBeGreaterThan(900);
      expect(greedyDifferent).toBeLessThanOrEqual(10);
    },
  );
  it('tagging.mjs: both directions tag 99 % of the words right, one alone cannot', slow, async () => {
    const pattern = /: ([\d.]+) % of the words in both directions, ([\d.]+) % forward alone$/m;
    const [both, forward] = figures(await example('tagging.mjs', 110_000), pattern);
    expect(both).toBeGreaterThanOrEqual(99);
    expect(forward).toBeLessThan(85);
  });
  it('sequenceToSequence.mjs: 98 % of new strings are reversed and sorted to the last digit', slow, async () => {
    const said = await example('sequenceToSequence.mjs', 110_000);
    const [reversed] = figures(said, /^\d+ reversed: \d+; ([\d.]+) % of 2000 strings/m);
    const [sorted] = figures(said, /^\d+ sorted: \d+; ([\d.]+) % of 2000 strings/m);
    expect(reversed).toBeGreaterThanOrEqual(98);
    expect(sorted).toBeGreaterThanOrEqual(98);
  });
});
