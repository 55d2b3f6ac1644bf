/**
 * A model in one safetensors file: parameters and buffers by their path, in the metadata a versioned JSON description that rebuilds
 * the layers (see description.ts), and, if wanted, the state of an optimizer under `optimizer/`.
 */
import { ArgumentError, checkOptions, FormatError } from '../errors.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import type { ShapeOf, Shapes, Value } from '../layers/value.js';
import { Optimizer } from '../optimizers/optimizer.js';
import { tensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import { checkShape, sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { describeLayer, type LayerClasses, rebuildLayer } from './description.js';
import { type ArrayEntry, readSafetensors, writeSafetensors } from './safetensors.js';

/** Of the description. A file of a later version is refused. */
const version = 1;
const modelKey = 'myelin.model';
const optimizerPrefix = 'optimizer/';

export interface SaveOptions {
  /** Saves what this optimizer remembers, so that training can go on. */
  optimizer?: Optimizer;
  /** Texts to go with the model, in the metadata of the file. */
  metadata?: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  /** Layer classes of your own that the model is made of, by name or in an array. */
  layers?: LayerClasses;
  /** Takes up the state that was saved; an optimizer of the same kind as then. */
  optimizer?: Optimizer;
}

/**
 * Writes a model to a file: all of it, or, where anything fails, nothing.
 *
 * @example
 * await save(model, 'digits.safetensors');
 */
export async function save(model: AnyLayer, file: string, options: SaveOptions = {}): Promise<void> {
  if (!(model instanceof Layer)) throw new ArgumentError(`[save] expected a model, received ${typeof model}`);
  checkOptions('save', options);
  const { optimizer, metadata = {} } = options;
  if (optimizer !== undefined && !(optimizer instanceof Optimizer))
    throw new ArgumentError(`[save] expected an optimizer, received ${typeof optimizer}`);
  if (Object.hasOwn(metadata, modelKey)) throw new ArgumentError(`[save] expected metadata without ${modelKey}, received it`);
  const layer = model;
  const entries = new Map<string, ArrayEntry>(layer.stateDict());
  const description = { version, inputShape: layer.inputShape, model: describeLayer(layer) };
  const state = optimizer?.stateDict(layer.namedParameters()) ?? new Map<string, Tensor>();
  try {
    for (const [name, value] of state) entries.set(optimizerPrefix + name, value);
    await writeSafetensors(file, entries, [...Object.entries(metadata), [modelKey, JSON.stringify(description)]]);
  } finally {
    for (const value of state.values()) value.dispose();
  }
}

/**
 * Reads a model that `save` wrote. Nothing in the file is executed: layers are made by name from the classes of this library and
 * those in `options.layers`.
 *
 * @throws FormatError where the file is not such a model, names unknown classes, or holds tensors that do not fit its description.
 * @example
 * const model = await load('digits.safetensors');
 */
export async function load<Model extends AnyLayer = Layer>(file: string, options: LoadOptions = {}): Promise<Model> {
  checkOptions('load', options);
  const { layers = {}, optimizer } = options;
  if (optimizer !== undefined && !(optimizer instanceof Optimizer))
    throw new ArgumentError(`[load] expected an optimizer, received ${typeof optimizer}`);
  const { tensors, metadata } = await readSafetensors(file);
  const { inputShape, model: description } = parseDescription(metadata.get(modelKey), file);
  const state = new Map<string, ArrayEntry>();
  const values = new Map<string, ArrayEntry>();
  for (const [name, entry] of tensors) {
    if (name.startsWith(optimizerPrefix)) state.set(name.slice(optimizerPrefix.length), entry);
    else values.set(name, entry);
  }
  const model = formatErrors(file, () => {
    const layer = rebuildLayer(description, layers);
    build(layer, inputShape, values);
    return layer;
  });
  if (optimizer !== undefined) restore(optimizer, model, state, file);
  return model as unknown as Model;
}

function parseDescription(text: string | undefined, file: string): { inputShape: Shapes; model: unknown } {
  if (text === undefined)
    throw new FormatError(
      `[load] expected a model saved by this library in ${file}, received a file without ${modelKey} in its metadata`,
    );
  let parsed: Record<string, unknown> | null;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`[load] expected JSON in ${modelKey} of ${file}, received other text`, { cause });
  }
  if (parsed?.version !== version) {
    throw new FormatError(
      `[load] expected a description of version ${version} in ${file}, received version ${String(parsed?.version)}`,
    );
  }
  const { inputShape, model } = parsed;
  const shapes: unknown[] = Array.isArray(inputShape) && Array.isArray(inputShape[0]) ? inputShape : [inputShape];
  formatErrors(file, () => {
    for (const shape of shapes) checkShape('load', shape);
  });
  return { inputShape: inputShape as Shapes, model };
}

/** Builds the layers with the values of the file. Each must be there in the right shape before memory is taken for it; none may be left. */
function build(layer: AnyLayer, inputShape: Shapes, values: ReadonlyMap<string, ArrayEntry>): void {
  const left = new Set(values.keys());
  layer.buildFrom(
    (path, shape, dtype) => {
      const entry = values.get(path);
      if (entry === undefined) throw new FormatError(`[load] expected a tensor ${path}, received a file without it`);
      if (!sameShape(entry.shape, shape) || entry.dtype !== dtype) {
        throw new FormatError(
          `[load] expected ${path} to be ${dtype} ${shapeText(shape)}, received ${entry.dtype} ${shapeText(entry.shape)}`,
        );
      }
      left.delete(path);
      return toTensor(entry);
    },
    inputShape as ShapeOf<Value>,
  );
  if (left.size > 0) throw new FormatError(`[load] expected no tensors but those of the model, received ${[...left].join(', ')}`);
}

function toTensor({ array, shape, dtype }: ArrayEntry): Tensor {
  return tensor(array, { shape, dtype });
}

function restore(optimizer: Optimizer, model: AnyLayer, state: ReadonlyMap<string, ArrayEntry>, file: string): void {
  if (state.size === 0) throw new FormatError(`[load] expected the state of an optimizer in ${file}, received none`);
  scope(() =>
    optimizer.loadStateDict(model.namedParameters(), new Map([...state].map(([name, entry]) => [name, toTensor(entry)]))),
  );
}

/** Whatever a description leads to that cannot be, the file is to blame. */
function formatErrors<T>(file: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(
      `[load] expected a description that makes a model in ${file}, received one that fails: ${(error as Error)?.message}`,
      { cause: error },
    );
  }
}
