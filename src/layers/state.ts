import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, ShapeError } from '../errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { AnyLayer } from './layer.js';

/** Values by path: tensors, or what a file gives. */
export type StateValues = ReadonlyMap<string, Tensor | StateEntry> | Readonly<Record<string, Tensor | StateEntry>>;

/** A tensor as plain data. */
export interface StateEntry {
  readonly shape: Shape;
  readonly array: AnyArray;
}

function visit(layer: AnyLayer, prefix: string, seen: Set<AnyLayer>, see: (layer: AnyLayer, prefix: string) => void): void {
  if (seen.has(layer)) return;
  seen.add(layer);
  see(layer, prefix);
  for (const [name, inner] of layer.layers) visit(inner, `${prefix}${name}.`, seen, see);
}

/** All layers of a model, itself first, each once and by the first path that leads to it. */
export function namedLayers(model: AnyLayer): Map<string, AnyLayer> {
  const found = new Map<string, AnyLayer>();
  visit(model, '', new Set(), (layer, prefix) => found.set(prefix.slice(0, -1), layer));
  return found;
}

function collect(model: AnyLayer, tables: (layer: AnyLayer) => Iterable<[string, Parameter]>[]): Map<string, Parameter> {
  const found = new Map<string, Parameter>();
  visit(model, '', new Set(), (layer, prefix) => {
    for (const table of tables(layer)) for (const [name, parameter] of table) found.set(prefix + name, parameter);
  });
  return found;
}

export function namedParameters(model: AnyLayer): Map<string, Parameter> {
  return collect(model, (layer) => [layer.ownParameters]);
}

export function namedState(model: AnyLayer): Map<string, Parameter> {
  return collect(model, (layer) => [layer.ownParameters, layer.ownBuffers]);
}

/** Copies `values` into `state`, all or (if they do not fit) nothing. */
export function loadState(where: string, state: ReadonlyMap<string, Parameter>, values: StateValues): void {
  if (values === null || typeof values !== 'object')
    throw new ArgumentError(`[${where}] expected values by path, received ${String(values)}`);
  const given = new Map<string, Tensor | StateEntry>(values instanceof Map ? values : Object.entries(values));
  const missing = [...state.keys()].filter((path) => !given.has(path));
  const extra = [...given.keys()].filter((path) => !state.has(path));
  if (missing.length + extra.length > 0) {
    throw new ArgumentError(
      `[${where}] expected values for ${[...state.keys()].join(', ')}, received none for ${list(missing)} and unknown ${list(extra)}`,
    );
  }
  for (const [path, parameter] of state) {
    const value = given.get(path);
    if (!Array.isArray(value?.shape) || !sameShape(value.shape, parameter.shape)) {
      throw new ShapeError(
        `[${where}] expected ${path} of shape ${shapeText(parameter.shape)}, received ${Array.isArray(value?.shape) ? shapeText(value.shape) : typeof value}`,
      );
    }
  }
  for (const [path, parameter] of state) parameter.assign((given.get(path) as StateEntry).array);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
