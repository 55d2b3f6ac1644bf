/**
 * How far a float32 kernel may lie from the reference, which computes in double and rounds once. Every bound is
 * derived from the number of roundings, none is tuned to what passes:
 *
 * - same: moves, integers, masks: the bits of the reference (one NaN is as good as another).
 * - equal: one correctly rounded step, choices (min, max, relu): rounding a double result of +, -, *, / or sqrt gives
 *   what float32 arithmetic gives, so not an ulp of freedom; zeros may differ in sign.
 * - ulps(n): elementary functions, by the accuracy the kernels promise, and short chains of roundings.
 * - within(absolute): sums, where what cancels leaves the error of the terms. A sum of k products has error below
 *   k * u * sum |a||b| (u = eps / 2); the terms' errors have no common sign, so 2 * eps * (k + 1) * max|a| * max|b| holds with a
 *   wide margin for k rounding steps of a random walk, and fails as soon as one product of ordinary size is missing.
 */

/** Distance of 1 to the next float32. */
export const eps = 2 ** -23;
const smallestDenormal = 2 ** -149;

export type Tolerance =
  | { readonly kind: 'same' | 'equal' }
  | { readonly kind: 'within'; readonly ulps: number; readonly absolute: (i: number) => number };

export const same: Tolerance = { kind: 'same' };
export const equal: Tolerance = { kind: 'equal' };

export function ulps(count: number): Tolerance {
  return { kind: 'within', ulps: count, absolute: () => 0 };
}

/** An absolute bound, on top of which the result may be rounded: by default one rounding here and one in the reference. */
export function within(absolute: number | ((i: number) => number), roundings = 1): Tolerance {
  return { kind: 'within', ulps: roundings, absolute: typeof absolute === 'number' ? () => absolute : absolute };
}

export function sumOfProducts(k: number, maxA: number, maxB: number): number {
  return 2 * eps * (k + 1) * maxA * maxB;
}

/**
 * By how much Winograd's transforms magnify the error of a sum of products: with tiles of 4x4 results, terms of random signs pass
 * through A, G and B of winograd-inl.h with max over i of (sum over e of A[i][e]^2 |G[e]|^2 |B[e]|^2) / 3 = 8.8 times the
 * deviation, in both axes together; the gradient to the weights with 7.2 times. Tiles of 2x2 stay below.
 */
export const winogradAmplification = 9;

/** Largest finite magnitude. */
export function largest(values: ArrayLike<number>): number {
  let maximum = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]);
    if (Number.isFinite(magnitude) && magnitude > maximum) maximum = magnitude;
  }
  return maximum;
}

/** Distance between neighbouring float32 numbers around x. */
export function ulpOf(x: number): number {
  if (!Number.isFinite(x)) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return Math.max(2 ** (exponent - 23), smallestDenormal);
}

/** Largest |got - want| that passes at element i, for finite numbers. */
export function boundAt(tolerance: Tolerance, want: number, i: number): number {
  return tolerance.kind === 'within' ? tolerance.ulps * ulpOf(want) + tolerance.absolute(i) : 0;
}

export function accepts(tolerance: Tolerance, got: number, want: number, i: number): boolean {
  if (Object.is(got, want)) return true;
  if (tolerance.kind === 'same') return false;
  if (got === want) return true;
  if (tolerance.kind === 'equal' || Number.isNaN(got) || Number.isNaN(want)) return false;
  if (Number.isFinite(got) && Number.isFinite(want)) return Math.abs(got - want) <= boundAt(tolerance, want, i);
  return atOverflow(tolerance, got, want);
}

/** On the verge of overflow one side may round to infinity while the other is still finite. */
function atOverflow(tolerance: Tolerance, got: number, want: number): boolean {
  const infinite = Number.isFinite(got) ? want : got;
  const finite = Number.isFinite(got) ? got : want;
  const verge = 2 ** 128 * (1 - 2 ** -23 * (tolerance.kind === 'within' ? tolerance.ulps : 0));
  return !Number.isFinite(infinite) && Math.sign(infinite) === Math.sign(finite) && Math.abs(finite) >= verge;
}
