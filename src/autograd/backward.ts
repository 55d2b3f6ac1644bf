import { GradientError } from '../errors.js';
import { addInto } from '../ops/accumulate.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Tape, TapeNode } from './tape.js';

function deliver(node: TapeNode, gradient: Tensor, from: string): void {
  if (!sameShape(gradient.shape, node.output.shape) || gradient.dtype !== node.output.dtype) {
    throw new GradientError(
      `[${from}] expected a gradient of ${node.output.dtype} ${shapeText(node.output.shape)}, received ${gradient.dtype} ${shapeText(gradient.shape)}`,
    );
  }
  node.grad = node.grad === null ? gradient : addInto(node.grad, gradient);
}

/**
 * The reverse walk: from d value / d value = 1 to the gradients of the watched tensors. Each node's gradient, and what the
 * forward run kept for it, is given back as soon as it has been used, so that the next one finds the memory in cache.
 */
export function backward(tape: Tape, root: TapeNode, seed: Tensor): void {
  root.grad = seed;
  for (let i = tape.nodes.length - 1; i >= 0; i--) {
    const node = tape.nodes[i] as TapeNode;
    const dy = node.grad;
    if (dy !== null && node.backward !== null) {
      node.grad = null;
      const gradients = node.backward(dy, node.needs);
      // One tensor may serve several inputs; each then holds a handle of its own.
      const own = gradients.map((gradient, j) =>
        gradient !== null && gradients.indexOf(gradient) < j ? gradient.alias() : gradient,
      );
      node.inputs.forEach((input, j) => {
        if (input === null) return;
        const gradient = own[j];
        if (gradient == null) throw new GradientError(`[${node.op}] expected a gradient for input ${j}, received none`);
        deliver(input, gradient, node.op);
      });
      if (!gradients.some((gradient, j) => gradient === dy && node.inputs[j] !== null)) dy.dispose();
    }
    if (node !== root && !node.output.kept) node.output.dispose();
  }
}

/** A tensor of ones, the seed of the walk. */
export function onesLike(value: Tensor): Tensor {
  const seed = new Tensor(value.shape, value.dtype);
  seed.array.fill(1);
  return seed;
}
