/** The quick ones of `npm run learning`, and what it prints and answers. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addonFile } from '../support/addon.js';
import { follow } from './recipes/follow.js';
import { recipesWith } from './recipes/index.js';
import { main } from './recipes/main.js';
import { keeps } from './recipes/recipe.js';

// On the reference backend it takes minutes.
const addon = addonFile('the recipe of carbon dioxide');

afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((line: string) => out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => err.push(line));
  return { code: await main(args), out, err };
}

describe('npm run learning', { timeout: 120_000 }, () => {
  it('follows the recipe of iris', async () => {
    const { code, out, err } = await run('--only', 'iris');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out[0]).toMatch(
      /^ok {3}iris: mean accuracy of 5 folds 0\.9\d+ \(0\.\d+, 0\.\d+, [01]\.\d+\), at least 0\.94, PyTorch 0\.9533; \d+ s$/,
    );
    expect(out.slice(1)).toEqual(['1 passed, 0 failed']);
  });

  it.skipIf(addon === undefined)('follows the recipe of carbon dioxide, relative to the last value', async () => {
    const { code, out } = await run('--only', 'co2.relative', '--json');
    const [outcome, sums, ...more] = out.map((line) => JSON.parse(line));
    expect({ code, sums, more }).toEqual({ code: 0, sums: { passed: 1, failed: 0 }, more: [] });
    expect(outcome).toMatchObject({ name: 'co2.relative', bound: { atMost: 0.00065 }, torch: 0.000535, passed: true });
    expect(outcome.values).toHaveLength(3);
    expect(outcome.mean).toBeLessThanOrEqual(0.00065);
  });

  it('leaves out what needs a text, and says where to get it', async () => {
    const { code, out, err } = await run('--only', 'characters');
    expect({ code, out }).toEqual({ code: 1, out: ['0 passed, 0 failed'] });
    expect(err).toHaveLength(2);
    expect(err[0]).toMatch(/^LEFT OUT characters\.lstm: needs the King James text, --text FILE\. On Debian: /);
  });

  it('fails on another text', async () => {
    const { code, out } = await run('--only', 'characters.gru', '--text', fileURLToPath(import.meta.url));
    expect([code, out[1]]).toEqual([1, '0 passed, 1 failed']);
    expect(out[0]).toMatch(/^FAIL characters\.gru: expected the King James text in /);
  });

  it('answers 2 to what it does not understand', async () => {
    for (const args of [['--only', 'iri'], ['--other'], ['iris']]) {
      const { code, out, err } = await run(...args);
      expect([code, out]).toEqual([2, []]);
      expect(err.at(-1)).toMatch(/usage: npm run learning/);
    }
  });

  it('holds the mean of three seeds to the bound', async () => {
    const [recipe] = recipesWith(undefined);
    const seeds: number[] = [];
    const outcome = await follow({
      ...recipe,
      bound: { atMost: 1 },
      run: async (seed) => {
        seeds.push(seed);
        return [0, 0.5, 2.6][seed] as number;
      },
    });
    expect(seeds).toEqual([0, 1, 2]);
    expect(outcome).toMatchObject({ values: [0, 0.5, 2.6], passed: false });
    expect(outcome.mean).toBeCloseTo(3.1 / 3, 12);
    expect([keeps(1, { atMost: 1 }), keeps(1, { atLeast: 1 }), keeps(0.9, { atLeast: 1 })]).toEqual([true, true, false]);
    expect([keeps(Number.NaN, { atMost: 1 }), keeps(Number.NaN, { atLeast: 1 })]).toEqual([false, false]);
  });
});
