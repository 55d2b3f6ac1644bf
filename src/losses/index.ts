export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.js';
export type { Loss, Reduction } from './loss.js';
export { type MeanSquaredErrorOptions, meanSquaredError } from './meanSquaredError.js';
