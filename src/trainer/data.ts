import { checkDataset, type Dataset, mapDataset, tensorDataset } from '../data/dataset.js';
import { DataLoader, type DataLoaderOptions } from '../data/loader.js';
import { ArgumentError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { Tensor } from '../tensor/tensor.js';

/** Inputs and targets, examples along the first axis; several of either are lists. */
export interface Examples<In extends Value = Tensor, Target extends Value = Tensor> {
  readonly x: In;
  readonly y: Target;
}

/** What training and evaluation take: tensors, a dataset, or a loader with options of its own. */
export type TrainingData<In extends Value = Tensor, Target extends Value = Tensor> =
  | Examples<In, Target>
  | Dataset<Examples<In, Target>>
  | DataLoader<Examples<In, Target>>;

/** Inputs alone. */
export interface Inputs<In extends Value = Tensor> {
  readonly x: In;
}

function isValue(value: unknown): value is Value {
  return value instanceof Tensor || (Array.isArray(value) && value.length > 0 && value.every((one) => one instanceof Tensor));
}

/** A dataset of tensors or lists of them: lists are taken apart to be gathered, and put together again. */
function valueDataset<F extends Readonly<Record<string, Value>>>(fields: F): Dataset<F> {
  if (Object.values(fields).every((value) => value instanceof Tensor))
    return tensorDataset(fields as Record<keyof F, Tensor>) as Dataset<F>;
  const flat: [string, Tensor][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value)) for (const [i, one] of value.entries()) flat.push([`${name}[${i}]`, one]);
    else flat.push([name, value]);
  }
  return mapDataset(tensorDataset(Object.fromEntries(flat)), (batch) => {
    const part = (name: string, value: Value): Value =>
      Array.isArray(value) ? value.map((_, i) => batch[`${name}[${i}]`] as Tensor) : (batch[name] as Tensor);
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, part(name, value)])) as F;
  });
}

/** The loader that `data` means: one made with `options`, or `data` itself if it is one. */
export function loaderOf<B extends Inputs<Value>>(
  where: string,
  data: unknown,
  fields: readonly (keyof B & string)[],
  options: DataLoaderOptions,
): DataLoader<B> {
  if (data instanceof DataLoader) return data as DataLoader<B>;
  if (data === null || typeof data !== 'object') {
    throw new ArgumentError(
      `[${where}] expected data as { ${fields.join(', ')} }, a dataset or a DataLoader, received ${String(data)}`,
    );
  }
  const given = data as Record<string, unknown>;
  if (fields.every((field) => isValue(given[field]))) {
    return new DataLoader(
      valueDataset(Object.fromEntries(fields.map((field) => [field, given[field] as Value]))),
      options,
    ) as unknown as DataLoader<B>;
  }
  checkDataset(where, data);
  return new DataLoader(data as Dataset<B>, options);
}

/** Throws unless a loader gave what it should. */
export function checkBatch(where: string, batch: unknown, fields: readonly string[]): void {
  const given = batch as Record<string, unknown> | null;
  if (given === null || typeof given !== 'object' || !fields.every((field) => isValue(given[field]))) {
    throw new ArgumentError(`[${where}] expected batches { ${fields.join(', ')} } of tensors, received ${String(batch)}`);
  }
}

/** Throws where there is nothing to learn from. */
export function checkNotEmpty(where: string, loader: { readonly length: number }): void {
  if (loader.length === 0) throw new ArgumentError(`[${where}] expected data with at least one batch, received none`);
}
