/** What `npm run golden` prints and answers. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CaseEntry } from './runner/folder.js';
import { main } from './runner/main.js';

const folder = fileURLToPath(new URL('layers', import.meta.url));
const reference = ['--backend', 'reference'];

afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const note = (line: string): number => lines.push(line);
  vi.spyOn(console, 'log').mockImplementation(note);
  vi.spyOn(console, 'error').mockImplementation(note);
  return { code: await main(args), lines };
}

/** The cases of linear layers as they are, but for what `change` does to them. */
async function changed(change: (cases: CaseEntry[]) => void): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'myelin-golden-'));
  await mkdir(copy, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as { cases: CaseEntry[] };
  const cases = manifest.cases.filter(({ group }) => group === 'linear');
  change(cases);
  await writeFile(join(copy, 'manifest.json'), JSON.stringify({ cases }));
  await writeFile(join(copy, 'linear.safetensors'), await readFile(join(folder, 'linear.safetensors')));
  return copy;
}

async function runChanged(change: (cases: CaseEntry[]) => void): Promise<{ code: number; lines: string[] }> {
  const copy = await changed(change);
  try {
    return await run(copy, ...reference);
  } finally {
    await rm(copy, { recursive: true });
  }
}

describe('npm run golden', () => {
  it('prints a line for each case and the sums', async () => {
    expect(await run(folder, '--only', 'linear', ...reference)).toEqual({
      code: 0,
      lines: ['ok   linear/linear_0', 'ok   linear/linear_1', 'ok   linear/linear_2', '3 passed, 0 failed'],
    });
  });

  it('answers 2 to what it does not understand', async () => {
    for (const args of [[], [folder, '--only', 'nothing'], [folder, '--other'], [folder, folder]]) {
      expect((await run(...args)).code).toBe(2);
    }
  });

  it('fails with the reason', async () => {
    const { code, lines } = await runChanged(([first, second, third]) => {
      first.layer = 'Linea';
      second.config.odd = 1;
      third.gradients['param/odd'] = third.gradients['param/bias'];
    });
    expect(code).toBe(1);
    expect(lines).toEqual([
      'FAIL linear/linear_0: reference: no layer here for Linea',
      'FAIL linear/linear_1: reference: Linear: no such option here: odd',
      'FAIL linear/linear_2: reference: no gradient param/odd',
      '0 passed, 3 failed',
    ]);
  });

  it('fails where a number differs', async () => {
    const { code, lines } = await runChanged(([first, second]) => {
      first.loss.value += 1e-3;
      [second.gradients['input/x'], second.outputs.y] = [second.inputs.x, second.cotangents.y];
    });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/linear_0: reference: loss\[0\]: .* expected .* \+-/);
    expect(lines[1]).toMatch(/linear_1: reference: output y\[0\]: .*\(and 1 more\)/);
    expect(lines.at(-1)).toBe('1 passed, 2 failed');
  });

  it('knows a layer in whatever group it stands, and fails on what it does not know', async () => {
    const { code, lines } = await runChanged(([first, second]) => {
      first.group = 'poetry';
      [second.group, second.layer] = ['poetry', 'Sonnet'];
    });
    expect(code).toBe(1);
    expect(lines[0]).toBe('ok   poetry/linear_0');
    expect(lines[1]).toBe('FAIL poetry/linear_1: reference: no layer here for Sonnet');
    expect(lines.at(-1)).toBe('2 passed, 1 failed');
  });
});
