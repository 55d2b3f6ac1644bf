/** Every loss with predictions, targets and settings that it is tested with. */

import type { WeightedLoss } from '../../src/losses/index.js';
import * as losses from '../../src/losses/index.js';

/** What the numbers of a side may be. */
export type Domain = 'any' | 'probabilities' | 'logProbabilities' | 'positive' | 'signs' | 'labels' | 'counts';

export interface LossCase {
  loss: string;
  label?: string;
  make: () => WeightedLoss;
  prediction: Domain;
  target: Domain;
}

type Factory = keyof {
  [Name in keyof typeof losses as (typeof losses)[Name] extends (options: never) => WeightedLoss ? Name : never]: 1;
};

function make<Name extends Factory>(
  loss: Name,
  prediction: Domain,
  target: Domain,
  options?: Parameters<(typeof losses)[Name]>[0],
): LossCase {
  const label = options === undefined ? '' : JSON.stringify(options);
  return { loss, label, make: () => (losses[loss] as (options?: object) => WeightedLoss)(options), prediction, target };
}

const classWeights = [0.5, 2, 1, 0];

export const lossCases: readonly LossCase[] = [
  make('meanSquaredError', 'any', 'any'),
  make('rootMeanSquaredError', 'any', 'any'),
  make('meanAbsoluteError', 'any', 'any'),
  make('huber', 'any', 'any'),
  make('huber', 'any', 'any', { delta: 0.5 }),
  make('smoothL1', 'any', 'any'),
  make('smoothL1', 'any', 'any', { beta: 0.5 }),
  make('smoothL1', 'any', 'any', { beta: 0 }),
  make('crossEntropy', 'any', 'labels'),
  make('crossEntropy', 'any', 'probabilities'),
  make('crossEntropy', 'any', 'labels', { classWeights, ignoreLabel: 1, labelSmoothing: 0.2 }),
  make('crossEntropy', 'any', 'probabilities', { classWeights, labelSmoothing: 0.2 }),
  make('negativeLogLikelihood', 'logProbabilities', 'labels'),
  make('negativeLogLikelihood', 'logProbabilities', 'labels', { classWeights, ignoreLabel: 2 }),
  make('binaryCrossEntropy', 'probabilities', 'probabilities'),
  make('binaryCrossEntropyWithLogits', 'any', 'probabilities'),
  make('binaryCrossEntropyWithLogits', 'any', 'probabilities', { positiveWeight: 3 }),
  make('binaryCrossEntropyWithLogits', 'any', 'probabilities', { positiveWeight: [1, 2, 3, 4] }),
  make('klDivergence', 'logProbabilities', 'probabilities'),
  make('klDivergence', 'logProbabilities', 'logProbabilities', { logTarget: true }),
  make('generalizedKlDivergence', 'positive', 'positive'),
  make('hellinger', 'probabilities', 'probabilities'),
  make('poisson', 'any', 'counts'),
  make('poisson', 'positive', 'counts', { logInput: false, full: true }),
  make('hinge', 'any', 'signs'),
  make('hinge', 'any', 'signs', { squared: true, margin: 0.5 }),
  make('hingeEmbedding', 'positive', 'signs'),
  make('multiClassHinge', 'any', 'labels'),
  make('multiClassHinge', 'any', 'labels', { classWeights, power: 2, margin: 0.5 }),
  make('exponential', 'any', 'signs'),
];
