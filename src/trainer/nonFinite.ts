import { noGrad } from '../autograd/tape.js';
import { NonFiniteError } from '../errors.js';
import { trainingContext } from '../layers/context.js';
import type { AnyLayer } from '../layers/layer.js';
import type { Value } from '../layers/value.js';
import { sum } from '../ops/index.js';
import { isFloat } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';

/** "NaN at element 3", or null where all elements are finite. */
function findNonFinite(value: Value): string | null {
  if (Array.isArray(value)) {
    for (const one of value) {
      const found = findNonFinite(one);
      if (found !== null) return found;
    }
    return null;
  }
  if (!isFloat(value.dtype)) return null;
  const at = value.floats.findIndex((v) => !Number.isFinite(v));
  return at < 0 ? null : `${value.floats[at]} at element ${at}`;
}

/** Throws if a parameter is not finite. One pass over them; the search by element follows only where their sum is not finite. */
export function checkParameters(parameters: Iterable<readonly [string, Parameter]>): void {
  noGrad(() =>
    scope(() => {
      for (const [path, parameter] of parameters) {
        if (Number.isFinite(sum(parameter).item())) continue;
        const found = findNonFinite(parameter);
        if (found !== null) throw new NonFiniteError(`[fit] expected parameter ${path} to stay finite, received ${found}`);
      }
    }),
  );
}

/** What is not finite, looked for in the order in which numbers flow: input, parameters, layer after layer, target, loss. */
function locate(model: AnyLayer, x: Value, y: Value, loss: number): string {
  const input = findNonFinite(x);
  if (input !== null) return `the input x to be finite, received ${input}`;
  for (const [path, parameter] of model.stateDict()) {
    const found = findNonFinite(parameter);
    if (found !== null) return `parameter ${path} to be finite, received ${found}`;
  }
  let first: string | null = null;
  const observe = (layer: AnyLayer, output: Value): void => {
    if (first !== null) return;
    const found = findNonFinite(output);
    if (found !== null) first = `the output of layer ${layer.where} to be finite, received ${found}`;
  };
  noGrad(() => scope(() => void model.call(x, { ...trainingContext, observe })));
  if (first !== null) return first;
  const target = findNonFinite(y);
  if (target !== null) return `the target y to be finite, received ${target}`;
  return `the loss to be finite, received ${loss} from a finite prediction`;
}

/** The error for a loss that is not finite, naming the first place where that shows. Runs the forward pass once more. */
export function nonFiniteLoss(model: AnyLayer, batch: { x: Value; y: Value }, loss: number, step: number): NonFiniteError {
  return new NonFiniteError(`[fit] expected ${locate(model, batch.x, batch.y, loss)}; the loss of step ${step} is ${loss}`);
}

/** The error for a validation loss that is not finite. */
export function nonFiniteScore(where: string, loss: number): NonFiniteError {
  return new NonFiniteError(`[${where}] expected a finite loss, received ${loss}`);
}
