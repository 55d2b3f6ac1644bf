import { ArgumentError, describe } from '../errors.js';
import { abs, add, affine, sum, sumSquares } from '../ops/index.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';

/** What large weights cost: l1 * sum |w| + l2 * sum w^2. Plain JSON. */
export interface Penalty {
  readonly l1?: number;
  readonly l2?: number;
}

/** Throws unless `penalty` is one. */
export function checkPenalty(where: string, penalty: unknown): asserts penalty is Penalty {
  const keys = penalty !== null && typeof penalty === 'object' ? Object.entries(penalty) : [];
  const fine = keys.every(([key, value]) => (key === 'l1' || key === 'l2') && Number.isFinite(value) && value >= 0);
  if (keys.length === 0 || !fine)
    throw new ArgumentError(`[${where}] expected a penalty { l1, l2 } of numbers of at least 0, received ${describe(penalty)}`);
}

function penaltyOf(parameter: Parameter, { l1 = 0, l2 = 0 }: Penalty): Tensor[] {
  return [...(l1 === 0 ? [] : [affine(sum(abs(parameter)), l1, 0)]), ...(l2 === 0 ? [] : [affine(sumSquares(parameter), l2, 0)])];
}

/** The penalties of parameters, summed; null if none of them has one. Those that are not trained cost nothing. */
export function totalPenalty(parameters: Iterable<Parameter>): Tensor | null {
  let total: Tensor | null = null;
  for (const parameter of parameters) {
    if (parameter.penalty === null || !parameter.trainable) continue;
    for (const part of penaltyOf(parameter, parameter.penalty)) total = total === null ? part : add(total, part);
  }
  return total;
}
