import { ArgumentError } from '../errors.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import { headPath, partsOf, step } from './path.js';
import { checkModel } from './select.js';

function replace(where: string, model: AnyLayer, [name, ...rest]: [string, ...string[]], layer: AnyLayer): AnyLayer {
  const { inner, maker } = step(where, model, name);
  const [next, ...others] = rest;
  const given = next === undefined ? layer : replace(where, inner, [next, ...others], layer);
  const layers = new Map(model.layers).set(name, given);
  return maker.fromLayers(model.config(), layers, model.options);
}

/**
 * The model with another layer in place of the one at `path`, under the same path. All other layers are those of `model`, not copies:
 * what trains one trains the other.
 *
 * @throws ArgumentError if no layer stands there, ShapeError (when it is built) if the new one does not fit
 */
export function replaceLayer<Model extends AnyLayer>(model: Model, path: string, layer: AnyLayer): Model {
  checkModel('replaceLayer', model);
  if (!(layer instanceof Layer)) throw new ArgumentError(`[replaceLayer] expected a layer, received ${typeof layer}`);
  return replace('replaceLayer', model, partsOf('replaceLayer', path), layer) as Model;
}

/**
 * The model with another last layer: for other classes, or another task. The body is shared with `model`, not copied.
 *
 * @example
 * const flowers = replaceHead(resNet18(), dense({ units: 5 }));
 */
export function replaceHead<Model extends AnyLayer>(model: Model, layer: AnyLayer): Model {
  checkModel('replaceHead', model);
  return replaceLayer(model, headPath('replaceHead', model), layer);
}
