export { Activation, type ActivationOptions, activation } from './activation.js';
export type { ActivationLike, ActivationName, ActivationSpec } from './activations.js';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  type AdaptivePoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  GlobalAvgPool,
  GlobalMaxPool,
  type GlobalPoolOptions,
  globalAvgPool,
  globalMaxPool,
} from './adaptivePool.js';
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
export { Lstm, LstmCell, type LstmCellOptions, type LstmOptions, lstm, lstmCell } from './lstm.js';
export {
  MaxPoolWithIndices1d,
  MaxPoolWithIndices2d,
  MaxPoolWithIndices3d,
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
  type MaxUnpoolLayerOptions,
  maxPoolWithIndices1d,
  maxPoolWithIndices2d,
  maxPoolWithIndices3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
} from './maxUnpool.js';
export { Add, type AddOptions, add, Concatenate, type ConcatenateOptions, concatenate } from './merge.js';
export type { NormalizationOptions } from './normalization.js';
export type { LayerOptions } from './options.js';
export { Pad1d, Pad2d, Pad3d, type PadOptions, pad1d, pad2d, pad3d } from './padding.js';
export { PixelShuffle, type PixelShuffleOptions, PixelUnshuffle, pixelShuffle, pixelUnshuffle } from './pixelShuffle.js';
export {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  type AvgPoolLayerOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  LpPool1d,
  LpPool2d,
  LpPool3d,
  type LpPoolLayerOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolLayerOptions,
} from './pool.js';
export { PRelu, type PReluOptions, prelu } from './prelu.js';
export { Recurrent } from './recurrent.js';
export { RecurrentCellLayer, type RecurrentCellOptions, type RecurrentInitialization } from './recurrentCell.js';
export type { RecurrentLayerOptions } from './recurrentOptions.js';
export {
  SeparableConv1d,
  SeparableConv2d,
  type SeparableConvOptions,
  separableConv1d,
  separableConv2d,
} from './separableConv.js';
export { Sequential, sequential } from './sequential.js';
export { RnnCell, type RnnCellOptions, rnnCell, SimpleRnn, type SimpleRnnOptions, simpleRnn } from './simpleRnn.js';
export { input, type Symbolic } from './symbolic.js';
export { TimeDistributed, timeDistributed } from './timeDistributed.js';
export {
  Upsample1d,
  Upsample2d,
  Upsample3d,
  type UpsampleLayerOptions,
  upsample1d,
  upsample2d,
  upsample3d,
} from './upsample.js';
export type { ShapeOf, Value } from './value.js';
