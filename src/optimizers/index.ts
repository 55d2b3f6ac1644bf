export { Adadelta, type AdadeltaOptions, adadelta } from './adadelta.js';
export { Adagrad, type AdagradOptions, adagrad } from './adagrad.js';
export { Adam, type AdamOptions, adam, adamw } from './adam.js';
export { Adamax, type AdamaxOptions, adamax } from './adamax.js';
export {
  type ClipOptions,
  type ClippedGradients,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  globalNorm,
} from './clip.js';
export { DemonAdam, type DemonAdamOptions, DemonSgd, type DemonSgdOptions, demonAdam, demonSgd } from './demon.js';
export { GradientOptimizer, type OptionsOf, type ParameterState } from './gradientOptimizer.js';
export type { ParameterGroup, ParameterSelector } from './groups.js';
export { KernelOptimizer } from './kernelOptimizer.js';
export { Lbfgs, type LbfgsOptions, lbfgs } from './lbfgs.js';
export { Lion, type LionOptions, lion } from './lion.js';
export { MovingAverage, type MovingAverageOptions, movingAverage } from './movingAverage.js';
export { Nadam, type NadamOptions, nadam } from './nadam.js';
export { type Evaluate, Optimizer, type OptimizerState } from './optimizer.js';
export { Radam, type RadamOptions, radam } from './radam.js';
export { Rmsprop, type RmspropOptions, rmsprop } from './rmsprop.js';
export { Rprop, type RpropOptions, rprop } from './rprop.js';
export type { DecaySettings, Settings as OptimizerSettings } from './settings.js';
export { Sgd, type SgdOptions, sgd } from './sgd.js';
export { YellowFin, type YellowFinOptions, yellowFin } from './yellowFin.js';
