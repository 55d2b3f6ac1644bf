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

/** Gives the inputs of an op their gradients, and back what of the outputs' gradients is none of them. */
function handOn(node: TapeNode, gradients: readonly (Tensor | null)[], used: readonly (Tensor | null)[]): void {
  // One tensor may serve several inputs; each then holds a handle of its own, made before the first is used up.
  let own = gradients as (Tensor | null)[];
  for (let j = 1; j < gradients.length; j++) {
    const gradient = gradients[j];
    if (gradient === null || gradients.indexOf(gradient) === j) continue;
    if (own === gradients) own = [...gradients];
    own[j] = gradient.alias();
  }
  for (let j = 0; j < node.inputs.length; j++) {
    const input = node.inputs[j];
    if (input === null) continue;
    const gradient = own[j];
    if (gradient == null) throw new GradientError(`[${node.op}] expected a gradient for input ${j}, received none`);
    deliver(input, gradient, node.op);
  }
  for (const dy of used) {
    if (dy !== null && !gradients.some((gradient, j) => gradient === dy && node.inputs[j] !== null)) dy.dispose();
  }
}

/** Runs an op's way back, if a gradient has reached any of its outputs. */
function runBackward(node: TapeNode): void {
  const { backward, joint } = node;
  if (backward !== null) {
    const dy = node.grad;
    if (dy === null) return;
    node.grad = null;
    handOn(node, backward(dy, node.needs), [dy]);
  } else if (joint !== null) {
    const dys = joint.nodes.map((output) => output.grad);
    if (dys.every((dy) => dy === null)) return;
    for (const output of joint.nodes) output.grad = null;
    handOn(node, joint.backward(dys, node.needs), dys);
  }
}

/**
 * The reverse walk: from d value / d value = 1 to the gradients of the watched tensors. Each node's gradient, and what the
 * forward run kept for it, is given back as soon as it has been used, so that the next one finds the memory in cache.
 */
export function backward(tape: Tape, root: TapeNode, seed: Tensor): void {
  root.grad = seed;
  for (let i = tape.nodes.length - 1; i >= 0; i--) {
    const node = tape.nodes[i] as TapeNode;
    runBackward(node);
    if (node !== root && !node.output.kept) node.output.dispose();
  }
}

/** A tensor of ones, the seed of the walk. */
export function onesLike(value: Tensor): Tensor {
  const seed = new Tensor(value.shape, value.dtype);
  seed.array.fill(1);
  return seed;
}
