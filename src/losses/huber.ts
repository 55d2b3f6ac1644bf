import { ArgumentError } from '../errors.js';
import { abs, affine, clip, mul, sub } from '../ops/index.js';
import { checkNumber } from '../ops/operand.js';
import type { Tensor } from '../tensor/tensor.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

export interface HuberOptions extends LossOptions {
  /** From this error on the loss is linear; default 1. */
  delta?: number;
}

export interface SmoothL1Options extends LossOptions {
  /** From this error on the loss is linear; default 1. With 0 it is the absolute error. */
  beta?: number;
}

/** d^2 / 2 up to |d| = delta, then the tangent: c (|d| - c / 2), where c = min(|d|, delta). */
function bent(prediction: Tensor, target: Tensor, delta: number): Tensor {
  const size = abs(sub(prediction, target));
  const c = clip(size, 0, delta);
  return mul(c, sub(size, affine(c, 0.5, 0)));
}

/** d^2 / 2 where |d| <= delta, delta (|d| - delta / 2) beyond, of d = prediction - target (Huber 1964). */
export function huber(options: HuberOptions = {}): WeightedLoss {
  const reduction = reductionOf('huber', options, ['delta']);
  const { delta = 1 } = options;
  checkNumber('huber', 'delta', delta);
  if (!(delta > 0)) throw new ArgumentError(`[huber] expected delta > 0, received ${delta}`);
  return elementwiseLoss('huber', reduction, (prediction, target) => bent(prediction, target, delta));
}

/** Huber's loss divided by beta: its slope is 1 from |d| = beta on (Girshick 2015). */
export function smoothL1(options: SmoothL1Options = {}): WeightedLoss {
  const reduction = reductionOf('smoothL1', options, ['beta']);
  const { beta = 1 } = options;
  checkNumber('smoothL1', 'beta', beta);
  if (!(beta >= 0)) throw new ArgumentError(`[smoothL1] expected beta >= 0, received ${beta}`);
  return elementwiseLoss('smoothL1', reduction, (prediction, target) =>
    beta === 0 ? abs(sub(prediction, target)) : affine(bent(prediction, target, beta), 1 / beta, 0),
  );
}
