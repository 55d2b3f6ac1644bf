import type { AnyArray } from '../../src/backend/backend.js';
import { accepts, boundAt, same, type Tolerance } from './tolerance.js';

/** The first element out of bounds and how many there are, as text; undefined where all agree. */
export function difference(what: string, got: AnyArray, want: AnyArray, tolerance: Tolerance): string | undefined {
  if (got.length !== want.length) return `${what}: expected ${want.length} elements, received ${got.length}`;
  let first = -1;
  let count = 0;
  for (let i = 0; i < want.length; i++) {
    if (accepts(tolerance, got[i], want[i], i)) continue;
    if (count++ === 0) first = i;
  }
  if (count === 0) return undefined;
  const error = Math.abs(got[first] - want[first]);
  const bound = tolerance.kind === 'within' ? `bound ${boundAt(tolerance, want[first], first)}` : `bound: ${tolerance.kind}`;
  return (
    `${what}: ${count} of ${want.length} elements differ, first at ${first}: ` +
    `expected ${show(want[first])}, received ${show(got[first])}, error ${error}, ${bound}`
  );
}

/** As `difference`, for two runs that must agree to the bit. */
export function bitDifference(what: string, got: AnyArray, want: AnyArray): string | undefined {
  return difference(what, got, want, same);
}

function show(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
