import type { Activation as FusedActivation } from '../backend/backend.js';
import { ArgumentError } from '../errors.js';
import { logSoftmax, relu, sigmoid, softmax, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';

/** An activation as layers use it. Those that kernels apply as they write a result are `fused`. */
interface ActivationEntry {
  readonly apply: (x: Tensor) => Tensor;
  readonly fused?: FusedActivation;
}

/** All activations by name. */
const activations = {
  linear: { apply: (x) => x, fused: 'linear' },
  relu: { apply: relu, fused: 'relu' },
  sigmoid: { apply: sigmoid, fused: 'sigmoid' },
  tanh: { apply: tanh, fused: 'tanh' },
  softmax: { apply: softmax },
  logSoftmax: { apply: logSoftmax },
} satisfies Record<string, ActivationEntry>;

export type ActivationName = keyof typeof activations;

/** An activation split in what a kernel does as it writes and what is left to do on the result (null: nothing). */
export interface ResolvedActivation {
  readonly name: ActivationName;
  readonly apply: (x: Tensor) => Tensor;
  readonly fused: FusedActivation;
  readonly after: ((x: Tensor) => Tensor) | null;
}

/** Looks an activation up by name. */
export function resolveActivation(where: string, name: unknown): ResolvedActivation {
  if (typeof name !== 'string' || !Object.hasOwn(activations, name)) {
    throw new ArgumentError(
      `[${where}] expected an activation, one of ${Object.keys(activations).join(', ')}, received ${String(name)}`,
    );
  }
  const key = name as ActivationName;
  const entry: ActivationEntry = activations[key];
  const apply = (x: Tensor): Tensor => entry.apply(x);
  return { name: key, apply, fused: entry.fused ?? 'linear', after: entry.fused === undefined ? apply : null };
}
