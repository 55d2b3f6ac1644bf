export * from './activations.js';
export { type AvgPoolOptions, adaptiveAvgPool, avgPool, type LpPoolOptions, lpPool } from './averagePool.js';
export * from './binary.js';
export * from './cast.js';
export { type ConvOptions, conv } from './conv.js';
export { type ConvTransposeOptions, convTranspose } from './convTranspose.js';
export * from './dropout.js';
export * from './embedding.js';
export { linear, type MatmulOptions, matmul } from './gemm.js';
export * from './indexing.js';
export * from './movement.js';
export * from './norm.js';
export { type PaddingMode, type PaddingPair, pad } from './padding.js';
export { pixelShuffle, pixelUnshuffle } from './pixelShuffle.js';
export {
  type AdaptiveSize,
  adaptiveMaxPool,
  adaptiveMaxPoolWithIndices,
  type MaximaWithIndices,
  type MaxUnpoolOptions,
  maxPool,
  maxPoolWithIndices,
  maxUnpool,
  type PoolOptions,
} from './pool.js';
export * from './recurrent.js';
export { argMax, argMin, max, mean, min, prod, sum, sumSquares } from './reduce.js';
export { convolve, correlate, type SignalMode } from './signal.js';
export * from './softmax.js';
export {
  abs,
  affine,
  ceil,
  clip,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  tanh,
} from './unary.js';
export { type Interpolation, type UpsampleOptions, type UpsampleSize, upsample } from './upsample.js';
export type { Padding, PerAxis } from './window.js';
