import { ArgumentError } from '../errors.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import { checkSelector, type ParameterSelector, selects } from '../optimizers/groups.js';
import type { Parameter } from '../tensor/parameter.js';

/** Throws unless `model` is a layer. */
export function checkModel(where: string, model: unknown): asserts model is AnyLayer {
  if (!(model instanceof Layer)) throw new ArgumentError(`[${where}] expected a model, received ${typeof model}`);
}

/** The parameters of a model that `which` means, by path: at least one. */
export function chosen(where: string, model: AnyLayer, which: ParameterSelector): Map<string, Parameter> {
  checkSelector(where, which);
  const all = model.namedParameters();
  const found = new Map([...all].filter(([, parameter]) => selects(which, parameter)));
  if (found.size === 0)
    throw new ArgumentError(
      `[${where}] expected a pattern that fits any of ${[...all.keys()].join(', ')}, received ${String(which)}`,
    );
  return found;
}
