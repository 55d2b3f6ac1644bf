import { ArgumentError } from '../errors.js';
import { type ContainerClass, isContainerClass } from '../layers/container.js';
import { Graph } from '../layers/graph.js';
import type { AnyLayer } from '../layers/layer.js';
import { Sequential } from '../layers/sequential.js';

/** The layer inside that `name` means, and how a model of the class of `model` is made. */
export function step(where: string, model: AnyLayer, name: string): { inner: AnyLayer; maker: ContainerClass } {
  const maker: unknown = model.constructor;
  const inner = model.layers.get(name);
  if (inner === undefined || !isContainerClass(maker)) {
    const names = isContainerClass(maker) ? [...model.layers.keys()].join(', ') : 'none: its layers cannot be taken apart';
    throw new ArgumentError(`[${where}] expected the path of a layer; in ${model.where} are ${names}, received '${name}'`);
  }
  return { inner, maker };
}

/** The parts of a path. */
export function partsOf(where: string, path: unknown): [first: string, ...rest: string[]] {
  if (typeof path !== 'string' || path === '')
    throw new ArgumentError(`[${where}] expected the path of a layer, such as 'body.conv1', received ${JSON.stringify(path)}`);
  return path.split('.') as [string, ...string[]];
}

/** The path of the layer that gives a model's result, looked for inside of chains of layers. */
export function headPath(where: string, model: AnyLayer): string {
  let name: string | undefined;
  if (model instanceof Sequential) name = [...model.layers.keys()].at(-1);
  else if (model instanceof Graph) name = model.outputLayer();
  if (name === undefined)
    throw new ArgumentError(`[${where}] expected a chain of layers or a graph with one output, received ${model.where}`);
  const last = model.layers.get(name);
  return last instanceof Sequential ? `${name}.${headPath(where, last)}` : name;
}
