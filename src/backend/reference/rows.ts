/**
 * The two inner loops of every product. Both add k products to each of n sums, in the order of k; four steps go
 * together only to load and store the sums less often, or to keep four of them under way.
 */
import type { FloatArray } from '../backend.js';

/** sums[at + j] += sum over i < k of a[aStart + i*aStep] * b[bStart + i*bStep + j]: b holds rows. */
export function addRows(
  sums: Float64Array,
  at: number,
  n: number,
  k: number,
  a: FloatArray,
  aStart: number,
  aStep: number,
  b: FloatArray,
  bStart: number,
  bStep: number,
): void {
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    const from = aStart + i * aStep;
    const [a0, a1, a2, a3] = [a[from], a[from + aStep], a[from + 2 * aStep], a[from + 3 * aStep]];
    const b0 = bStart + i * bStep;
    const [b1, b2, b3] = [b0 + bStep, b0 + 2 * bStep, b0 + 3 * bStep];
    for (let j = 0; j < n; j++) {
      sums[at + j] = sums[at + j] + a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
    }
  }
  for (; i < k; i++) {
    const factor = a[aStart + i * aStep];
    const row = bStart + i * bStep;
    for (let j = 0; j < n; j++) sums[at + j] = sums[at + j] + factor * b[row + j];
  }
}

/** sums[at + j] += sum over i < k of a[aStart + i*aStep] * b[bStart + j*bStep + i]: b holds columns. */
export function addColumns(
  sums: Float64Array,
  at: number,
  n: number,
  k: number,
  a: FloatArray,
  aStart: number,
  aStep: number,
  b: FloatArray,
  bStart: number,
  bStep: number,
): void {
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    const b0 = bStart + j * bStep;
    const [b1, b2, b3] = [b0 + bStep, b0 + 2 * bStep, b0 + 3 * bStep];
    let [s0, s1, s2, s3] = [sums[at + j], sums[at + j + 1], sums[at + j + 2], sums[at + j + 3]];
    for (let i = 0; i < k; i++) {
      const factor = a[aStart + i * aStep];
      s0 += factor * b[b0 + i];
      s1 += factor * b[b1 + i];
      s2 += factor * b[b2 + i];
      s3 += factor * b[b3 + i];
    }
    sums[at + j] = s0;
    sums[at + j + 1] = s1;
    sums[at + j + 2] = s2;
    sums[at + j + 3] = s3;
  }
  for (; j < n; j++) {
    const column = bStart + j * bStep;
    let sum = sums[at + j];
    for (let i = 0; i < k; i++) sum += a[aStart + i * aStep] * b[column + i];
    sums[at + j] = sum;
  }
}
