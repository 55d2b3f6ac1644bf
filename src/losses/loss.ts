import { ArgumentError, describe, ShapeError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { cast, div, mean, mul, reshape, sum } from '../ops/index.js';
import { checkFloatTensor, checkTensor } from '../ops/operand.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** What is to become small: a scalar from a prediction and its target. Any synchronous function of this form will do. */
export type Loss<Prediction extends Value = Tensor, Target extends Value = Tensor> = (
  prediction: Prediction,
  target: Target,
) => Tensor;

/**
 * A loss of this library. `weights`, if given, multiply the losses of the elements, or of the samples where they have fewer axes;
 * the mean still divides by the number of losses.
 */
export type WeightedLoss = (prediction: Tensor, target: Tensor, weights?: Tensor | null) => Tensor;

/** How the losses of the elements become one number, or stay as they are. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Divergences of distributions can also be summed over the last axis (`perSample`), or over all and divided by the batch size. */
export type DivergenceReduction = Reduction | 'batchMean' | 'perSample';

export interface LossOptions {
  /** Default 'mean', over all elements. */
  reduction?: Reduction;
}

export interface DivergenceOptions {
  /** Default 'mean', over all elements. */
  reduction?: DivergenceReduction;
}

const plainReductions: readonly string[] = ['mean', 'sum', 'none'];
const divergenceReductions: readonly string[] = [...plainReductions, 'batchMean', 'perSample'];

/** Throws unless `options` is an object with none but the given keys and a known reduction, which is returned. */
export function reductionOf(where: string, options: LossOptions, keys?: readonly string[]): Reduction;
export function reductionOf(
  where: string,
  options: DivergenceOptions,
  keys: readonly string[],
  divergence: true,
): DivergenceReduction;
export function reductionOf(
  where: string,
  options: DivergenceOptions,
  keys: readonly string[] = [],
  divergence = false,
): DivergenceReduction {
  if (options === null || typeof options !== 'object')
    throw new ArgumentError(`[${where}] expected an object of options, received ${describe(options)}`);
  const known = ['reduction', ...keys];
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new ArgumentError(`[${where}] expected options among ${known.join(', ')}, received '${key}'`);
  }
  const { reduction = 'mean' } = options;
  const names = divergence ? divergenceReductions : plainReductions;
  if (!names.includes(reduction)) {
    throw new ArgumentError(`[${where}] expected reduction to be one of ${names.join(', ')}, received ${describe(reduction)}`);
  }
  return reduction;
}

export function reduceLoss(values: Tensor, reduction: DivergenceReduction): Tensor {
  switch (reduction) {
    case 'none':
      return values;
    case 'sum':
      return sum(values);
    case 'mean':
      return mean(values);
    case 'batchMean':
      return div(sum(values), values.shape[0] ?? 1);
    case 'perSample':
      return values.rank === 0 ? values : sum(values, -1);
  }
}

/** Multiplies losses by weights of their shape, or of the first axes of it. */
export function weighted(where: string, values: Tensor, weights: Tensor | null | undefined): Tensor {
  if (weights === null || weights === undefined) return values;
  checkTensor(where, weights);
  const shape = values.shape.slice(0, weights.rank);
  if (!sameShape(weights.shape, shape)) {
    throw new ShapeError(
      `[${where}] expected weights of the first axes of the losses ${shapeText(values.shape)}, received ${shapeText(weights.shape)}`,
    );
  }
  const factors = weights.dtype === values.dtype ? weights : cast(weights, values.dtype);
  const ones = new Array<number>(values.rank - weights.rank).fill(1);
  return mul(values, ones.length === 0 ? factors : reshape(factors, [...shape, ...ones]));
}

/** Throws unless prediction and target are tensors of one shape; the target in the type of the prediction. */
export function checkPair(where: string, prediction: Tensor, target: Tensor): Tensor {
  checkFloatTensor(where, prediction);
  checkTensor(where, target);
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `[${where}] expected prediction and target of one shape, received ${shapeText(prediction.shape)} and ${shapeText(target.shape)}`,
    );
  }
  return target.dtype === prediction.dtype ? target : cast(target, prediction.dtype);
}

/** A loss that is a sum, mean or list of one term for each element. */
export function elementwiseLoss(
  where: string,
  reduction: DivergenceReduction,
  term: (prediction: Tensor, target: Tensor) => Tensor,
): WeightedLoss {
  return (prediction, target, weights) => {
    const wanted = checkPair(where, prediction, target);
    return reduceLoss(weighted(where, term(prediction, wanted), weights), reduction);
  };
}
