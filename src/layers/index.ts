export { Activation, type ActivationOptions, activation } from './activation.js';
export type { ActivationLike, ActivationName, ActivationSpec } from './activations.js';
export { BatchNorm, type BatchNormOptions, batchNorm } from './batchNorm.js';
export type { Context } from './context.js';
export { Conv2d, type Conv2dOptions, conv2d } from './conv2d.js';
export { Dense, type DenseOptions, dense } from './dense.js';
export {
  AlphaDropout,
  alphaDropout,
  Dropout,
  type DropoutOptions,
  dropout,
  GaussianDropout,
  gaussianDropout,
  SpatialDropout,
  spatialDropout,
} from './dropout.js';
export { Embedding, type EmbeddingOptions, embedding } from './embedding.js';
export { Flatten, flatten } from './flatten.js';
export { Graph, type GraphOptions, graph } from './graph.js';
export { GroupNorm, type GroupNormOptions, groupNorm } from './groupNorm.js';
export { InstanceNorm, type InstanceNormOptions, instanceNorm } from './instanceNorm.js';
export { type AnyLayer, Layer } from './layer.js';
export { LayerNorm, type LayerNormOptions, layerNorm, RmsNorm, type RmsNormOptions, rmsNorm } from './layerNorm.js';
export { Add, add, Concatenate, type ConcatenateOptions, concatenate } from './merge.js';
export type { NormalizationOptions } from './normalization.js';
export type { LayerOptions } from './options.js';
export {
  AvgPool2d,
  type AvgPool2dOptions,
  avgPool2d,
  MaxPool2d,
  type MaxPool2dOptions,
  maxPool2d,
  type Pool2dOptions,
} from './pool2d.js';
export { PRelu, type PReluOptions, prelu } from './prelu.js';
export { Sequential, sequential } from './sequential.js';
export { input, type Symbolic } from './symbolic.js';
export { TimeDistributed, timeDistributed } from './timeDistributed.js';
export type { ShapeOf, Value } from './value.js';
