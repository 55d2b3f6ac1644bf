/**
 * Matrix products by rows of the result: a row is gathered in double, k after k, and rounded once when bias and
 * activation have been applied. Packing, which buys nothing here, lays op(b) out as a dense [k, n].
 */
import type { Activation, FloatArray } from '../backend.js';
import { unaryOps } from './elementwise.js';
import { addColumns, addRows } from './rows.js';

/** y[start + j] = activation(row[j] + bias[j]). */
export function writeRow(row: Float64Array, bias: FloatArray | null, activation: Activation, y: FloatArray, start: number): void {
  if (bias !== null) {
    for (let j = 0; j < row.length; j++) row[j] = row[j] + bias[j];
  }
  if (activation === 'linear') {
    for (let j = 0; j < row.length; j++) y[start + j] = row[j];
  } else {
    const { value } = unaryOps[activation];
    for (let j = 0; j < row.length; j++) y[start + j] = value(row[j], 0, 0);
  }
}

export function gemm(
  a: FloatArray,
  b: FloatArray,
  c: FloatArray,
  bias: FloatArray | null,
  m: number,
  n: number,
  k: number,
  lda: number,
  ldb: number,
  ldc: number,
  transA: boolean,
  transB: boolean,
  accumulate: boolean,
  activation: Activation,
  batch: number,
  batchStrideA: number,
  batchStrideB: number,
  batchStrideC: number,
): void {
  const row = new Float64Array(n);
  const [rowStep, kStep] = transA ? [1, lda] : [lda, 1];
  const addProducts = transB ? addColumns : addRows;
  for (let g = 0; g < batch; g++) {
    for (let i = 0; i < m; i++) {
      const cRow = g * batchStrideC + i * ldc;
      for (let j = 0; j < n; j++) row[j] = accumulate ? c[cRow + j] : 0;
      addProducts(row, 0, n, k, a, g * batchStrideA + i * rowStep, kStep, b, g * batchStrideB, ldb);
      writeRow(row, bias, activation, c, cRow);
    }
  }
}

export function gemmPackedSize(n: number, k: number): number {
  return n * k;
}

export function gemmPack(b: FloatArray, packed: FloatArray, n: number, k: number, ldb: number, transB: boolean): void {
  const [kStep, columnStep] = transB ? [1, ldb] : [ldb, 1];
  for (let kk = 0; kk < k; kk++) {
    for (let j = 0; j < n; j++) packed[kk * n + j] = b[kk * kStep + j * columnStep];
  }
}

export function gemmPacked(
  a: FloatArray,
  packed: FloatArray,
  c: FloatArray,
  bias: FloatArray | null,
  m: number,
  n: number,
  k: number,
  lda: number,
  ldc: number,
  transA: boolean,
  activation: Activation,
): void {
  gemm(a, packed, c, bias, m, n, k, lda, n, ldc, transA, false, false, activation, 1, 0, 0, 0);
}
