import { FormatError } from '../errors.js';
import type { AnyLayer } from './layer.js';
import type { LayerOptions } from './options.js';

/**
 * A class of layers that are made of others given from outside, so that its description has to hold theirs. Layers that create the
 * layers inside themselves, in their constructor, need nothing of this.
 */
export interface ContainerClass {
  /** Makes the layer again from its config and the layers inside, by name. */
  fromLayers(config: Record<string, unknown>, layers: ReadonlyMap<string, AnyLayer>, options: LayerOptions): AnyLayer;
}

export function isContainerClass(value: unknown): value is ContainerClass {
  return typeof value === 'function' && 'fromLayers' in value && typeof value.fromLayers === 'function';
}

/** The names for layers in a row: their own, or their position. */
export function nameLayers<L extends AnyLayer>(layers: readonly L[]): [string, L][] {
  return layers.map((layer, i) => [layer.name ?? String(i), layer]);
}

/** Throws unless the config of a container in a file has the form that it needs. */
export function checkConfig(condition: boolean, type: string, expected: string): asserts condition {
  if (!condition) throw new FormatError(`[load] expected the config of ${type} to hold ${expected}, received another`);
}
