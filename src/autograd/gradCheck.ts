import { ArgumentError, checkOptions, describe, GradientError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { valueAndGrad } from './grad.js';
import { noGrad } from './tape.js';

export interface GradCheckOptions {
  /** Half the distance of the two points, default 1e-6: the error of the difference is of the order of its square. */
  epsilon?: number;
  /** Largest difference allowed, relative to max(1, |gradient|); default 1e-6. */
  tolerance?: number;
}

/**
 * Compares the gradient of a scalar function with central differences (f(x + e) - f(x - e)) / 2e in every element of every
 * input. Inputs must be float64. Returns the largest relative difference.
 *
 * @throws GradientError naming the input and element where they differ by more than the tolerance.
 * @example
 * gradCheck((x) => sum(tanh(x)), [tensor([0.5, -1], { dtype: 'float64' })]);
 */
export function gradCheck(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[], options: GradCheckOptions = {}): number {
  checkOptions('gradCheck', options);
  const { epsilon = 1e-6, tolerance = 1e-6 } = options;
  if (typeof f !== 'function' || !Array.isArray(inputs)) {
    throw new ArgumentError(
      `[gradCheck] expected a function and an array of inputs, received ${describe(f)} and ${describe(inputs)}`,
    );
  }
  for (const input of inputs) {
    if (input?.dtype !== 'float64')
      throw new GradientError(`[gradCheck] expected float64 inputs, received ${describe(input?.dtype ?? input)}`);
  }
  const { value, grads } = valueAndGrad(f)(...inputs);
  value.dispose();
  const evaluate = (): number =>
    noGrad(() => {
      const result = f(...inputs);
      const number = result.item();
      result.dispose();
      return number;
    });
  let worst = 0;
  inputs.forEach((input, which) => {
    const array = input.floats;
    const gradient = (grads[which] as Tensor).floats;
    for (let i = 0; i < array.length; i++) {
      const original = array[i] as number;
      array[i] = original + epsilon;
      const above = evaluate();
      array[i] = original - epsilon;
      const below = evaluate();
      array[i] = original;
      const numeric = (above - below) / (2 * epsilon);
      const analytic = gradient[i] as number;
      const difference = Math.abs(numeric - analytic) / Math.max(1, Math.abs(numeric));
      if (!(difference <= tolerance)) {
        throw new GradientError(
          `[gradCheck] expected the gradient of input ${which} at element ${i} to be ${numeric} (by differences), received ${analytic}`,
        );
      }
      worst = Math.max(worst, difference);
    }
  });
  for (const gradient of grads) gradient.dispose();
  return worst;
}
