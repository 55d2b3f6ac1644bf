import type { Activation as FusedActivation } from '../backend/backend.js';
import { ArgumentError, describe } from '../errors.js';
import * as ops from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';

/** An activation as layers use it: a function of a tensor and options. Those that kernels apply as they write are `fused`. */
interface ActivationEntry {
  readonly apply: (x: Tensor, options: never) => Tensor;
  /** Options with their defaults; none where it takes none. */
  readonly options?: Readonly<Record<string, number | string>>;
  readonly fused?: FusedActivation;
}

/** All activations by name. */
const activations = {
  linear: { apply: (x: Tensor, _: object) => x, fused: 'linear' },
  relu: { apply: (x: Tensor, _: object) => ops.relu(x), fused: 'relu' },
  sigmoid: { apply: (x: Tensor, _: object) => ops.sigmoid(x), fused: 'sigmoid' },
  tanh: { apply: (x: Tensor, _: object) => ops.tanh(x), fused: 'tanh' },
  softmax: { apply: (x: Tensor, o: { axis?: number }) => ops.softmax(x, o.axis), options: { axis: -1 } },
  logSoftmax: { apply: (x: Tensor, o: { axis?: number }) => ops.logSoftmax(x, o.axis), options: { axis: -1 } },
  step: {
    apply: (x: Tensor, o: ops.StepOptions) => ops.step(x, o),
    options: { atZero: 1, surrogate: 'none', slope: 1 },
  },
  leakyRelu: { apply: (x: Tensor, o: { slope?: number }) => ops.leakyRelu(x, o.slope), options: { slope: 0.01 } },
  elu: { apply: (x: Tensor, o: { alpha?: number }) => ops.elu(x, o.alpha), options: { alpha: 1 } },
  selu: { apply: (x: Tensor, _: object) => ops.selu(x) },
  gelu: {
    apply: (x: Tensor, o: { approximate?: 'none' | 'tanh' }) => ops.gelu(x, o.approximate),
    options: { approximate: 'none' },
  },
  silu: { apply: (x: Tensor, _: object) => ops.silu(x) },
  mish: { apply: (x: Tensor, _: object) => ops.mish(x) },
  softplus: {
    apply: (x: Tensor, o: { beta?: number; threshold?: number }) => ops.softplus(x, o.beta, o.threshold),
    options: { beta: 1, threshold: 20 },
  },
  logSigmoid: { apply: (x: Tensor, _: object) => ops.logSigmoid(x) },
  hardSigmoid: {
    apply: (x: Tensor, o: { slope?: number; offset?: number }) => ops.hardSigmoid(x, o.slope, o.offset),
    options: { slope: 1 / 6, offset: 0.5 },
  },
  hardSwish: { apply: (x: Tensor, _: object) => ops.hardSwish(x) },
  hardTanh: {
    apply: (x: Tensor, o: { low?: number; high?: number }) => ops.hardTanh(x, o.low, o.high),
    options: { low: -1, high: 1 },
  },
  relu6: { apply: (x: Tensor, _: object) => ops.relu6(x) },
  softsign: { apply: (x: Tensor, _: object) => ops.softsign(x) },
} satisfies Record<string, ActivationEntry>;

export type ActivationName = keyof typeof activations;

/** An activation with options, such as `{ name: 'leakyRelu', slope: 0.2 }`. */
export type ActivationSpec = {
  [Name in ActivationName]: { name: Name } & Parameters<(typeof activations)[Name]['apply']>[1];
}[ActivationName];

/** What a layer's option may be. */
export type ActivationLike = ActivationName | ActivationSpec;

/** An activation split in what a kernel does as it writes and what is left to do on the result (null: nothing). */
export interface ResolvedActivation {
  readonly name: ActivationName;
  /** What stands for it in a file: its name, or name and options where they are not the defaults. */
  readonly config: ActivationLike;
  readonly apply: (x: Tensor) => Tensor;
  readonly fused: FusedActivation;
  readonly after: ((x: Tensor) => Tensor) | null;
}

function checkName(where: string, name: unknown): asserts name is ActivationName {
  if (typeof name !== 'string' || !Object.hasOwn(activations, name)) {
    throw new ArgumentError(
      `[${where}] expected an activation, one of ${Object.keys(activations).join(', ')}, received ${describe(name)}`,
    );
  }
}

function checkActivationOptions(where: string, name: ActivationName, options: object, defaults: object): void {
  const known = new Map<string, unknown>(Object.entries(defaults));
  for (const [key, value] of Object.entries(options)) {
    if (!known.has(key)) {
      const names = [...known.keys()].join(', ') || 'none';
      throw new ArgumentError(`[${where}] expected options of ${name} among ${names}, received ${describe(key)}`);
    }
    if (typeof value !== typeof known.get(key)) {
      throw new ArgumentError(
        `[${where}] expected ${key} of ${name} to be a ${typeof known.get(key)}, received ${describe(value)}`,
      );
    }
  }
}

/** The activation that a layer's option means. */
export function resolveActivation(where: string, activation: unknown): ResolvedActivation {
  const spec: Record<string, unknown> =
    activation !== null && typeof activation === 'object' ? { ...activation } : { name: activation };
  const { name, ...options } = spec;
  checkName(where, name);
  const entry: ActivationEntry = activations[name];
  checkActivationOptions(where, name, options, entry.options ?? {});
  const apply = (x: Tensor): Tensor => entry.apply(x, options as never);
  const plain = Object.keys(options).length === 0;
  const config = plain ? name : ({ name, ...options } as ActivationSpec);
  return { name, config, apply, fused: entry.fused ?? 'linear', after: entry.fused === undefined ? apply : null };
}
