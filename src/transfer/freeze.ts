import { BatchNorm } from '../layers/batchNorm.js';
import type { AnyLayer } from '../layers/layer.js';
import { namedLayers } from '../layers/state.js';
import type { ParameterSelector } from '../optimizers/groups.js';
import { checkModel, chosen } from './select.js';

function setFrozen(where: string, model: AnyLayer, which: ParameterSelector, frozen: boolean): string[] {
  checkModel(where, model);
  const parameters = chosen(where, model, which);
  const changed = new Set(parameters.values());
  for (const parameter of changed) parameter.trainable = !frozen;
  // Statistics that go on drifting would change what a layer with frozen weights computes.
  for (const layer of namedLayers(model).values()) {
    const own = [...layer.ownParameters.values()];
    if (layer instanceof BatchNorm && layer.tracksStatistics && own.some((parameter) => changed.has(parameter)))
      layer.frozen = own.every(({ trainable }) => !trainable);
  }
  return [...parameters.keys()];
}

/**
 * Leaves parameters as they are from now on: training skips them, and computes no gradients for them. Batch normalisation whose
 * parameters are all frozen uses its running statistics and keeps them, too.
 *
 * @param which by path: a pattern, a path in which * stands for any part of it, or what else a group of an optimizer takes; default all
 * @returns the paths of the parameters that are frozen now
 * @throws ArgumentError if no parameter fits
 * @example
 * freeze(model, 'conv*');
 */
export function freeze(model: AnyLayer, which: ParameterSelector = /^/): string[] {
  return setFrozen('freeze', model, which, true);
}

/** Lets parameters be trained again: the inverse of `freeze`. */
export function unfreeze(model: AnyLayer, which: ParameterSelector = /^/): string[] {
  return setFrozen('unfreeze', model, which, false);
}
