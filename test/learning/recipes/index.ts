import { kingJames } from './characters.js';
import { co2 } from './co2.js';
import { iris } from './iris.js';
import { digits } from './mnist.js';
import type { Recipe } from './recipe.js';

/** All recipes. What they train on comes with the development packages, but for the text. */
export function recipesWith(text: string | undefined): readonly Recipe[] {
  return [iris, ...co2, ...digits, ...kingJames(text)];
}
