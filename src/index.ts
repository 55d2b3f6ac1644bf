/**
 * The public names of the library. Where an op and a layer share a name, the layer has it here, but for `add`; `ops` and `layers`
 * hold all of theirs.
 */
export { type CustomResult, customGrad } from './autograd/customGrad.js';
export { grad, type ScalarFunction, type ValueAndGrads, valueAndGrad } from './autograd/grad.js';
export { type GradCheckOptions, gradCheck } from './autograd/gradCheck.js';
export { noGrad } from './autograd/tape.js';
export { type ComputeInfo, computeInfo, setThreads } from './backend/control.js';
export { type BackendName, setBackend } from './backend/select.js';
export * from './data/index.js';
export * from './errors.js';
export * as initializers from './initializers/index.js';
export * from './inspect/index.js';
export * from './io/index.js';
export * from './layers/index.js';
export * as layers from './layers/index.js';
export {
  batchNorm,
  conv2d,
  dropout,
  embedding,
  flatten,
  groupNorm,
  instanceNorm,
  layerNorm,
  pixelShuffle,
  pixelUnshuffle,
  prelu,
  rmsNorm,
} from './layers/index.js';
export * from './losses/index.js';
export * from './metrics/index.js';
export * from './networks/index.js';
export * from './ops/index.js';
export * as ops from './ops/index.js';
export { add } from './ops/index.js';
export * from './optimizers/index.js';
export * from './perceptron/index.js';
export * from './regularization/index.js';
export { findLearningRate, type RateFinderOptions } from './schedules/finder.js';
export * as schedules from './schedules/index.js';
export { RateCurve, type RatePoint } from './schedules/rateCurve.js';
export { Scheduler, type SchedulerState } from './schedules/scheduler.js';
export * from './tensor/create.js';
export type { DType, FloatDType } from './tensor/dtype.js';
export { Parameter } from './tensor/parameter.js';
export { defaultSeed, RandomStream, randomNormal, randomUniform, setSeed } from './tensor/random.js';
export { keep, scope } from './tensor/scope.js';
export type { Shape } from './tensor/shape.js';
export { type MemoryInfo, memory, releasePool } from './tensor/storage.js';
export { type NestedArray, type SliceRange, Tensor, type TensorLike } from './tensor/tensor.js';
export * from './trainer/index.js';
export * from './transfer/index.js';
