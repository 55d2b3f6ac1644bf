export {
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from './binaryCrossEntropy.js';
export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.js';
export { exponential } from './exponential.js';
export { hellinger } from './hellinger.js';
export { type HingeEmbeddingOptions, type HingeOptions, hinge, hingeEmbedding } from './hinge.js';
export { type HuberOptions, huber, type SmoothL1Options, smoothL1 } from './huber.js';
export { generalizedKlDivergence, type KlDivergenceOptions, klDivergence } from './klDivergence.js';
export type { ClassOptions } from './labels.js';
export type { DivergenceOptions, DivergenceReduction, Loss, LossOptions, Reduction, WeightedLoss } from './loss.js';
export { meanAbsoluteError } from './meanAbsoluteError.js';
export { meanSquaredError, rootMeanSquaredError } from './meanSquaredError.js';
export { type MultiClassHingeOptions, multiClassHinge } from './multiClassHinge.js';
export { type NegativeLogLikelihoodOptions, negativeLogLikelihood } from './negativeLogLikelihood.js';
export { type PoissonOptions, poisson } from './poisson.js';
