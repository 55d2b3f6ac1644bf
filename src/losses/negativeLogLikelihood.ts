import { mul, neg, sum, where } from '../ops/index.js';
import { checkFloatTensor, checkTensor } from '../ops/operand.js';
import { reduceRows } from './crossEntropy.js';
import { type ClassOptions, checkIgnoreLabel, classMask, classWeightsOf, labelledRows } from './labels.js';
import { type LossOptions, reductionOf, type WeightedLoss } from './loss.js';

export interface NegativeLogLikelihoodOptions extends LossOptions, ClassOptions {}

/**
 * -p[label] for log-probabilities p [..., classes], such as logSoftmax gives, and integer labels [...]. From logits `crossEntropy`
 * is one pass and says the same.
 */
export function negativeLogLikelihood(options: NegativeLogLikelihoodOptions = {}): WeightedLoss {
  const name = 'negativeLogLikelihood';
  const reduction = reductionOf(name, options, ['classWeights', 'ignoreLabel']);
  const classWeights = classWeightsOf(name, options.classWeights);
  checkIgnoreLabel(name, options.ignoreLabel);
  return (logs, target, weights) => {
    checkFloatTensor(name, logs);
    checkTensor(name, target);
    const rows = labelledRows(name, logs, target, classWeights, options.ignoreLabel);
    // Chosen, not multiplied: the log-probability of another class may be -infinity.
    const picked = neg(sum(where(classMask(rows.labels, logs.shape.at(-1) as number), rows.values, 0), -1));
    const losses = rows.weights === null ? picked : mul(picked, rows.weights);
    return reduceRows(name, losses, target.shape, rows.weights, weights, reduction);
  };
}
