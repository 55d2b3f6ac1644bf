import { customGrad } from '../autograd/customGrad.js';
import { isTracked } from '../autograd/tape.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { checkAxis, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, greater, mul, where } from './binary.js';
import { reshape } from './movement.js';
import { checkFloatTensor, checkNumber } from './operand.js';
import { abs, affine, neg, relu, sigmoid, unary } from './unary.js';

/** What stands for the gradient of a step, which is 0: that of sigmoid(slope x), of x itself within 1 / slope, or of a tent there. */
export type Surrogate = 'none' | 'sigmoid' | 'straightThrough' | 'triangle';

export interface StepOptions {
  /** The value at 0; default 1, so that a unit fires from its threshold on. */
  atZero?: number;
  /** Default 'none': gradient 0. */
  surrogate?: Surrogate;
  /** How steep the surrogate is; default 1. */
  slope?: number;
}

const surrogates: Record<Exclude<Surrogate, 'none'>, (x: Tensor, slope: number) => Tensor> = {
  sigmoid: (x, slope) => {
    const y = sigmoid(affine(x, slope, 0));
    return affine(mul(y, affine(y, -1, 1)), slope, 0);
  },
  straightThrough: (x, slope) => unary('step', affine(abs(x), -1, 1 / slope), 1),
  triangle: (x, slope) => affine(relu(affine(abs(x), -slope, 1)), slope, 0),
};

/**
 * Heaviside's step: 1 where x > 0, 0 where x < 0. Its gradient is 0; a surrogate makes networks of steps trainable (Bengio et al.
 * 2013).
 */
export function step(x: Tensor, options: StepOptions = {}): Tensor {
  checkOptions('step', options);
  const { atZero = 1, surrogate = 'none', slope = 1 } = options;
  checkNumber('step', 'atZero', atZero);
  checkNumber('step', 'slope', slope);
  if (surrogate !== 'none' && !Object.hasOwn(surrogates, surrogate)) {
    const names = ['none', ...Object.keys(surrogates)].join(', ');
    throw new ArgumentError(`[step] expected surrogate to be one of ${names}, received ${describe(surrogate)}`);
  }
  if (!(slope > 0)) throw new ArgumentError(`[step] expected slope > 0, received ${slope}`);
  checkFloatTensor('step', x);
  if (surrogate === 'none' || !isTracked(x)) return unary('step', x, atZero);
  return customGrad('step', (z: Tensor) => ({
    value: unary('step', z, atZero),
    backward: (dy) => mul(dy, surrogates[surrogate](z, slope)),
  }))(x);
}

/** x where x > 0, slope x below; the gradient at 0 is the slope (Maas et al. 2013). */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  checkNumber('leakyRelu', 'slope', slope);
  return unary('leakyRelu', x, slope);
}

/**
 * Leaky ReLU whose slope is learnt (He et al. 2015).
 *
 * @param slope [1], shared, or [n], one for each entry of `axis`
 */
export function prelu(x: Tensor, slope: Tensor, axis = -1): Tensor {
  checkFloatTensor('prelu', x);
  checkFloatTensor('prelu', slope);
  if (slope.size === 1) return where(greater(x, 0), x, mul(x, reshape(slope, [])));
  const at = checkAxis('prelu', axis, x.rank);
  if (slope.rank !== 1 || slope.size !== x.shape[at]) {
    throw new ShapeError(`[prelu] expected slope [1] or [${x.shape[at]}], received ${shapeText(slope.shape)}`);
  }
  return where(greater(x, 0), x, mul(x, reshape(slope, [slope.size, ...new Array<number>(x.rank - 1 - at).fill(1)])));
}

/** x where x > 0, alpha (e^x - 1) below (Clevert et al. 2016). */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkNumber('elu', 'alpha', alpha);
  return unary('elu', x, alpha, 1);
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** scale elu(x, alpha) with the two constants that keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017). */
export function selu(x: Tensor): Tensor {
  return unary('elu', x, seluAlpha, seluScale);
}

/**
 * x Phi(x), where Phi is the normal distribution (Hendrycks and Gimpel 2016): exact, or as
 * x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
 */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new ArgumentError(`[gelu] expected approximate to be 'none' or 'tanh', received ${describe(approximate)}`);
  }
  return unary(approximate === 'tanh' ? 'geluTanh' : 'gelu', x);
}

/** x sigmoid(x), also called swish (Ramachandran et al. 2017). */
export function silu(x: Tensor): Tensor {
  return unary('silu', x);
}

/** x tanh(softplus(x)) (Misra 2019). */
export function mish(x: Tensor): Tensor {
  return unary('mish', x);
}

/** log(1 + e^(beta x)) / beta, and x itself where beta x > threshold. */
export function softplus(x: Tensor, beta = 1, threshold = 20): Tensor {
  checkNumber('softplus', 'beta', beta);
  checkNumber('softplus', 'threshold', threshold);
  return unary('softplus', x, beta, threshold);
}

/** log sigmoid(x) = -softplus(-x), stable. */
export function logSigmoid(x: Tensor): Tensor {
  return neg(unary('softplus', neg(x), 1, Infinity));
}

/** min(max(slope x + offset, 0), 1), by default with slope 1/6 and offset 1/2; gradient 0 at both ends. */
export function hardSigmoid(x: Tensor, slope = 1 / 6, offset = 0.5): Tensor {
  checkNumber('hardSigmoid', 'slope', slope);
  checkNumber('hardSigmoid', 'offset', offset);
  return unary('hardSigmoid', x, slope, offset);
}

/** x hardSigmoid(x) (Howard et al. 2019). */
export function hardSwish(x: Tensor): Tensor {
  return unary('hardSwish', x);
}

/** min(max(x, low), high); gradient 0 at both ends, where `clip` has 1. */
export function hardTanh(x: Tensor, low = -1, high = 1): Tensor {
  checkNumber('hardTanh', 'low', low);
  checkNumber('hardTanh', 'high', high);
  return unary('hardTanh', x, low, high);
}

/** min(max(x, 0), 6). */
export function relu6(x: Tensor): Tensor {
  return unary('hardTanh', x, 0, 6);
}

/** x / (1 + |x|) */
export function softsign(x: Tensor): Tensor {
  return div(x, affine(abs(x), 1, 1));
}
