import type { DType } from '../tensor/dtype.js';
import { type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * What an op works out of its settings and the shapes of its operands (windows, geometry, checks passed) takes longer than a small
 * kernel. A layer has the same settings for ever and nearly always the same shapes, so the plan of its last call is kept with its
 * settings.
 */
interface Kept {
  readonly op: string;
  readonly x: Operand;
  readonly other: Operand | null;
  readonly plan: unknown;
}

interface Operand {
  readonly shape: Shape;
  readonly dtype: DType;
}

const operandOf = ({ shape, dtype }: Tensor): Operand => ({ shape: [...shape], dtype });

function isLike(operand: Operand | null, tensor: Tensor | null): boolean {
  if (operand === null || tensor === null) return operand === tensor;
  return operand.dtype === tensor.dtype && sameShape(operand.shape, tensor.shape);
}

const keptBy = new WeakMap<object, Kept | null>();

function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  const copy = Array.isArray(value)
    ? value.map(frozen)
    : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, frozen(v)]));
  return Object.freeze(copy) as T;
}

/** A frozen copy of settings, of plain objects and arrays, with which `planned` keeps its plan. */
export function settle<Settings extends object>(settings: Settings): Settings {
  const settled = frozen(settings);
  keptBy.set(settled, null);
  return settled;
}

/** The plan of `op` for operands of these shapes and types: `work()`, or what it gave at the last call with the same settled settings. */
export function planned<Plan>(op: string, settings: object, x: Tensor, other: Tensor | null, work: () => Plan): Plan {
  const kept = keptBy.get(settings);
  if (kept === undefined) return work();
  if (kept !== null && kept.op === op && isLike(kept.x, x) && isLike(kept.other, other)) return kept.plan as Plan;
  const plan = work();
  keptBy.set(settings, { op, x: operandOf(x), other: other && operandOf(other), plan });
  return plan;
}
