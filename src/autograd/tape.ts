import { GradientError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * What a recorded op keeps: how to turn the gradient of its output into those of its inputs. `needs[i]` tells whether input i
 * wants one; null may stand for the others. `dy` belongs to the function: it may be overwritten where its storage is not shared,
 * and returned.
 */
export type Backward = (dy: Tensor, needs: readonly boolean[]) => (Tensor | null)[];

/** As Backward, of an op with several outputs: `dys` has null for those that no gradient reached, but not for all. */
export type BackwardOfMany = (dys: readonly (Tensor | null)[], needs: readonly boolean[]) => (Tensor | null)[];

/** How an op with several outputs is recorded: one node for each output, and the last of them does the work for all. */
export interface Joint {
  readonly nodes: readonly TapeNode[];
  readonly backward: BackwardOfMany;
}

/** One output of a recorded op, or (with neither backward nor joint) a tensor that gradients are taken with respect to. */
export interface TapeNode {
  readonly tape: Tape;
  readonly op: string;
  readonly output: Tensor;
  readonly inputs: readonly (TapeNode | null)[];
  readonly needs: readonly boolean[];
  readonly backward: Backward | null;
  joint: Joint | null;
  /** Gradient gathered so far. */
  grad: Tensor | null;
}

function newNode(
  tape: Tape,
  op: string,
  output: Tensor,
  inputs: readonly (TapeNode | null)[],
  needs: readonly boolean[],
  backward: Backward | null,
): TapeNode {
  const node: TapeNode = { tape, op, output, inputs, needs, backward, joint: null, grad: null };
  output.node = node;
  return node;
}

/** The ops of one forward run, in order. */
export class Tape {
  readonly nodes: TapeNode[] = [];

  /** Gradients will be wanted with respect to `tensor`. */
  watch(tensor: Tensor): TapeNode {
    return newNode(this, 'input', tensor, [], [], null);
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

/** The nodes of an op's inputs on the active tape, null for constants; or null where all are. */
function nodesOf(tape: Tape, inputs: readonly Tensor[]): (TapeNode | null)[] | null {
  let tracked = false;
  // Sized at once: an array that grows takes room for seventeen.
  const nodes = new Array<TapeNode | null>(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const own = inputs[i].node;
    const node = own !== null && own.tape === tape ? own : null;
    if (node !== null) tracked = true;
    nodes[i] = node;
  }
  return tracked ? nodes : null;
}

function needsOf(nodes: readonly (TapeNode | null)[]): boolean[] {
  const needs = new Array<boolean>(nodes.length);
  for (let i = 0; i < nodes.length; i++) needs[i] = nodes[i] !== null;
  return needs;
}

/** Notes how `output` came from `inputs`, if a tape is active and wants gradients through any of them. Returns `output`. */
export function record(op: string, output: Tensor, inputs: readonly Tensor[], backward: Backward): Tensor {
  const tape = active;
  if (tape === null) return output;
  const nodes = nodesOf(tape, inputs);
  if (nodes !== null) tape.nodes.push(newNode(tape, op, output, nodes, needsOf(nodes), backward));
  return output;
}

/** As `record`, of an op with several outputs; its backward runs once, when the gradients of all of them have been gathered. */
export function recordMany(op: string, outputs: readonly Tensor[], inputs: readonly Tensor[], backward: BackwardOfMany): void {
  const tape = active;
  if (tape === null) return;
  const nodes = nodesOf(tape, inputs);
  if (nodes === null) return;
  const needs = needsOf(nodes);
  const own = outputs.map((output) => newNode(tape, op, output, nodes, needs, null));
  tape.nodes.push(...own);
  // The walk goes backwards: it meets the last one after every user of any of them, and before the others are let go.
  const last = own.at(-1);
  if (last !== undefined) last.joint = { nodes: own, backward };
}

/** Marks an op that has no gradient: where one is asked through it, that is said by name instead of answered with zero. */
export function recordNotDifferentiable(op: string, output: Tensor, inputs: readonly Tensor[]): Tensor {
  return record(op, output, inputs, () => {
    throw new GradientError(`[${op}] expected a differentiable op on the way to the loss, received ${op}, which has no gradient`);
  });
}
