/**
 * Activations that are more than one elementary function, in double. Written as native/kernels/activation-inl.h has them, so that
 * nothing overflows or cancels on the way to a finite result; at a kink each takes the side that PyTorch takes.
 */
import type { UnaryOp } from '../backend.js';
import type { UnaryDefinition } from './elementwise.js';
import { erf, erfc } from './erf.js';

type ActivationOp = Extract<
  UnaryOp,
  | 'erf'
  | 'step'
  | 'leakyRelu'
  | 'elu'
  | 'gelu'
  | 'geluTanh'
  | 'silu'
  | 'mish'
  | 'softplus'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'hardTanh'
>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The normal distribution. */
const phi = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2);

const geluLinear = 2 * Math.sqrt(2 / Math.PI);
const geluCubic = 0.044715 * geluLinear;
const geluTanhShare = (x: number): number => sigmoid(x * (geluLinear + geluCubic * x * x));

/** tanh(log(1 + e^x)), and 1 minus it. */
function mishShare(x: number): { value: number; rest: number } {
  const e = Math.exp(-Math.abs(x));
  const n = x > 0 ? 1 + 2 * e : e * (e + 2);
  const other = x > 0 ? 2 * e * e : 2;
  return { value: n / (n + other), rest: other / (n + other) };
}

/** min(max(x, low), high); NaN passes. */
const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

export const activationOps: Readonly<Record<ActivationOp, UnaryDefinition>> = {
  erf: { value: erf, derivative: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x), needs: 'x' },
  step: { value: (x, p) => (x > 0 ? 1 : x < 0 ? 0 : x === 0 ? p : x), derivative: () => 0, needs: 'nothing' },
  leakyRelu: { value: (x, p) => (x <= 0 ? p * x : x), derivative: (x, _y, p) => (x > 0 ? 1 : p), needs: 'x' },
  elu: {
    value: (x, p, q) => q * (x <= 0 ? p * Math.expm1(x) : x),
    derivative: (x, _y, p, q) => q * (x <= 0 ? p * Math.exp(x) : 1),
    needs: 'x',
  },
  gelu: {
    value: (x) => x * phi(x),
    derivative: (x) => phi(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
    needs: 'x',
  },
  geluTanh: {
    value: (x) => x * geluTanhShare(x),
    derivative: (x) => {
      const near = clamp(x, -20, 20);
      const share = geluTanhShare(x);
      return share + near * (geluLinear + 3 * geluCubic * near * near) * share * (1 - share);
    },
    needs: 'x',
  },
  silu: { value: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)), needs: 'x' },
  mish: {
    value: (x) => x * mishShare(x).value,
    derivative: (x) => {
      const { value, rest } = mishShare(x);
      const bend = rest * (1 + value) * sigmoid(x);
      return value + (bend === 0 ? 0 : x * bend);
    },
    needs: 'x',
  },
  softplus: {
    value: (x, p, q) => (p * x > q ? x : (Math.max(p * x, 0) + Math.log1p(Math.exp(-Math.abs(p * x)))) / p),
    derivative: (x, _y, p, q) => (p * x > q ? 1 : sigmoid(p * x)),
    needs: 'x',
  },
  hardSigmoid: {
    value: (x, p, q) => clamp(p * x + q, 0, 1),
    derivative: (x, _y, p, q) => (x > -q / p && x < (1 - q) / p ? p : 0),
    needs: 'x',
  },
  hardSwish: {
    value: (x) => (x * clamp(x + 3, 0, 6)) / 6,
    derivative: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
    needs: 'x',
  },
  hardTanh: { value: clamp, derivative: (x, _y, p, q) => (x > p && x < q ? 1 : 0), needs: 'x' },
};
