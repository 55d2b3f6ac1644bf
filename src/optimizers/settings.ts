import { ArgumentError, checkOptions, describe } from '../errors.js';

/** What every optimizer can be told, and told differently for each group of parameters. */
export interface Settings {
  /** Learning rate. */
  lr: number;
  weightDecay?: number;
  decoupled?: boolean;
}

export interface DecaySettings extends Settings {
  /** How strongly parameters are drawn to 0; default 0 (0.01 for AdamW). */
  weightDecay: number;
  /** Whether parameters shrink by lr * weightDecay (Loshchilov and Hutter, 2017), or gradients grow by weightDecay * parameter (L2). Default false (true for AdamW). */
  decoupled: boolean;
}

/** One setting. */
export interface Field<T> {
  /** Its default. */
  readonly initial: T;
  /** Throws unless the value may be. */
  readonly check?: (where: string, name: string, value: unknown) => void;
}

export type Fields<S> = { readonly [K in keyof S]: Field<S[K]> };

/** A finite number of at least `low`, and below `high`. */
export function number(initial: number, low = 0, high = Number.POSITIVE_INFINITY): Field<number> {
  return { initial, check: (where, name, value) => checkRange(where, name, value, low, high) };
}

/** A finite number above 0. */
export function positive(initial: number): Field<number> {
  return { initial, check: (where, name, value) => checkRange(where, name, value, Number.MIN_VALUE) };
}

/** The share of a mean that stays at each step, in [0, 1). */
export function share(initial: number): Field<number> {
  return number(initial, 0, 1);
}

export function flag(initial: boolean): Field<boolean> {
  const check = (where: string, name: string, value: unknown): void => {
    if (typeof value !== 'boolean')
      throw new ArgumentError(`[${where}] expected ${name} to be true or false, received ${describe(value)}`);
  };
  return { initial, check };
}

export const decayFields: Fields<Omit<DecaySettings, 'lr'>> = { weightDecay: number(0), decoupled: flag(false) };

/** `base` with what `given` changes, all checked. */
export function settingsOf<S extends object>(where: string, fields: Fields<S>, base: S, given: object): S {
  const settings = { ...base };
  for (const key of Object.keys(fields) as (keyof S & string)[]) {
    const value = (given as Partial<S>)[key];
    if (value === undefined) continue;
    fields[key].check?.(where, key, value);
    settings[key] = value;
  }
  return settings;
}

export function initialSettings<S extends object>(fields: Fields<S>): S {
  return Object.fromEntries(Object.entries<Field<unknown>>(fields).map(([key, field]) => [key, field.initial])) as S;
}

/** Throws unless `options` is an object with none but the given keys. */
export function checkKeys(where: string, options: unknown, keys: readonly string[]): asserts options is object {
  checkOptions(where, options);
  if (Array.isArray(options)) throw new ArgumentError(`[${where}] expected an object of options, received an array`);
  for (const key of Object.keys(options as object)) {
    if (!keys.includes(key)) throw new ArgumentError(`[${where}] expected options among ${keys.join(', ')}, received '${key}'`);
  }
}

/** Throws unless `value` is a finite number of at least `low`, and below `high`. */
export function checkRange(
  where: string,
  name: string,
  value: unknown,
  low: number,
  high = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= low && value < high) return;
  const least = low === Number.MIN_VALUE ? 'above 0' : `>= ${low}`;
  const range = high === Number.POSITIVE_INFINITY ? least : `from ${low} to below ${high}`;
  throw new ArgumentError(`[${where}] expected ${name} to be a finite number ${range}, received ${describe(value)}`);
}
