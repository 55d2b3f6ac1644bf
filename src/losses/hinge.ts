import { ArgumentError, describe } from '../errors.js';
import { affine, greater, less, mul, neg, relu, square, where } from '../ops/index.js';
import { checkNumber } from '../ops/operand.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

export interface HingeOptions extends LossOptions {
  /** How far on the right side a prediction must lie; default 1. */
  margin?: number;
  /** Whether the loss is squared; default false. */
  squared?: boolean;
}

/** max(0, margin - t y) of predictions y and targets t of -1 or 1 (Cortes and Vapnik 1995). */
export function hinge(options: HingeOptions = {}): WeightedLoss {
  const reduction = reductionOf('hinge', options, ['margin', 'squared']);
  const { margin = 1, squared = false } = options;
  checkNumber('hinge', 'margin', margin);
  if (typeof squared !== 'boolean')
    throw new ArgumentError(`[hinge] expected squared to be true or false, received ${describe(squared)}`);
  return elementwiseLoss('hinge', reduction, (prediction, target) => {
    const short = relu(affine(mul(target, prediction), -1, margin));
    return squared ? square(short) : short;
  });
}

export interface HingeEmbeddingOptions extends LossOptions {
  /** From this distance on, what is unlike costs nothing; default 1. */
  margin?: number;
}

/** A distance x itself where the target is 1 (alike), max(0, margin - x) where it is -1 (Hadsell et al. 2006). */
export function hingeEmbedding(options: HingeEmbeddingOptions = {}): WeightedLoss {
  const reduction = reductionOf('hingeEmbedding', options, ['margin']);
  const { margin = 1 } = options;
  checkNumber('hingeEmbedding', 'margin', margin);
  return elementwiseLoss('hingeEmbedding', reduction, (distance, target) => {
    const unlike = where(less(target, 0), relu(affine(neg(distance), 1, margin)), 0);
    return where(greater(target, 0), distance, unlike);
  });
}
