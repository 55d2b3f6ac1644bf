import { GradientError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * What a recorded op keeps: how to turn the gradient of its output into those of its inputs. `needs[i]` tells whether input i
 * wants one; null may stand for the others. `dy` belongs to the function: it may be overwritten where its storage is not shared,
 * and returned.
 */
export type Backward = (dy: Tensor, needs: readonly boolean[]) => (Tensor | null)[];

/** One recorded op, or (with no backward) a tensor that gradients are taken with respect to. */
export interface TapeNode {
  readonly tape: Tape;
  readonly op: string;
  readonly output: Tensor;
  readonly inputs: readonly (TapeNode | null)[];
  readonly needs: readonly boolean[];
  readonly backward: Backward | null;
  /** Gradient gathered so far. */
  grad: Tensor | null;
}

/** The ops of one forward run, in order. */
export class Tape {
  readonly nodes: TapeNode[] = [];

  /** Gradients will be wanted with respect to `tensor`. */
  watch(tensor: Tensor): TapeNode {
    const node: TapeNode = { tape: this, op: 'input', output: tensor, inputs: [], needs: [], backward: null, grad: null };
    tensor.node = node;
    return node;
  }
}

let active: Tape | null = null;

export function activeTape(): Tape | null {
  return active;
}

/** Runs `f` with `tape` recording (or none). */
export function withTape<T>(tape: Tape | null, f: () => T): T {
  const outer = active;
  active = tape;
  try {
    return f();
  } finally {
    active = outer;
  }
}

/** Runs `f` without recording: its results are constants to the gradient. */
export function noGrad<T>(f: () => T): T {
  return withTape(null, f);
}

/** Whether the active tape wants gradients through `tensor`. */
export function isTracked(tensor: Tensor): boolean {
  return active !== null && tensor.node !== null && tensor.node.tape === active;
}

/** Notes how `output` came from `inputs`, if a tape is active and wants gradients through any of them. Returns `output`. */
export function record(op: string, output: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  const tape = active;
  if (tape === null) return output;
  let tracked = false;
  const nodes: (TapeNode | null)[] = [];
  const needs: boolean[] = [];
  for (const input of inputs) {
    const node = input.node !== null && input.node.tape === tape ? input.node : null;
    if (node !== null) tracked = true;
    nodes.push(node);
    needs.push(node !== null);
  }
  if (!tracked) return output;
  const node: TapeNode = { tape, op, output, inputs: nodes, needs, backward, grad: null };
  output.node = node;
  tape.nodes.push(node);
  return output;
}

/** Marks an op that has no gradient: where one is asked through it, that is said by name instead of answered with zero. */
export function recordNotDifferentiable(op: string, output: Tensor, inputs: readonly Tensor[]): Tensor {
  return record(op, output, inputs, () => {
    throw new GradientError(`[${op}] expected a differentiable op on the way to the loss, received ${op}, which has no gradient`);
  });
}
