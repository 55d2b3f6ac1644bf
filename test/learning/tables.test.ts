/** The example tables, by the command line as it stands but for the number of seeds. PyTorch with a like recipe: iris 95.3 %, cars 0.876. */
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';

interface Done {
  network: Record<string, number>;
  linear: Record<string, number>;
  baseline: Record<string, number>;
}

async function train(name: string): Promise<Done> {
  let out = '';
  const streams = { out: { write: (text: string) => (out += text) }, err: { write: () => true } };
  const args = ['train', 'table', '--data', name, '--seeds', '2', '--json'];
  expect(await main(args, { ...streams, env: {}, signal: new AbortController().signal })).toBe(0);
  return JSON.parse(out.trimEnd().split('\n').at(-1) as string);
}

describe('train table', { timeout: 180_000 }, () => {
  it('tells the species of irises', async () => {
    const { network, baseline } = await train('iris');
    expect(network.accuracy).toBeGreaterThanOrEqual(0.94);
    expect(baseline.accuracy).toBeCloseTo(1 / 3, 12);
  });

  it('tells how far cars go, better than a linear model', async () => {
    const { network, linear, baseline } = await train('cars');
    expect(network.r2).toBeGreaterThanOrEqual(0.85);
    expect(network.r2).toBeGreaterThan(linear.r2 + 0.03);
    expect(Math.abs(baseline.r2)).toBeLessThan(0.05);
  });

  it('tells the species of penguins', async () => {
    const { network, baseline } = await train('penguins');
    expect(network.accuracy).toBeGreaterThanOrEqual(0.97);
    expect(baseline.accuracy).toBeLessThan(0.5);
  });
});
