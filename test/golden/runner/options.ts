import type { Config } from './folder.js';

/** PyTorch's configuration of a case: what was given, with PyTorch's defaults for the rest. A key that nobody asked for is an error. */
export class Options {
  private readonly asked = new Set<string>();

  constructor(
    private readonly what: string,
    private readonly config: Config,
  ) {}

  private value(key: string): unknown {
    this.asked.add(key);
    return this.config[key];
  }

  private fail(key: string, expected: string): never {
    throw new Error(`${this.what}: expected ${key} to be ${expected}, received ${JSON.stringify(this.config[key])}`);
  }

  number(key: string, standard?: number): number {
    const value = this.value(key) ?? standard;
    if (value === 'inf') return Infinity;
    return typeof value === 'number' ? value : this.fail(key, 'a number');
  }

  boolean(key: string, standard: boolean): boolean {
    const value = this.value(key) ?? standard;
    return typeof value === 'boolean' ? value : this.fail(key, 'true or false');
  }

  /** One of some words. */
  word<const W extends string>(key: string, words: readonly W[], standard: NoInfer<W>): W {
    const value = this.value(key) ?? standard;
    return words.find((word) => word === value) ?? this.fail(key, words.join(' or '));
  }

  /** A number or a list of them. */
  numbers(key: string, standard?: number | readonly number[]): number | readonly number[] {
    const value = this.value(key) ?? standard;
    if (typeof value === 'number' || (Array.isArray(value) && value.every((n) => typeof n === 'number'))) return value;
    return this.fail(key, 'a number or a list of numbers');
  }

  /** Whatever stands there. */
  any(key: string): unknown {
    return this.value(key);
  }

  has(key: string): boolean {
    return this.config[key] !== undefined && this.config[key] !== null;
  }

  /** Throws if the configuration holds what no method was asked for. Null is PyTorch's None, a default. */
  done(): void {
    const left = Object.keys(this.config).filter((key) => !this.asked.has(key) && this.config[key] !== null);
    if (left.length > 0) throw new Error(`${this.what}: no such option here: ${left.join(', ')}`);
  }
}
