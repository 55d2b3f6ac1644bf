/**
 * Elementwise operations as data: one table entry holds a value and its derivative. Both are computed in double; the
 * array that receives the result rounds it.
 */
import type { AnyArray, BinaryOp, CompareOp, FloatArray, UnaryOp } from '../backend.js';
import { activationOps } from './activation.js';
import { walkRows } from './strided.js';

export interface UnaryDefinition {
  value(x: number, p: number, q: number): number;
  /** At y = value(x); reads only what `needs` names, so a caller may keep that one alone. */
  derivative(x: number, y: number, p: number, q: number): number;
  readonly needs: 'x' | 'y' | 'nothing';
}

/** C's pow: 1 to any power and -1 to an infinite one are 1, where JavaScript says NaN. */
function pow(x: number, exponent: number): number {
  return x === 1 || (x === -1 && Math.abs(exponent) === Infinity) ? 1 : x ** exponent;
}

/** Math.round takes halves upwards; here they go to the even neighbour. */
function roundHalfEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

const flat = { derivative: () => 0, needs: 'nothing' } as const;

export const unaryOps: Readonly<Record<UnaryOp, UnaryDefinition>> = {
  neg: { value: (x) => -x, derivative: () => -1, needs: 'nothing' },
  abs: { value: (x) => Math.abs(x), derivative: (x) => signOf(x), needs: 'x' },
  sign: { value: (x) => signOf(x), ...flat },
  square: { value: (x) => x * x, derivative: (x) => 2 * x, needs: 'x' },
  sqrt: { value: (x) => Math.sqrt(x), derivative: (_x, y) => 0.5 / y, needs: 'y' },
  rsqrt: { value: (x) => 1 / Math.sqrt(x), derivative: (_x, y) => -0.5 * y * y * y, needs: 'y' },
  reciprocal: { value: (x) => 1 / x, derivative: (_x, y) => -y * y, needs: 'y' },
  exp: { value: (x) => Math.exp(x), derivative: (_x, y) => y, needs: 'y' },
  log: { value: (x) => Math.log(x), derivative: (x) => 1 / x, needs: 'x' },
  sin: { value: (x) => Math.sin(x), derivative: (x) => Math.cos(x), needs: 'x' },
  cos: { value: (x) => Math.cos(x), derivative: (x) => -Math.sin(x), needs: 'x' },
  floor: { value: (x) => Math.floor(x), ...flat },
  ceil: { value: (x) => Math.ceil(x), ...flat },
  round: { value: roundHalfEven, ...flat },
  sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), derivative: (_x, y) => y * (1 - y), needs: 'y' },
  tanh: { value: (x) => Math.tanh(x), derivative: (_x, y) => (1 - y) * (1 + y), needs: 'y' },
  relu: { value: (x) => Math.max(x, 0), derivative: (_x, y) => (y > 0 ? 1 : 0), needs: 'y' },
  affine: { value: (x, p, q) => p * x + q, derivative: (_x, _y, p) => p, needs: 'nothing' },
  clip: { value: (x, p, q) => Math.min(Math.max(x, p), q), derivative: (x, _y, p, q) => (x >= p && x <= q ? 1 : 0), needs: 'x' },
  powScalar: { value: (x, p) => pow(x, p), derivative: (x, _y, p) => (p === 0 ? 0 : p * pow(x, p - 1)), needs: 'x' },
  expm1: { value: (x) => Math.expm1(x), derivative: (_x, y) => y + 1, needs: 'y' },
  log1p: { value: (x) => Math.log1p(x), derivative: (x) => 1 / (1 + x), needs: 'x' },
  ...activationOps,
};

export const binaryOps: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow,
  // NaN wins over any number; of two zeros either may come back.
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
};

export const compareOps: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  less: (a, b) => a < b,
  lessEqual: (a, b) => a <= b,
  greater: (a, b) => a > b,
  greaterEqual: (a, b) => a >= b,
};

/** NaN has no sign: 0, as PyTorch has it. */
function signOf(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

export function unary(op: UnaryOp, x: FloatArray, y: FloatArray, p: number, q: number): void {
  const { value } = unaryOps[op];
  for (let i = 0; i < y.length; i++) y[i] = value(x[i], p, q);
}

export function unaryGrad(op: UnaryOp, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray, p: number, q: number): void {
  const { derivative } = unaryOps[op];
  for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * derivative(x[i], y[i], p, q);
}

export function binary(op: BinaryOp, a: FloatArray, b: FloatArray, c: FloatArray, dims: Int32Array): void {
  const value = binaryOps[op];
  walkRows(dims, (row, length, startA, stepA, startB, stepB) => {
    const start = row * length;
    for (let i = 0; i < length; i++) c[start + i] = value(a[startA + i * stepA], b[startB + i * stepB]);
  });
}

export function compare(op: CompareOp, a: AnyArray, b: AnyArray, c: Uint8Array, dims: Int32Array): void {
  const holds = compareOps[op];
  walkRows(dims, (row, length, startA, stepA, startB, stepB) => {
    const start = row * length;
    for (let i = 0; i < length; i++) c[start + i] = holds(a[startA + i * stepA], b[startB + i * stepB]) ? 1 : 0;
  });
}

export function select(mask: Uint8Array, a: AnyArray, b: AnyArray, c: AnyArray): void {
  for (let i = 0; i < c.length; i++) c[i] = mask[i] ? a[i] : b[i];
}
