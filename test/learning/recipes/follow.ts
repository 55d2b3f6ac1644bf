import { keeps, type Recipe } from './recipe.js';

const seeds = [0, 1, 2];

/** What a recipe came to. */
export interface Outcome {
  readonly mean: number;
  /** One for each seed. */
  readonly values: readonly number[];
  readonly seconds: number;
  readonly passed: boolean;
}

/** Follows a recipe with three seeds, whose mean is held to its bound. */
export async function follow({ run, bound }: Recipe): Promise<Outcome> {
  const begun = performance.now();
  const values: number[] = [];
  for (const seed of seeds) values.push(await run(seed));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, values, seconds: (performance.now() - begun) / 1000, passed: keeps(mean, bound) };
}
