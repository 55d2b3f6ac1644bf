import { ArgumentError, ShapeError } from '../errors.js';
import { add, affine, cast, div, logSoftmax, mul, neg, reshape, softmaxCrossEntropy, sum } from '../ops/index.js';
import { checkFloatTensor, checkNumber, checkTensor } from '../ops/operand.js';
import { tensor } from '../tensor/create.js';
import { isFloat } from '../tensor/dtype.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type ClassOptions, checkIgnoreLabel, classMask, classWeightsOf, labelledRows, type Rows } from './labels.js';
import { type LossOptions, type Reduction, reduceLoss, reductionOf, type WeightedLoss, weighted } from './loss.js';

export interface CrossEntropyOptions extends LossOptions, ClassOptions {
  /** This share of the target is spread evenly over all classes (Szegedy et al. 2016); from 0 (default) to 1. */
  labelSmoothing?: number;
}

/** Rows of losses back in the shape of the samples. */
function shaped(values: Tensor, shape: Shape): Tensor {
  return shape.length === 1 ? values : reshape(values, shape);
}

/** Reduces losses of rows, of which the mean is one by the weights of the rows. */
export function reduceRows(
  where: string,
  losses: Tensor,
  samples: Shape,
  rowWeights: Tensor | null,
  weights: Tensor | null | undefined,
  reduction: Reduction,
): Tensor {
  const full = weights == null && reduction !== 'none' ? losses : weighted(where, shaped(losses, samples), weights);
  return reduction === 'mean' && rowWeights !== null ? div(sum(full), sum(rowWeights)) : reduceLoss(full, reduction);
}

/** -sum of q log softmax(logits) over the classes, for q = (1 - s) [label] + s / classes times the class weights. */
function smoothedRows({ values, labels, counts, weights }: Rows, smoothing: number, classWeights: Tensor | null): Tensor {
  const classes = values.shape[1] as number;
  const logs = logSoftmax(values);
  const spread = sum(classWeights === null ? logs : mul(logs, classWeights), -1);
  const right = sum(mul(cast(classMask(labels, classes), values.dtype), logs), -1);
  const kept = affine(weights === null ? right : mul(weights, right), smoothing - 1, 0);
  const even = affine(counts === null ? spread : mul(counts, spread), -smoothing / classes, 0);
  return add(kept, even);
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
export function crossEntropy(options: CrossEntropyOptions = {}): WeightedLoss {
  const reduction = reductionOf('crossEntropy', options, ['classWeights', 'ignoreLabel', 'labelSmoothing']);
  const { ignoreLabel, labelSmoothing = 0 } = options;
  const classWeights = classWeightsOf('crossEntropy', options.classWeights);
  checkIgnoreLabel('crossEntropy', ignoreLabel);
  checkNumber('crossEntropy', 'labelSmoothing', labelSmoothing);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(`[crossEntropy] expected labelSmoothing from 0 to 1, received ${labelSmoothing}`);

  const ofDistributions = (logits: Tensor, target: Tensor): Tensor => {
    const classes = logits.shape.at(-1) as number;
    const plain = target.dtype === logits.dtype ? target : cast(target, logits.dtype);
    const smooth = labelSmoothing === 0 ? plain : affine(plain, 1 - labelSmoothing, labelSmoothing / classes);
    const share = classWeights === null ? smooth : mul(smooth, tensor(classWeights, { dtype: logits.dtype }));
    return neg(sum(mul(share, logSoftmax(logits)), -1));
  };

  return (logits, target, weights) => {
    checkFloatTensor('crossEntropy', logits);
    checkTensor('crossEntropy', target);
    const samples = logits.shape.slice(0, -1);
    if (logits.rank > 0 && isFloat(target.dtype) && sameShape(logits.shape, target.shape)) {
      return reduceLoss(weighted('crossEntropy', ofDistributions(logits, target), weights), reduction);
    }
    if (logits.rank === 0 || isFloat(target.dtype) || !sameShape(samples, target.shape)) {
      throw new ShapeError(
        `[crossEntropy] expected logits [..., classes] and target labels [...] or distributions [..., classes], received ${shapeText(logits.shape)} and ${target.dtype} ${shapeText(target.shape)}`,
      );
    }
    const rows = labelledRows('crossEntropy', logits, target, classWeights, ignoreLabel);
    let losses: Tensor;
    if (labelSmoothing === 0) {
      const plain = softmaxCrossEntropy(rows.values, rows.labels);
      losses = rows.weights === null ? plain : mul(plain, rows.weights);
    } else {
      losses = smoothedRows(rows, labelSmoothing, classWeights === null ? null : tensor(classWeights, { dtype: logits.dtype }));
    }
    return reduceRows('crossEntropy', losses, samples, rows.weights, weights, reduction);
  };
}
