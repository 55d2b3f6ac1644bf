import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe } from '../errors.js';
import { checkFloat, type FloatDType } from './dtype.js';
import { philox } from './philox.js';
import { checkShape, type Shape } from './shape.js';
import { Tensor } from './tensor.js';

/** FNV-1a, 32 bits: turns the name of a stream into a number. */
function hash(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Throws unless `seed` is an integer that a double holds exactly. */
export function checkSeed(where: string, seed: unknown): asserts seed is number {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) {
    throw new ArgumentError(`[${where}] expected a seed, an integer from 0 to 2^53 - 1, received ${describe(seed)}`);
  }
}

/**
 * A named sequence of random numbers of one seed. Streams of different names are independent, so what one part of a program draws
 * does not change what another gets. Philox 4x32-10: bits depend on (seed, name, draw, position) alone.
 */
export class RandomStream {
  /** [seed low, seed high, stream, draw]: what kernels take. */
  readonly state: Uint32Array;

  constructor(seed: number, name = '') {
    checkSeed('RandomStream', seed);
    this.state = Uint32Array.of(seed, Math.floor(seed / 2 ** 32), hash(name), 0);
  }

  /** On to the next draw; every drawing method does it. */
  advance(): void {
    this.state[3] = (this.state[3] as number) + 1;
  }

  /** `count` 32-bit words. */
  private words(count: number): Uint32Array {
    const words = new Uint32Array(Math.ceil(count / 4) * 4);
    const [low, high, stream, draw] = this.state as unknown as [number, number, number, number];
    const counter = [0, 0, stream, draw];
    const key = [low, high];
    for (let block = 0; block < words.length / 4; block++) {
      counter[0] = block;
      philox(counter, key, words, block * 4);
    }
    this.advance();
    return words;
  }

  /** Evenly distributed on [low, high). */
  uniform(shape: Shape, low = 0, high = 1, dtype: FloatDType = 'float32'): Tensor {
    checkShape('uniform', shape);
    checkFloat('uniform', dtype);
    if (!Number.isFinite(low) || !Number.isFinite(high))
      throw new ArgumentError(`[uniform] expected finite bounds, received ${describe(low)}, ${describe(high)}`);
    const result = new Tensor([...shape], dtype);
    backendFor(dtype).uniform(result.floats, low, high, this.state);
    this.advance();
    return result;
  }

  /** Normally distributed (Box and Muller, 1958). */
  normal(shape: Shape, mean = 0, deviation = 1, dtype: FloatDType = 'float32'): Tensor {
    checkShape('normal', shape);
    checkFloat('normal', dtype);
    if (!Number.isFinite(mean) || !Number.isFinite(deviation) || deviation < 0) {
      throw new ArgumentError(
        `[normal] expected a finite mean and a deviation >= 0, received ${describe(mean)}, ${describe(deviation)}`,
      );
    }
    const result = new Tensor([...shape], dtype);
    const words = this.words(result.size + (result.size % 2));
    const array = result.floats;
    for (let i = 0; i < array.length; i += 2) {
      // 1 - u lies in (0, 1], where the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - (words[i] as number) / 2 ** 32));
      const angle = (2 * Math.PI * (words[i + 1] as number)) / 2 ** 32;
      array[i] = mean + deviation * radius * Math.cos(angle);
      if (i + 1 < array.length) array[i + 1] = mean + deviation * radius * Math.sin(angle);
    }
    return result;
  }

  /** The numbers 0 to n - 1 in random order (Fisher and Yates, 1938; Durstenfeld, 1964). */
  permutation(n: number): Int32Array {
    checkShape('permutation', [n]);
    const order = Int32Array.from({ length: n }, (_, i) => i);
    const words = this.words(n);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(((words[i] as number) / 2 ** 32) * (i + 1));
      const moved = order[i] as number;
      order[i] = order[j] as number;
      order[j] = moved;
    }
    return order;
  }
}

let shared = new RandomStream(0, 'default');
let seedInUse = 0;

/** Starts the default stream again from a seed; models and loaders without a seed of their own take this one. Default 0. */
export function setSeed(seed: number): void {
  checkSeed('setSeed', seed);
  seedInUse = seed;
  shared = new RandomStream(seed, 'default');
}

/** The seed that `setSeed` set. */
export function defaultSeed(): number {
  return seedInUse;
}

/** Numbers evenly distributed on [low, high), from the default stream or a seed. */
export function randomUniform(
  shape: Shape,
  options: { low?: number; high?: number; dtype?: FloatDType; seed?: number } = {},
): Tensor {
  checkOptions('randomUniform', options);
  const stream = options.seed === undefined ? shared : new RandomStream(options.seed, 'uniform');
  return stream.uniform(shape, options.low, options.high, options.dtype);
}

/** Normally distributed numbers, from the default stream or a seed. */
export function randomNormal(
  shape: Shape,
  options: { mean?: number; deviation?: number; dtype?: FloatDType; seed?: number } = {},
): Tensor {
  checkOptions('randomNormal', options);
  const stream = options.seed === undefined ? shared : new RandomStream(options.seed, 'normal');
  return stream.normal(shape, options.mean, options.deviation, options.dtype);
}
