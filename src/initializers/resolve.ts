import { ArgumentError } from '../errors.js';
import * as all from './index.js';
import type { Initializer } from './initializer.js';

const { gainFor: _, ...known } = all;

/** What a layer's option may be: an initialiser, its name, or what stands for it in a file. */
export type InitializerLike = Initializer | string | { name: string; config: Record<string, unknown> };

/** The JSON that stands for an initialiser in a model's description. */
export function describeInitializer(initializer: Initializer): { name: string; config: Record<string, unknown> } {
  return { name: initializer.name, config: { ...initializer.config } };
}

function byName(where: string, name: unknown, config: unknown): Initializer {
  if (typeof name !== 'string' || !Object.hasOwn(known, name)) {
    throw new ArgumentError(
      `[${where}] expected an initializer, one of ${Object.keys(known).join(', ')}, received ${String(name)}`,
    );
  }
  const factory = known[name as keyof typeof known] as (config: unknown) => Initializer;
  return factory(config ?? {});
}

/** The initialiser that an option means. */
export function resolveInitializer(where: string, value: InitializerLike): Initializer {
  if (typeof value === 'string') return byName(where, value, {});
  if (value === null || typeof value !== 'object') {
    throw new ArgumentError(`[${where}] expected an initializer or its name, received ${String(value)}`);
  }
  if ('sample' in value && typeof value.sample === 'function') return value;
  return byName(where, value.name, value.config);
}
