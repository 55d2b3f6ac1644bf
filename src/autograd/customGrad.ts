import { GradientError } from '../errors.js';
import { refuseAsync } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { noGrad, record } from './tape.js';

/** What a function with its own gradient gives: its value, and how d loss / d value becomes d loss / d each input. */
export interface CustomResult {
  value: Tensor;
  backward: (dy: Tensor) => Tensor | Tensor[];
}

/**
 * Makes an op of a function that brings its own gradient. What `f` computes inside is not recorded.
 *
 * @param name of the op, used in errors.
 * @example
 * const straightThrough = customGrad('straightThrough', (x) => ({ value: sign(x), backward: (dy) => dy }));
 */
export function customGrad<Inputs extends Tensor[]>(
  name: string,
  f: (...inputs: Inputs) => CustomResult,
): (...inputs: Inputs) => Tensor {
  return (...inputs) => {
    const result = noGrad(() => f(...inputs));
    refuseAsync(name, f, result);
    if (!(result?.value instanceof Tensor) || typeof result.backward !== 'function') {
      throw new GradientError(`[${name}] expected { value: Tensor, backward: function }, received ${typeof result}`);
    }
    // The value may be one of the inputs: the tape needs a handle that is this op's own.
    const output = inputs.includes(result.value) ? result.value.alias() : result.value;
    return record(name, output, inputs, (dy) => {
      const gradients = result.backward(dy);
      refuseAsync(name, result.backward, gradients);
      const list = Array.isArray(gradients) ? gradients : [gradients];
      if (list.length !== inputs.length || !list.every((g) => g instanceof Tensor)) {
        throw new GradientError(`[${name}] expected ${inputs.length} gradient tensors, received ${list.length}`);
      }
      return list;
    });
  };
}
