import { ArgumentError, ShapeError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { mean, sum } from '../ops/index.js';
import { checkFloatTensor, checkTensor } from '../ops/operand.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** What is to become small: a scalar from a prediction and its target. Any synchronous function of this form will do. */
export type Loss<Prediction extends Value = Tensor, Target extends Value = Tensor> = (
  prediction: Prediction,
  target: Target,
) => Tensor;

/** How the losses of the samples become one number, or stay as they are. */
export type Reduction = 'mean' | 'sum' | 'none';

export function checkReduction(where: string, reduction: unknown): asserts reduction is Reduction {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new ArgumentError(`[${where}] expected reduction to be 'mean', 'sum' or 'none', received ${String(reduction)}`);
  }
}

/** Throws unless `options` is an object with none but the given keys. */
export function checkLossOptions(where: string, options: unknown, keys: readonly string[]): void {
  if (options === null || typeof options !== 'object')
    throw new ArgumentError(`[${where}] expected an object of options, received ${String(options)}`);
  for (const key of Object.keys(options)) {
    if (!keys.includes(key)) throw new ArgumentError(`[${where}] expected options among ${keys.join(', ')}, received '${key}'`);
  }
}

export function reduceLoss(values: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return values;
  return reduction === 'mean' ? mean(values) : sum(values);
}

/** Throws unless prediction and target are float tensors of one shape. */
export function checkPair(where: string, prediction: Tensor, target: Tensor): void {
  checkFloatTensor(where, prediction);
  checkTensor(where, target);
  if (!sameShape(prediction.shape, target.shape)) {
    throw new ShapeError(
      `[${where}] expected prediction and target of one shape, received ${shapeText(prediction.shape)} and ${shapeText(target.shape)}`,
    );
  }
}
