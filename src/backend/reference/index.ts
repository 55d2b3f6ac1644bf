/**
 * The definition of every kernel: plain loops in double, for float32 and float64 arrays alike. It is what the addon is
 * tested against, what checks gradients, and what serves where no addon can be built.
 */
import type { Backend } from '../backend.js';
import * as conv from './conv.js';
import * as elementwise from './elementwise.js';
import * as gemm from './gemm.js';
import * as indexing from './indexing.js';
import * as movement from './movement.js';
import * as norm from './norm.js';
import * as pool from './pool.js';
import * as random from './random.js';
import * as recurrent from './recurrent.js';
import * as reduce from './reduce.js';
import * as resample from './resample.js';
import * as softmax from './softmax.js';
import * as update from './update.js';

export const referenceBackend: Backend = {
  name: 'reference',
  unary: elementwise.unary,
  unaryGrad: elementwise.unaryGrad,
  binary: elementwise.binary,
  compare: elementwise.compare,
  select: elementwise.select,
  fill: movement.fill,
  copy: movement.copy,
  cast: movement.cast,
  reduce: reduce.reduce,
  argReduce: reduce.argReduce,
  softmax: softmax.softmax,
  softmaxGrad: softmax.softmaxGrad,
  crossEntropy: softmax.crossEntropy,
  crossEntropyGrad: softmax.crossEntropyGrad,
  norm: norm.norm,
  normGrad: norm.normGrad,
  gemm: gemm.gemm,
  gemmPackedSize: gemm.gemmPackedSize,
  gemmPack: gemm.gemmPack,
  gemmPacked: gemm.gemmPacked,
  conv: conv.conv,
  convGradInput: conv.convGradInput,
  convGradWeight: conv.convGradWeight,
  convAlgorithm: conv.convAlgorithm,
  maxPool: pool.maxPool,
  maxPoolGrad: pool.maxPoolGrad,
  maxUnpool: pool.maxUnpool,
  maxUnpoolGrad: pool.maxUnpoolGrad,
  resample: resample.resample,
  recurrentKeptSize: recurrent.recurrentKeptSize,
  recurrent: recurrent.recurrent,
  recurrentGrad: recurrent.recurrentGrad,
  gatherRows: indexing.gatherRows,
  scatterAddRows: indexing.scatterAddRows,
  dropout: random.dropout,
  uniform: random.uniform,
  update: update.update,
};
