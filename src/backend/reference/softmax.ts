/**
 * Softmax of rows. Subtracting a row's maximum changes nothing in exact arithmetic and keeps exp from overflowing; the
 * sum is then at least 1. A row of nothing but -Infinity, or one with +Infinity or NaN, gives NaN, as in PyTorch.
 */
import type { FloatArray } from '../backend.js';
import { checkIndices } from './indexing.js';

function maximumOf(x: FloatArray, start: number, cols: number): number {
  let maximum = -Infinity;
  for (let c = 0; c < cols; c++) maximum = Math.max(maximum, x[start + c]);
  return maximum;
}

function sumOfExp(x: FloatArray, start: number, cols: number, shift: number): number {
  let sum = 0;
  for (let c = 0; c < cols; c++) sum += Math.exp(x[start + c] - shift);
  return sum;
}

export function softmax(x: FloatArray, y: FloatArray, rows: number, cols: number, log: boolean): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    const maximum = maximumOf(x, start, cols);
    const sum = sumOfExp(x, start, cols, maximum);
    if (log) {
      const logSum = Math.log(sum);
      for (let c = 0; c < cols; c++) y[start + c] = x[start + c] - maximum - logSum;
    } else {
      for (let c = 0; c < cols; c++) y[start + c] = Math.exp(x[start + c] - maximum) / sum;
    }
  }
}

/** Softmax: dx = y * (dy - sum(dy * y)); log-softmax: dx = dy - exp(y) * sum(dy). */
export function softmaxGrad(y: FloatArray, dy: FloatArray, dx: FloatArray, rows: number, cols: number, log: boolean): void {
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    let sum = 0;
    if (log) {
      for (let c = 0; c < cols; c++) sum += dy[start + c];
      for (let c = 0; c < cols; c++) dx[start + c] = dy[start + c] - Math.exp(y[start + c]) * sum;
    } else {
      for (let c = 0; c < cols; c++) sum += dy[start + c] * y[start + c];
      for (let c = 0; c < cols; c++) dx[start + c] = y[start + c] * (dy[start + c] - sum);
    }
  }
}

export function crossEntropy(
  logits: FloatArray,
  labels: Int32Array,
  loss: FloatArray,
  probabilities: FloatArray,
  rows: number,
  cols: number,
): void {
  checkIndices('crossEntropy', 'labels', labels, cols);
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    const maximum = maximumOf(logits, start, cols);
    const sum = sumOfExp(logits, start, cols, maximum);
    loss[r] = Math.log(sum) - (logits[start + labels[r]] - maximum);
    for (let c = 0; c < cols; c++) probabilities[start + c] = Math.exp(logits[start + c] - maximum) / sum;
  }
}

export function crossEntropyGrad(
  probabilities: FloatArray,
  labels: Int32Array,
  dloss: FloatArray,
  dlogits: FloatArray,
  rows: number,
  cols: number,
): void {
  checkIndices('crossEntropyGrad', 'labels', labels, cols);
  for (let r = 0; r < rows; r++) {
    const start = r * cols;
    for (let c = 0; c < cols; c++) {
      dlogits[start + c] = dloss[r] * (probabilities[start + c] - (c === labels[r] ? 1 : 0));
    }
  }
}
