import { ArgumentError, checkOptions, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkSeed, defaultSeed, RandomStream } from '../tensor/random.js';
import { held } from '../tensor/scope.js';
import { type Batch, checkDataset, type Dataset, disposeBatch, isPromise } from './dataset.js';

export interface DataLoaderOptions {
  /** Examples a batch. Default 32. */
  batchSize?: number;
  /** Whether each epoch draws its own order. Default false: the order of the dataset. */
  shuffle?: boolean;
  /** Seed of the orders; by default that of `setSeed`. */
  seed?: number;
  /** Whether to leave out the last batch where it is smaller than the others. Default false. */
  dropLast?: boolean;
  /**
   * How many batches to ask for ahead, so that a dataset that reads them from elsewhere does so while the consumer works on the one
   * before. Default 1. A dataset that answers at once is asked when the batch is due: nothing would be gained before.
   */
  prefetch?: number;
}

/**
 * Batches of a dataset, an epoch each time it is iterated. The order is a function of the seed and the number of the epoch alone.
 * Batches belong to the consumer; what was fetched ahead when a loop is left early is disposed.
 *
 * @example
 * for await (const { x, y } of new DataLoader(dataset, { batchSize: 64, shuffle: true })) step(x, y);
 */
export class DataLoader<B = Batch> implements AsyncIterable<B> {
  readonly dataset: Dataset<B>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly prefetch: number;
  /** The epoch that the next iteration gives, counted from 0. May be set, to go on where a run stopped. */
  epoch = 0;

  constructor(dataset: Dataset<B>, options: DataLoaderOptions = {}) {
    const where = 'DataLoader';
    checkDataset(where, dataset);
    checkOptions(where, options);
    const { batchSize = 32, shuffle = false, seed = defaultSeed(), dropLast = false, prefetch = 1 } = options;
    checkInteger(where, 'batchSize', batchSize, 1);
    checkSeed(where, seed);
    checkInteger(where, 'prefetch', prefetch, 0, 1024);
    for (const [name, value] of Object.entries({ shuffle, dropLast })) {
      if (typeof value !== 'boolean')
        throw new ArgumentError(`[${where}] expected ${name} to be true or false, received ${describe(value)}`);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.seed = seed;
    this.dropLast = dropLast;
    this.prefetch = prefetch;
  }

  /** Batches an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The order of the examples in an epoch. */
  order(epoch: number): Int32Array {
    checkInteger('DataLoader', 'epoch', epoch, 0);
    if (!this.shuffle) return Int32Array.from({ length: this.dataset.length }, (_, i) => i);
    return new RandomStream(this.seed, `shuffle/${epoch}`).permutation(this.dataset.length);
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    return this.batches(this.epoch++);
  }

  /** The batches of one epoch; does not count as the next. */
  async *batches(epoch: number): AsyncGenerator<B, void, undefined> {
    const order = this.order(epoch);
    const count = this.length;
    const ahead: (B | Promise<B>)[] = [];
    let asked = 0;
    let patient = false;
    let leaveLast = (): void => {};
    const ask = (): void => {
      const start = asked++ * this.batchSize;
      // The consumer has had its turn with the last batch. What it did not dispose is the collector's from now on.
      leaveLast();
      const { result: batch, close } = held(() => this.dataset.get(order.subarray(start, start + this.batchSize)));
      leaveLast = close;
      patient = isPromise(batch);
      // An early failure waits here until its batch is due; the handler only keeps it from counting as unhandled.
      if (isPromise(batch)) batch.catch(() => {});
      ahead.push(batch);
    };
    try {
      for (let given = 0; given < count; given++) {
        if (ahead.length === 0) ask();
        while (patient && ahead.length <= this.prefetch && asked < count) ask();
        yield await (ahead.shift() as B | Promise<B>);
      }
    } finally {
      leaveLast();
      for (const batch of await Promise.allSettled(ahead)) if (batch.status === 'fulfilled') disposeBatch(batch.value);
    }
  }
}
