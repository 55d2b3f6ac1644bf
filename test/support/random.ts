/** Seeded test data. The same seed gives the same data on every machine, so a failure can be repeated. */
import { philox } from '../../src/tensor/philox.js';

/**
 * - ordinary: uniform in [-2, 2)
 * - positive: uniform in [1/16, 4)
 * - tied: small integers, many of them equal
 * - wide: any sign and magnitude, denormals included
 * - special: ordinary, one in six a NaN, infinity, zero of either sign or denormal
 * - hostile: wide, with all specials and the extremes of float32
 */
export type Kind = 'ordinary' | 'positive' | 'tied' | 'wide' | 'special' | 'hostile';

const specials = [NaN, Infinity, -Infinity, 0, -0, 2 ** -149, -(2 ** -130)];
const extremes = [
  (2 - 2 ** -23) * 2 ** 127,
  -(2 - 2 ** -23) * 2 ** 127,
  2 ** -126,
  1,
  -1,
  0.5,
  1.5,
  2.5,
  2 ** 23 + 1,
  88.8,
  -104,
];

export class Random {
  readonly #key: readonly [number, number];
  readonly #words = new Uint32Array(4);
  #drawn = 0;

  constructor(seed: number, stream = 0) {
    this.#key = [seed, stream];
  }

  word(): number {
    const at = this.#drawn % 4;
    if (at === 0) philox([this.#drawn / 4, 0, 0, 0], this.#key, this.#words);
    this.#drawn++;
    return this.#words[at];
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.word() / 2 ** 32;
  }

  /** From low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)];
  }

  flag(): boolean {
    return this.word() % 2 === 0;
  }

  float(kind: Kind): number {
    switch (kind) {
      case 'ordinary':
        return this.unit() * 4 - 2;
      case 'positive':
        return 1 / 16 + this.unit() * (4 - 1 / 16);
      case 'tied':
        return this.integer(-3, 3);
      case 'wide':
        return (this.flag() ? 1 : -1) * (1 + this.unit()) * 2 ** this.integer(-140, 126);
      case 'special':
        return this.integer(1, 6) === 1 ? this.pick(specials) : this.float('ordinary');
      case 'hostile':
        return this.integer(1, 3) === 1 ? this.pick([...specials, ...extremes]) : this.float('wide');
    }
  }

  floats(length: number, kind: Kind = 'ordinary'): Float32Array {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) values[i] = this.float(kind);
    return values;
  }

  integers(length: number, low: number, high: number): Int32Array {
    const values = new Int32Array(length);
    for (let i = 0; i < length; i++) values[i] = this.integer(low, high);
    return values;
  }
}
