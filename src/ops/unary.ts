import { isTracked, record } from '../autograd/tape.js';
import type { UnaryOp } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor, checkNumber } from './operand.js';

/** What the derivative is computed from; ops with 'none' have no useful one (piecewise constant). */
type Saves = 'x' | 'y' | 'xy' | 'none';

const saves: Record<UnaryOp, Saves> = {
  neg: 'x',
  abs: 'x',
  sign: 'none',
  square: 'x',
  sqrt: 'y',
  rsqrt: 'y',
  reciprocal: 'y',
  exp: 'y',
  log: 'x',
  sin: 'x',
  cos: 'x',
  floor: 'none',
  ceil: 'none',
  round: 'none',
  sigmoid: 'y',
  tanh: 'y',
  relu: 'y',
  affine: 'x',
  clip: 'x',
  powScalar: 'x',
  expm1: 'y',
  log1p: 'x',
  erf: 'x',
  step: 'none',
  leakyRelu: 'x',
  elu: 'x',
  gelu: 'x',
  geluTanh: 'x',
  silu: 'x',
  mish: 'x',
  softplus: 'x',
  hardSigmoid: 'x',
  hardSwish: 'x',
  hardTanh: 'x',
};

/** @internal One elementwise op with its gradient. */
export function unary(op: UnaryOp, x: Tensor, p = 0, q = 0): Tensor {
  checkFloatTensor(op, x);
  const y = new Tensor(x.shape, x.dtype);
  backendFor(x.dtype).unary(op, x.floats, y.floats, p, q);
  if (!isTracked(x)) return y;
  if (saves[op] === 'none') return record(op, y, [x], (dy) => [zerosFrom(dy)]);
  return record(op, y, [x], (dy) => [unaryGradient(op, x, y, dy, p, q)]);
}

/** dy * op'(x), in the memory of dy where nobody shares it. */
export function unaryGradient(op: UnaryOp, x: Tensor, y: Tensor, dy: Tensor, p: number, q: number): Tensor {
  const dx = dy.storage.refs === 1 ? dy : new Tensor(dy.shape, dy.dtype);
  const from = saves[op];
  const y0 = from === 'x' ? x : y;
  const x0 = from === 'y' ? y : x;
  backendFor(dy.dtype).unaryGrad(op, x0.floats, y0.floats, dy.floats, dx.floats, p, q);
  return dx;
}

function zerosFrom(dy: Tensor): Tensor {
  const dx = dy.storage.refs === 1 ? dy : new Tensor(dy.shape, dy.dtype);
  backendFor(dy.dtype).fill(dx.array, 0);
  return dx;
}

/** -x */
export function neg(x: Tensor): Tensor {
  return unary('neg', x);
}
/** |x|; gradient 0 at 0. */
export function abs(x: Tensor): Tensor {
  return unary('abs', x);
}
/** -1, 0 or 1; gradient 0. */
export function sign(x: Tensor): Tensor {
  return unary('sign', x);
}
/** x^2 */
export function square(x: Tensor): Tensor {
  return unary('square', x);
}
/** Square root; NaN below 0. */
export function sqrt(x: Tensor): Tensor {
  return unary('sqrt', x);
}
/** 1 / sqrt(x) */
export function rsqrt(x: Tensor): Tensor {
  return unary('rsqrt', x);
}
/** 1 / x */
export function reciprocal(x: Tensor): Tensor {
  return unary('reciprocal', x);
}
/** e^x */
export function exp(x: Tensor): Tensor {
  return unary('exp', x);
}
/** Natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary('log', x);
}
/** e^x - 1, exact near 0. */
export function expm1(x: Tensor): Tensor {
  return unary('expm1', x);
}
/** log(1 + x), exact near 0. */
export function log1p(x: Tensor): Tensor {
  return unary('log1p', x);
}
/** The error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x. */
export function erf(x: Tensor): Tensor {
  return unary('erf', x);
}
/** Sine of x in radians. */
export function sin(x: Tensor): Tensor {
  return unary('sin', x);
}
/** Cosine of x in radians. */
export function cos(x: Tensor): Tensor {
  return unary('cos', x);
}
/** The largest integer <= x; gradient 0. */
export function floor(x: Tensor): Tensor {
  return unary('floor', x);
}
/** The smallest integer >= x; gradient 0. */
export function ceil(x: Tensor): Tensor {
  return unary('ceil', x);
}
/** The nearest integer, halves to even; gradient 0. */
export function round(x: Tensor): Tensor {
  return unary('round', x);
}
/** 1 / (1 + e^-x) */
export function sigmoid(x: Tensor): Tensor {
  return unary('sigmoid', x);
}
/** Hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return unary('tanh', x);
}
/** max(x, 0); gradient 0 at 0. */
export function relu(x: Tensor): Tensor {
  return unary('relu', x);
}
/** scale * x + shift, in one pass. */
export function affine(x: Tensor, scale: number, shift: number): Tensor {
  checkNumber('affine', 'scale', scale);
  checkNumber('affine', 'shift', shift);
  return unary('affine', x, scale, shift);
}
/** min(max(x, low), high); gradient 1 from low to high, both included. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  checkNumber('clip', 'low', low);
  checkNumber('clip', 'high', high);
  return unary('clip', x, low, high);
}
/** x^exponent for a number; `pow` calls it. */
export function powScalar(x: Tensor, exponent: number): Tensor {
  return unary('powScalar', x, exponent);
}
