import { ArgumentError, describe, GradientError } from '../errors.js';
import { isFloat } from '../tensor/dtype.js';
import { refuseAsync, scope } from '../tensor/scope.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { backward, onesLike } from './backward.js';
import { activeTape, noGrad, Tape, type TapeNode, withTape } from './tape.js';

/** A scalar function of tensors. */
export type ScalarFunction<Inputs extends Tensor[]> = (...inputs: Inputs) => Tensor;

export interface ValueAndGrads {
  /** The value of the function, a scalar. */
  value: Tensor;
  /** Its gradient with respect to each input (or each parameter), in their shapes. */
  grads: Tensor[];
}

function checkSources(where: string, sources: unknown): asserts sources is readonly Tensor[] {
  if (!Array.isArray(sources))
    throw new ArgumentError(`[${where}] expected an array of tensors to differentiate by, received ${describe(sources)}`);
  for (const source of sources) {
    if (!(source instanceof Tensor))
      throw new ArgumentError(`[${where}] expected tensors to differentiate by, received ${typeof source}`);
    if (!isFloat(source.dtype))
      throw new ArgumentError(`[${where}] expected float tensors to differentiate by, received ${source.dtype}`);
  }
}

function nameOf(source: Tensor, index: number): string {
  const name = (source as { name?: unknown }).name;
  return typeof name === 'string' ? `parameter ${name}` : `input ${index}`;
}

function evaluate(
  where: string,
  f: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  sources: readonly Tensor[],
): ValueAndGrads {
  if (activeTape() !== null) {
    throw new GradientError(`[${where}] expected no gradient to be under way: gradients of gradients are not recorded`);
  }
  checkSources(where, sources);
  return scope(() => {
    const tape = new Tape();
    const nodes = sources.map((source) => tape.watch(source));
    try {
      const value = withTape(tape, () => f(...inputs));
      refuseAsync(where, f, value);
      if (!(value instanceof Tensor) || value.size !== 1) {
        const seen = value instanceof Tensor ? `shape ${shapeText(value.shape)}` : typeof value;
        throw new GradientError(`[${where}] expected the function to return a scalar tensor, received ${seen}`);
      }
      const root = value.node;
      if (root === null || root.tape !== tape) {
        throw new GradientError(`[${where}] expected the value to depend on what it is differentiated by, received a constant`);
      }
      noGrad(() => backward(tape, root, onesLike(value)));
      const grads = nodes.map((node, i) => takeGradient(where, node, i));
      return { value, grads };
    } finally {
      for (const source of sources) source.node = null;
      for (const node of tape.nodes) node.output.node = null;
    }
  });
}

function takeGradient(where: string, node: TapeNode, index: number): Tensor {
  if (node.grad === null) {
    throw new GradientError(
      `[${where}] expected the value to depend on ${nameOf(node.output, index)}, received a function that does not use it`,
    );
  }
  return node.grad;
}

/**
 * Turns a scalar function into one that gives its value and its gradients: with respect to its inputs, or to `parameters`
 * where they are given. Everything created on the way is given back. The function must be synchronous.
 *
 * @throws GradientError if the value is not a scalar, or does not depend on an input.
 * @example
 * const { value, grads } = valueAndGrad((w) => mean(square(sub(matmul(x, w), y))))(w);
 */
export function valueAndGrad<Inputs extends Tensor[]>(
  f: ScalarFunction<Inputs>,
  parameters?: readonly Tensor[],
): (...inputs: Inputs) => ValueAndGrads {
  if (typeof f !== 'function') throw new ArgumentError(`[valueAndGrad] expected a function, received ${typeof f}`);
  return (...inputs) => evaluate('valueAndGrad', f as (...inputs: Tensor[]) => Tensor, inputs, parameters ?? inputs);
}

/**
 * Turns a scalar function into its gradient: a tensor for a function of one input, an array of them for several.
 *
 * @example
 * grad((x) => sum(square(x)))(tensor([1, 2, 3])); // [2, 4, 6]
 */
export function grad(f: ScalarFunction<[Tensor]>): (input: Tensor) => Tensor;
export function grad<Inputs extends Tensor[]>(f: ScalarFunction<Inputs>): (...inputs: Inputs) => Tensor[];
export function grad(f: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => Tensor | Tensor[] {
  if (typeof f !== 'function') throw new ArgumentError(`[grad] expected a function, received ${typeof f}`);
  return (...inputs) => {
    const { value, grads } = evaluate('grad', f, inputs, inputs);
    value.dispose();
    return grads.length === 1 ? (grads[0] as Tensor) : grads;
  };
}
