/**
 * A model as JSON: for each layer its class, its config, and for containers the layers inside. It says how to make the layers again;
 * nothing in it is executed, classes are looked up by name.
 */
import { isDeepStrictEqual } from 'node:util';
import { ArgumentError, FormatError } from '../errors.js';
import { isContainerClass } from '../layers/container.js';
import * as builtIn from '../layers/index.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import type { LayerOptions } from '../layers/options.js';

/** One layer. A layer that stands at several places is described at the first; the others name that one's path. */
export type Description =
  | { type: string; config: Record<string, unknown>; options?: LayerOptions; layers?: [string, Description][] }
  | { shared: string };

/** Makes a layer from what its `config` told. */
export type LayerClass = new (config: never) => AnyLayer;

/** Classes of one's own: an array, or an object by the names that files have for them. */
export type LayerClasses = readonly LayerClass[] | Readonly<Record<string, LayerClass>>;

const maxDepth = 100;

/** The common options that no config tells and that do not follow from the place in the description. */
function commonOptions({ seed, dtype, penalties, constraints }: LayerOptions): LayerOptions | undefined {
  const options = Object.entries({ seed, dtype, penalties, constraints }).filter(([, value]) => value !== undefined);
  return options.length === 0 ? undefined : Object.fromEntries(options);
}

/** The description of a model. */
export function describeLayer(layer: AnyLayer, path = '', seen = new Map<AnyLayer, string>()): Description {
  const known = seen.get(layer);
  if (known !== undefined) return { shared: known };
  seen.set(layer, path);
  const { type } = layer;
  const config = layer.config();
  if (type === '') throw new ArgumentError(`[save] expected layers of named classes, received an anonymous one at '${path}'`);
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(config)), config)) {
    throw new ArgumentError(`[save] expected config() of ${layer.where} to give plain JSON, received other values`);
  }
  const options = commonOptions(layer.options);
  const description: Description = options === undefined ? { type, config } : { type, config, options };
  if (isContainerClass(layer.constructor)) {
    description.layers = [...layer.layers].map(([name, inner]) => [
      name,
      describeLayer(inner, path === '' ? name : `${path}.${name}`, seen),
    ]);
  }
  return description;
}

function isLayerClass(value: unknown): value is LayerClass {
  return typeof value === 'function' && value.prototype instanceof Layer;
}

/** The classes that a description may name: those of the library, and those handed over. */
function classesByName(own: LayerClasses): Map<string, LayerClass> {
  if (own === null || typeof own !== 'object')
    throw new ArgumentError(`[load] expected layers to be classes, received ${String(own)}`);
  const mine: [string, unknown][] = Array.isArray(own) ? own.map((one) => [one?.name, one]) : Object.entries(own);
  const found = new Map<string, LayerClass>();
  for (const [name, value] of Object.entries(builtIn)) if (isLayerClass(value)) found.set(name, value);
  for (const [name, value] of mine) {
    if (!isLayerClass(value))
      throw new ArgumentError(`[load] expected ${name} of layers to be a class that extends Layer, received ${typeof value}`);
    found.set(name, value);
  }
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

class Rebuilder {
  private readonly made = new Map<string, AnyLayer>();

  constructor(private readonly classes: ReadonlyMap<string, LayerClass>) {}

  layer(description: unknown, path: string, depth: number): AnyLayer {
    const place = path === '' ? 'the model' : path;
    if (depth > maxDepth) throw new FormatError(`[load] expected at most ${maxDepth} layers inside each other, received more`);
    if (!isRecord(description))
      throw new FormatError(`[load] expected the description of ${place} to be an object, received ${typeof description}`);
    if (description.shared !== undefined) return this.earlier(description.shared, place);
    const { type, config, options = {} } = description;
    if (typeof type !== 'string' || !isRecord(config) || !isRecord(options)) {
      throw new FormatError(`[load] expected type and config of ${place}, received something else`);
    }
    const layerClass = this.classes.get(type);
    if (layerClass === undefined) {
      throw new FormatError(
        `[load] expected a known class for ${place}, received ${type}; hand classes of your own to load(file, { layers })`,
      );
    }
    const layer = isContainerClass(layerClass)
      ? layerClass.fromLayers(config, this.inner(description.layers, path, depth), options)
      : new layerClass({ ...config, ...options } as never);
    this.made.set(path, layer);
    return layer;
  }

  private inner(layers: unknown, path: string, depth: number): Map<string, AnyLayer> {
    const found = new Map<string, AnyLayer>();
    if (!Array.isArray(layers))
      throw new FormatError(`[load] expected a list of layers in ${path === '' ? 'the model' : path}, received ${typeof layers}`);
    for (const entry of layers) {
      const [name, description] = Array.isArray(entry) ? entry : [];
      if (typeof name !== 'string' || found.has(name))
        throw new FormatError(`[load] expected layers with distinct names, received ${String(name)}`);
      found.set(name, this.layer(description, path === '' ? name : `${path}.${name}`, depth + 1));
    }
    return found;
  }

  private earlier(shared: unknown, place: string): AnyLayer {
    const layer = this.made.get(String(shared));
    if (layer === undefined)
      throw new FormatError(`[load] expected ${place} to share a layer described before it, received ${String(shared)}`);
    return layer;
  }
}

/** The layers that a description tells of, not yet built. */
export function rebuildLayer(description: unknown, own: LayerClasses): AnyLayer {
  return new Rebuilder(classesByName(own)).layer(description, '', 0);
}
