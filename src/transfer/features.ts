import { Graph } from '../layers/graph.js';
import type { AnyLayer, Layer } from '../layers/layer.js';
import { Sequential } from '../layers/sequential.js';
import type { Value } from '../layers/value.js';
import type { Tensor } from '../tensor/tensor.js';
import { partsOf, step } from './path.js';
import { checkModel } from './select.js';

function upTo(where: string, model: AnyLayer, [name, ...rest]: [string, ...string[]]): AnyLayer {
  const { inner } = step(where, model, name);
  const [next, ...others] = rest;
  const last = next === undefined ? inner : upTo(where, inner, [next, ...others]);
  if (model instanceof Graph) return model.upTo(name, last);
  const names = [...model.layers.keys()];
  const kept = names.slice(0, names.indexOf(name)).map((key): [string, Layer] => [key, model.layers.get(key) as Layer]);
  return new Sequential([...kept, [name, last as Layer]], model.options);
}

/**
 * The part of a model that leads from its input to the layer at `path`, as a model that gives what that layer gives. The layers are
 * those of `model`, not copies.
 *
 * @param path e.g. 'layer4' or 'layer1.0.conv1'; a layer that a graph uses several times counts where it stands first
 */
export function extractor<In extends Value = Tensor>(model: AnyLayer, path: string): Layer<In, Tensor> {
  checkModel('extractor', model);
  return upTo('extractor', model, partsOf('extractor', path)) as AnyLayer as Layer<In, Tensor>;
}

/**
 * What an inner layer makes of a batch, as in use.
 *
 * @example
 * const vectors = features(resNet18(), 'avgpool', images); // [batch, 512]
 */
export function features(model: AnyLayer, path: string, x: Value): Tensor {
  checkModel('features', model);
  return extractor<Value>(model, path).predict(x);
}
