/**
 * A dataset answers one question: which batch do these indices make? Shuffling, splitting and batching are then only arithmetic on
 * indices, and a batch is gathered in one pass over memory.
 */
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { checkInteger, checkTensor } from '../ops/operand.js';
import { RandomStream } from '../tensor/random.js';
import { scope, visitTensors } from '../tensor/scope.js';
import { shapeText, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** Examples that are reached by index. */
export interface Dataset<B = Batch> {
  /** Number of examples. */
  readonly length: number;
  /** The batch of these examples, in this order: new tensors, which belong to the caller. */
  get(indices: Int32Array): B | Promise<B>;
}

/** What the trainer takes: inputs and targets, examples along the first axis. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Throws unless `dataset` is one. */
export function checkDataset(where: string, dataset: unknown): asserts dataset is Dataset<unknown> {
  const candidate = dataset as Partial<Dataset<unknown>> | null;
  if (typeof candidate !== 'object' || candidate === null || typeof candidate.get !== 'function') {
    throw new ArgumentError(`[${where}] expected a dataset (an object with length and get), received ${describe(dataset)}`);
  }
  checkInteger(where, 'the length of the dataset', candidate.length, 0);
}

function checkIndices(where: string, indices: Int32Array, length: number): void {
  if (!(indices instanceof Int32Array))
    throw new ArgumentError(`[${where}] expected an Int32Array of indices, received ${describe(indices)}`);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index < 0 || index >= length)
      throw new ArgumentError(`[${where}] expected indices from 0 to ${length - 1}, received ${index} at ${i}`);
  }
}

/** The rows of `x` at `indices`. */
function rowsOf(x: Tensor, indices: Int32Array): Tensor {
  const rows = new Tensor([indices.length, ...x.shape.slice(1)], x.dtype);
  backendFor(x.dtype).gatherRows(x.array, indices, rows.array, sizeOf(x.shape.slice(1)));
  return rows;
}

/** Whether a dataset answered later rather than at once. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value !== null && typeof value === 'object' && typeof (value as { then?: unknown }).then === 'function';
}

/** Disposes every tensor of a batch. */
export function disposeBatch(batch: unknown): void {
  visitTensors(batch, (tensor) => tensor.dispose());
}

/**
 * Examples that lie in tensors, along their first axis. The tensors stay the caller's, and must live as long as the dataset.
 *
 * @example
 * const dataset = tensorDataset({ x: images, y: labels });
 */
export function tensorDataset<F extends Readonly<Record<keyof F, Tensor>>>(fields: F): Dataset<{ [K in keyof F]: Tensor }> {
  const where = 'tensorDataset';
  if (typeof fields !== 'object' || fields === null)
    throw new ArgumentError(`[${where}] expected an object of tensors, received ${describe(fields)}`);
  const entries = Object.entries(fields) as [string, Tensor][];
  for (const [name, tensor] of entries) {
    checkTensor(where, tensor);
    if (tensor.rank === 0)
      throw new ShapeError(`[${where}] expected examples along the first axis of ${name}, received a scalar`);
  }
  const [first] = entries;
  if (first === undefined) throw new ArgumentError(`[${where}] expected at least one tensor, received none`);
  const length = first[1].shape[0] as number;
  for (const [name, { shape }] of entries) {
    if (shape[0] !== length)
      throw new ShapeError(
        `[${where}] expected ${length} examples in ${name} as in ${first[0]}, received shape ${shapeText(shape)}`,
      );
  }
  return {
    length,
    get(indices) {
      checkIndices(where, indices, length);
      return Object.fromEntries(entries.map(([name, tensor]) => [name, rowsOf(tensor, indices)])) as { [K in keyof F]: Tensor };
    },
  };
}

/**
 * The same examples, each batch passed through `transform`: a synchronous function, run in a scope, so that of the batch it was
 * given and the tensors it makes only those it returns stay.
 *
 * @example
 * const floats = mapDataset(pixels, ({ x, y }) => ({ x: affine(cast(x, 'float32'), 1 / 255, 0), y }));
 */
export function mapDataset<A, B>(dataset: Dataset<A>, transform: (batch: A) => B): Dataset<B> {
  checkDataset('mapDataset', dataset);
  if (typeof transform !== 'function')
    throw new ArgumentError(`[mapDataset] expected a function, received ${describe(transform)}`);
  const apply = (batch: A): B => {
    let mapped: B;
    try {
      mapped = scope(() => transform(batch));
    } catch (error) {
      disposeBatch(batch);
      throw error;
    }
    const returned = new Set<Tensor>();
    visitTensors(mapped, (tensor) => returned.add(tensor));
    visitTensors(batch, (tensor) => {
      if (!returned.has(tensor)) tensor.dispose();
    });
    return mapped;
  };
  return {
    length: dataset.length,
    get(indices) {
      const batch = dataset.get(indices);
      return isPromise(batch) ? batch.then(apply) : apply(batch);
    },
  };
}

/** The examples at `indices`, in that order. */
export function subsetDataset<B>(dataset: Dataset<B>, indices: Int32Array | readonly number[]): Dataset<B> {
  checkDataset('subsetDataset', dataset);
  if (!Array.isArray(indices) && !(indices instanceof Int32Array)) {
    throw new ArgumentError(`[subsetDataset] expected an array of indices, received ${describe(indices)}`);
  }
  for (const index of indices) checkInteger('subsetDataset', 'an index', index, 0, dataset.length - 1);
  const chosen = Int32Array.from(indices);
  return {
    length: chosen.length,
    get(wanted) {
      checkIndices('subsetDataset', wanted, chosen.length);
      return dataset.get(wanted.map((i) => chosen[i] as number));
    },
  };
}

/**
 * Cuts a dataset into parts of these lengths (whose sum may be less than all of it), in its order or, given a seed, in an order
 * drawn from that seed.
 *
 * @example
 * const [training, validation] = splitDataset(dataset, [50_000, 10_000], { seed: 0 });
 */
export function splitDataset<B>(dataset: Dataset<B>, lengths: readonly number[], options: { seed?: number } = {}): Dataset<B>[] {
  const where = 'splitDataset';
  checkDataset(where, dataset);
  checkOptions(where, options);
  if (!Array.isArray(lengths)) throw new ArgumentError(`[${where}] expected an array of lengths, received ${describe(lengths)}`);
  let total = 0;
  for (const length of lengths) {
    checkInteger(where, 'a length', length, 0);
    total += length;
  }
  if (total > dataset.length)
    throw new ArgumentError(`[${where}] expected lengths of at most ${dataset.length} in all, received ${total}`);
  const order =
    options.seed === undefined
      ? Int32Array.from({ length: dataset.length }, (_, i) => i)
      : new RandomStream(options.seed, 'split').permutation(dataset.length);
  let start = 0;
  return lengths.map((length) => {
    const part = subsetDataset(dataset, order.subarray(start, start + length));
    start += length;
    return part;
  });
}
