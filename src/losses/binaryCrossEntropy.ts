import { customGrad } from '../autograd/customGrad.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { add, affine, clip, div, log, log1p, maximum, mul, neg, softplus, sub } from '../ops/index.js';
import { tensor } from '../tensor/create.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { elementwiseLoss, type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

/** -(t log p + (1 - t) log(1 - p)) with logarithms of at least -100; its gradient (p - t) / max(p (1 - p), 1e-12). */
function onProbabilities(probabilities: Tensor, target: Tensor): Tensor {
  return customGrad('binaryCrossEntropy', (p: Tensor) => {
    const yes = mul(target, clip(log(p), -100, Infinity));
    const no = mul(affine(target, -1, 1), clip(log1p(neg(p)), -100, Infinity));
    const slope = (): Tensor => div(sub(p, target), maximum(mul(p, affine(p, -1, 1)), 1e-12));
    return { value: neg(add(yes, no)), backward: (dy) => mul(dy, slope()) };
  })(probabilities);
}

/**
 * Binary cross-entropy of probabilities, such as sigmoid gives, against targets from 0 to 1. Where a probability is 0 or 1 its
 * logarithm counts as -100, so that loss and gradient stay finite. From logits `binaryCrossEntropyWithLogits` is exact.
 */
export function binaryCrossEntropy(options: LossOptions = {}): WeightedLoss {
  const reduction = reductionOf('binaryCrossEntropy', options);
  return elementwiseLoss('binaryCrossEntropy', reduction, onProbabilities);
}

export interface BinaryCrossEntropyWithLogitsOptions extends LossOptions {
  /** How much more a target of 1 counts than one of 0; a number, or one for each entry of the last axis. */
  positiveWeight?: number | readonly number[] | Tensor;
}

/** Binary cross-entropy of sigmoid(logits): (1 - t) x + (1 + (w - 1) t) log(1 + e^-x), which no logit makes infinite. */
export function binaryCrossEntropyWithLogits(options: BinaryCrossEntropyWithLogitsOptions = {}): WeightedLoss {
  const name = 'binaryCrossEntropyWithLogits';
  const reduction = reductionOf(name, options, ['positiveWeight']);
  const { positiveWeight = 1 } = options;
  const list = positiveWeight instanceof Tensor ? Array.from(positiveWeight.array) : [positiveWeight].flat();
  if (!list.every((weight) => typeof weight === 'number' && weight >= 0))
    throw new ArgumentError(`[${name}] expected positiveWeight to be numbers >= 0, received ${list}`);
  return elementwiseLoss(name, reduction, (x, t) => {
    const rest = softplus(neg(x), 1, Infinity);
    const negative = mul(affine(t, -1, 1), x);
    if (list.length === 1) return add(negative, list[0] === 1 ? rest : mul(affine(t, (list[0] as number) - 1, 1), rest));
    if (list.length !== x.shape.at(-1)) {
      throw new ShapeError(
        `[${name}] expected ${x.shape.at(-1)} weights for logits ${shapeText(x.shape)}, received ${list.length}`,
      );
    }
    const extra = tensor(
      list.map((weight) => weight - 1),
      { dtype: x.dtype },
    );
    return add(negative, mul(affine(mul(t, extra), 1, 1), rest));
  });
}
