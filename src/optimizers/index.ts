export { Adam, type AdamOptions, adam } from './adam.js';
export { Optimizer, type OptimizerState, type ParameterState } from './optimizer.js';
export { Sgd, type SgdOptions, sgd } from './sgd.js';
