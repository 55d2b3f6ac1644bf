import { ShapeError } from '../errors.js';
import { cast, logSoftmax, mul, neg, reshape, softmaxCrossEntropy, sum } from '../ops/index.js';
import { checkFloatTensor, checkTensor } from '../ops/operand.js';
import { isFloat } from '../tensor/dtype.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkLossOptions, checkReduction, type Loss, type Reduction, reduceLoss } from './loss.js';

export interface CrossEntropyOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

function fail(logits: Tensor, target: Tensor): never {
  throw new ShapeError(
    `[crossEntropy] expected logits [..., classes] and target labels [...] or distributions [..., classes], received ${shapeText(logits.shape)} and ${target.dtype} ${shapeText(target.shape)}`,
  );
}

/** Rows of losses back in the shape of the samples. */
function shaped(values: Tensor, shape: Shape): Tensor {
  return shape.length === 1 ? values : reshape(values, shape);
}

/**
 * Cross-entropy between the softmax of logits and what is true: -log softmax(logits)[label], or -sum(p log softmax(logits)) for a
 * distribution p (one-hot or not). Works on logits, so that it is stable; the model ends without softmax.
 *
 * Logits are [..., classes], targets integers [...] or float distributions [..., classes].
 *
 * @example
 * crossEntropy()(tensor([[2, 0, 0]]), tensor([0], { dtype: 'int32' })).item(); // 0.2395
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  checkLossOptions('crossEntropy', options, ['reduction']);
  const { reduction = 'mean' } = options;
  checkReduction('crossEntropy', reduction);
  return (logits, target) => {
    checkFloatTensor('crossEntropy', logits);
    checkTensor('crossEntropy', target);
    if (logits.rank === 0) fail(logits, target);
    const samples = logits.shape.slice(0, -1);
    if (isFloat(target.dtype)) {
      if (!sameShape(logits.shape, target.shape)) fail(logits, target);
      const distribution = target.dtype === logits.dtype ? target : cast(target, logits.dtype);
      return reduceLoss(neg(sum(mul(distribution, logSoftmax(logits)), -1)), reduction);
    }
    if (!sameShape(samples, target.shape)) fail(logits, target);
    const rows = logits.rank === 2 ? logits : reshape(logits, [target.size, logits.shape.at(-1) as number]);
    const labels = target.dtype === 'int32' ? target : cast(target, 'int32');
    const losses = softmaxCrossEntropy(rows, labels.rank === 1 ? labels : reshape(labels, [target.size]));
    return reduceLoss(reduction === 'none' ? shaped(losses, samples) : losses, reduction);
  };
}
