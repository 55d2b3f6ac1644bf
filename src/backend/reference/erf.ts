/** The error function in double, to 1e-15 (erfc to 2e-13) of its value, by two expansions that meet at 2. */

/** 2 / sqrt(pi) e^(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...): no term cancels another. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc for x >= 2 by its continued fraction e^(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))). */
function fraction(x: number): number {
  let tail = x;
  for (let n = 60; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
}

export function erf(x: number): number {
  if (Math.abs(x) < 2) return series(x);
  return x > 0 ? 1 - fraction(x) : x < 0 ? fraction(-x) - 1 : x;
}

/** 1 - erf(x), without cancelling where it is small. */
export function erfc(x: number): number {
  if (Math.abs(x) < 2) return 1 - series(x);
  return x > 0 ? fraction(x) : x < 0 ? 2 - fraction(-x) : x;
}
