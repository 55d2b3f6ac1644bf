import type { AnyLayer } from '../layers/layer.js';
import type { ParameterGroup } from '../optimizers/groups.js';
import { headPath } from './path.js';
import { checkModel } from './select.js';

/**
 * Gives all layers but the last a learning rate of their own, lower as a rule: what they know already is then not washed away by the
 * first gradients of a new head. For the option `groups` of optimizers.
 *
 * @example
 * const optimizer = adam({ lr: 1e-3, groups: bodyRate(model, 1e-4) });
 */
export function bodyRate(model: AnyLayer, lr: number): ParameterGroup<{ lr: number }>[] {
  checkModel('bodyRate', model);
  const head = headPath('bodyRate', model);
  const inHead = (path: string): boolean => path.startsWith(`${head}.`);
  const body = [...model.namedParameters()].filter(([path]) => !inHead(path)).map(([, parameter]) => parameter);
  return [{ parameters: body, lr }];
}
