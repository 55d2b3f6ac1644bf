import { ArgumentError, describe } from '../errors.js';

/** Throws unless `options` is an object with none but the given keys, and its name, if it has one, a text. */
export function checkMetricOptions(where: string, options: unknown, keys: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new ArgumentError(`[${where}] expected options to be an object, received ${describe(options)}`);
  const known = [...keys, 'name'];
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new ArgumentError(`[${where}] expected options among ${known.join(', ')}, received '${key}'`);
  const { name } = options as { name?: unknown };
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw new ArgumentError(`[${where}] expected name to be a text, received ${describe(name)}`);
}

/** Throws unless `value` is true or false. */
export function checkFlag(where: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean')
    throw new ArgumentError(`[${where}] expected ${name} to be true or false, received ${describe(value)}`);
}
