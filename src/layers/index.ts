export { Activation, type ActivationOptions, activation } from './activation.js';
export type { ActivationLike, ActivationName, ActivationSpec } from './activations.js';
export { BatchNorm, type BatchNormOptions, batchNorm } from './batchNorm.js';
export { resetState } from './carriedState.js';
export type { Context } from './context.js';
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, conv1d, conv2d, conv3d } from './conv.js';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './convTranspose.js';
export { Dense, type DenseOptions, dense } from './dense.js';
export {
  DepthwiseConv1d,
  DepthwiseConv2d,
  type DepthwiseConvOptions,
  depthwiseConv1d,
  depthwiseConv2d,
} from './depthwiseConv.js';
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
export { Gru, GruCell, type GruCellOptions, type GruOptions, gru, gruCell } from './gru.js';
export { InstanceNorm, type InstanceNormOptions, instanceNorm } from './instanceNorm.js';
export { type AnyLayer, Layer } from './layer.js';
export { LayerNorm, type LayerNormOptions, layerNorm, RmsNorm, type RmsNormOptions, rmsNorm } from './layerNorm.js';
export { Add, type AddOptions, add, Concatenate, type ConcatenateOptions, concatenate } from './merge.js';
export { Lstm, LstmCell, type LstmCellOptions, type LstmOptions, lstm, lstmCell } from './lstm.js';
export type { NormalizationOptions } from './normalization.js';
export type { LayerOptions } from './options.js';
export { Pad1d, Pad2d, Pad3d, type PadOptions, pad1d, pad2d, pad3d } from './padding.js';
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
export {
  SeparableConv1d,
  SeparableConv2d,
  type SeparableConvOptions,
  separableConv1d,
  separableConv2d,
} from './separableConv.js';
export { Recurrent, type RecurrentLayerOptions } from './recurrent.js';
export { RecurrentCellLayer, type RecurrentCellOptions, type RecurrentInitialization } from './recurrentCell.js';
export { Sequential, sequential } from './sequential.js';
export { RnnCell, type RnnCellOptions, rnnCell, SimpleRnn, type SimpleRnnOptions, simpleRnn } from './simpleRnn.js';
export { input, type Symbolic } from './symbolic.js';
export { TimeDistributed, timeDistributed } from './timeDistributed.js';
export type { ShapeOf, Value } from './value.js';
