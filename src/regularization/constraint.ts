import { noGrad } from '../autograd/tape.js';
import { ArgumentError, describe } from '../errors.js';
import { add, affine, clip, div, maximum, mul, relu, sqrt, sumSquares } from '../ops/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * What weights must fulfil after each step. The norms are Euclidean, of what one unit weighs: over all axes but the last, or over
 * `axes`. Plain JSON.
 */
export interface Constraint {
  /** Elements below 0 become 0. */
  readonly nonNegative?: boolean;
  /** Norms become 1. */
  readonly unitNorm?: boolean;
  /** Smaller norms grow to this. */
  readonly minNorm?: number;
  /** Larger norms shrink to this. */
  readonly maxNorm?: number;
  /** How much of the way to the allowed norm is gone at a step; default 1. */
  readonly rate?: number;
  readonly axes?: readonly number[];
}

const isNorm = (value: unknown): boolean => typeof value === 'number' && value >= 0;

const kinds: Record<keyof Constraint, (value: unknown) => boolean> = {
  nonNegative: (value) => typeof value === 'boolean',
  unitNorm: (value) => typeof value === 'boolean',
  minNorm: isNorm,
  maxNorm: isNorm,
  rate: (value) => typeof value === 'number' && value > 0 && value <= 1,
  axes: (value) => Array.isArray(value) && value.every(Number.isInteger),
};

/** Throws unless `constraint` is one. */
export function checkConstraint(where: string, constraint: unknown): asserts constraint is Constraint {
  const entries = constraint !== null && typeof constraint === 'object' ? Object.entries(constraint) : [];
  const fine = entries.every(([key, value]) => Object.hasOwn(kinds, key) && kinds[key as keyof Constraint](value));
  const { minNorm = 0, maxNorm = Infinity } = (constraint ?? {}) as Constraint;
  if (entries.length === 0 || !fine || minNorm > maxNorm) {
    throw new ArgumentError(
      `[${where}] expected a constraint of nonNegative, unitNorm, minNorm, maxNorm, rate and axes, received ${describe(constraint)} with ${entries.map(([key, value]) => `${key} ${describe(value)}`).join(', ')}`,
    );
  }
}

/** Keeps a norm of 0 from dividing: such weights stay 0. */
const smallest = 1e-30;

function withNorm(w: Tensor, { unitNorm = false, minNorm = 0, maxNorm = Infinity, rate = 1, axes }: Constraint): Tensor {
  const [low, high] = unitNorm ? [1, 1] : [minNorm, maxNorm];
  if (low === 0 && high === Infinity) return w;
  const norm = sqrt(sumSquares(w, axes ?? w.shape.map((_, i) => i).slice(0, -1), true));
  const wanted = add(affine(norm, 1 - rate, 0), affine(clip(norm, low, high), rate, 0));
  return mul(w, div(wanted, maximum(norm, smallest)));
}

/** Makes a parameter fulfil its constraint, if it has one. */
export function applyConstraint(parameter: Parameter): void {
  const { constraint } = parameter;
  if (constraint === null) return;
  noGrad(() =>
    scope(() => {
      const w = constraint.nonNegative === true ? relu(parameter) : parameter;
      parameter.assign(withNorm(w, constraint));
    }),
  );
}
