import { checkNumber } from '../ops/operand.js';
import { full } from '../tensor/create.js';
import type { Initializer } from './initializer.js';

function filled(name: string, config: Readonly<Record<string, number>>, value: number): Initializer {
  return { name, config, sample: (shape, _fan, _stream, dtype) => full(shape, value, { dtype }) };
}

/** All elements 0: the usual start of a bias. */
export function zeros(): Initializer {
  return filled('zeros', {}, 0);
}

/** All elements 1: the usual start of a scale. */
export function ones(): Initializer {
  return filled('ones', {}, 1);
}

/** All elements `value`. */
export function constant(options: { value: number }): Initializer {
  checkNumber('constant', 'value', options?.value);
  return filled('constant', { value: options.value }, options.value);
}
