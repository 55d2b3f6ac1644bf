import { ArgumentError, describe } from '../errors.js';
import { affine, mul, relu, reshape, square, sub, sum, where } from '../ops/index.js';
import { checkFloatTensor, checkNumber, checkTensor } from '../ops/operand.js';
import { type ClassOptions, classMask, classWeightsOf, labelledRows } from './labels.js';
import { type LossOptions, reduceLoss, reductionOf, type WeightedLoss, weighted } from './loss.js';

export interface MultiClassHingeOptions extends LossOptions {
  /** How far the score of the right class must lie above the others; default 1. */
  margin?: number;
  /** 1 (default), or 2 for squared terms. */
  power?: 1 | 2;
  /** One number for each class. The mean divides by the number of samples all the same. */
  classWeights?: ClassOptions['classWeights'];
}

/**
 * Sum over the wrong classes i of max(0, margin - x[label] + x[i])^power, divided by the number of classes (Crammer and Singer
 * 2001). Scores are [..., classes], labels integers [...].
 */
export function multiClassHinge(options: MultiClassHingeOptions = {}): WeightedLoss {
  const name = 'multiClassHinge';
  const reduction = reductionOf(name, options, ['margin', 'power', 'classWeights']);
  const { margin = 1, power = 1 } = options;
  checkNumber(name, 'margin', margin);
  if (power !== 1 && power !== 2) throw new ArgumentError(`[${name}] expected power to be 1 or 2, received ${describe(power)}`);
  const classWeights = classWeightsOf(name, options.classWeights);
  return (scores, target, weights) => {
    checkFloatTensor(name, scores);
    checkTensor(name, target);
    const rows = labelledRows(name, scores, target, classWeights, undefined);
    const classes = scores.shape.at(-1) as number;
    const right = classMask(rows.labels, classes);
    const own = sum(where(right, rows.values, 0), -1, true);
    const over = relu(affine(sub(rows.values, own), 1, margin));
    const terms = where(right, 0, power === 1 ? over : square(over));
    const losses = affine(sum(terms, -1), 1 / classes, 0);
    const rowLosses = rows.weights === null ? losses : mul(losses, rows.weights);
    return reduceLoss(weighted(name, reshape(rowLosses, target.shape), weights), reduction);
  };
}
