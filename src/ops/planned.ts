import { type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * What an op works out of its settings and the shapes of its operands (windows, geometry, checks passed) takes longer than a small
 * kernel. A layer has the same settings for ever and nearly always the same shapes, so the plan of its last call is kept with its
 * settings.
 */
interface Kept {
  readonly op: string;
  readonly shapes: readonly [Shape, Shape | null];
  readonly dtypes: readonly [string, string | null];
  readonly plan: unknown;
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
  if (
    kept !== null &&
    kept.op === op &&
    sameShape(kept.shapes[0], x.shape) &&
    kept.dtypes[0] === x.dtype &&
    (other === null ? kept.shapes[1] === null : kept.shapes[1] !== null && sameShape(kept.shapes[1], other.shape)) &&
    kept.dtypes[1] === (other?.dtype ?? null)
  )
    return kept.plan as Plan;
  const plan = work();
  keptBy.set(settings, { op, shapes: [[...x.shape], other && [...other.shape]], dtypes: [x.dtype, other?.dtype ?? null], plan });
  return plan;
}
