import { ArgumentError, describe } from '../errors.js';
import { Parameter } from '../tensor/parameter.js';
import type { Settings } from './settings.js';

/**
 * Which parameters a group has: by the path (a pattern, or the path of a parameter or of the layer it lies in, where * stands for any
 * characters but dots, ** for any at all), by a function, or a list of parameters and paths.
 */
export type ParameterSelector = RegExp | string | ((parameter: Parameter) => boolean) | readonly (Parameter | string)[];

/** Parameters with settings of their own; what it leaves out is as for all. */
export type ParameterGroup<S extends Settings = Settings> = Partial<S> & { parameters: ParameterSelector };

/** Throws unless `selector` is one. */
export function checkSelector(where: string, selector: unknown): asserts selector is ParameterSelector {
  if (selector instanceof RegExp || typeof selector === 'string' || typeof selector === 'function') return;
  if (Array.isArray(selector) && selector.every((one) => one instanceof Parameter || typeof one === 'string')) return;
  throw new ArgumentError(
    `[${where}] expected parameters of a group as a pattern, a path, a function or a list of them, received ${describe(selector)}`,
  );
}

/** Whether a group has a parameter. */
export function selects(selector: ParameterSelector, parameter: Parameter): boolean {
  if (typeof selector === 'string') return lies(parameter.name, selector);
  // Not test(): it keeps its place in patterns with the flag g.
  if (selector instanceof RegExp) return parameter.name.search(selector) >= 0;
  if (typeof selector === 'function') return selector(parameter);
  return selector.some((one) => (typeof one === 'string' ? lies(parameter.name, one) : one === parameter));
}

function lies(name: string, path: string): boolean {
  if (path.includes('*')) {
    const literal = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    const pattern = literal.replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^.]*'));
    return new RegExp(`^${pattern}(\\.|$)`).test(name);
  }
  return name === path || name.startsWith(`${path}.`);
}
