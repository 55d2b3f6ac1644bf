import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { follow, type Outcome } from './follow.js';
import { recipesWith } from './index.js';
import type { Recipe } from './recipe.js';

const usage = `usage: npm run learning -- [--only NAME,...] [--text FILE] [--json]
NAME: iris, co2, mnist, characters, or one of a group, such as mnist.cnn`;

const isNamed = ({ name }: Recipe, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}.`);

function line({ name, figure, bound, torch }: Recipe, { mean, values, seconds, passed }: Outcome): string {
  const [word, limit] = 'atLeast' in bound ? ['at least', bound.atLeast] : ['at most', bound.atMost];
  const each = values.map((value) => value.toPrecision(4)).join(', ');
  const reached = `${figure} ${mean.toPrecision(4)} (${each}), ${word} ${limit}, PyTorch ${torch}`;
  return `${passed ? 'ok  ' : 'FAIL'} ${name}: ${reached}; ${seconds.toFixed(0)} s`;
}

/** Follows a recipe and prints what came of it; whether it passed. */
async function report(recipe: Recipe, json: boolean): Promise<boolean> {
  const { name, figure, bound, torch } = recipe;
  try {
    const outcome = await follow(recipe);
    console.log(json ? JSON.stringify({ name, figure, bound, torch, ...outcome }) : line(recipe, outcome));
    return outcome.passed;
  } catch (error) {
    const { message } = error as Error;
    console.log(
      json ? JSON.stringify({ name, figure, bound, torch, passed: false, error: message }) : `FAIL ${name}: ${message}`,
    );
    return false;
  }
}

/** Follows the recipes and prints one line each; 0 if all pass. */
export async function main(args: string[]): Promise<number> {
  const options = { only: { type: 'string' }, text: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
  let parsed: ReturnType<typeof parseArgs<{ args: string[]; options: typeof options }>>;
  try {
    parsed = parseArgs({ args, options });
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  const { only, text, json } = parsed.values;
  const all = recipesWith(text === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', text));
  const wanted = only?.split(',');
  const unknown = wanted?.find((name) => !all.some((recipe) => isNamed(recipe, name)));
  if (unknown !== undefined) {
    console.error(`no recipe ${unknown}\n${usage}`);
    return 2;
  }
  let [passed, failed] = [0, 0];
  for (const recipe of all) {
    if (wanted !== undefined && !wanted.some((name) => isNamed(recipe, name))) continue;
    if (recipe.leftOut !== undefined) console.error(`LEFT OUT ${recipe.name}: ${recipe.leftOut}`);
    else if (await report(recipe, json)) passed++;
    else failed++;
  }
  console.log(json ? JSON.stringify({ passed, failed }) : `${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
