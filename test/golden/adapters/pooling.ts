import type { AnyLayer, Layer } from '../../../src/layers/index.js';
import * as layers from '../../../src/layers/index.js';
import {
  type AdaptiveSize,
  adaptiveMaxPoolWithIndices,
  type Interpolation,
  type UpsampleOptions,
} from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { images, throughLayer } from '../runner/images.js';
import type { Computation, LayerCase, Outputs } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

type Rank = 1 | 2 | 3;

/** The input through a function of samples with channels last that gives maxima and their places. */
function withIndices(one: LayerCase, spatial: number, maxima: (last: Tensor) => Tensor[]): Computation {
  const x = one.input('x');
  const forward = (): Outputs => {
    const { last, back } = images(x, spatial);
    const [y, indices] = maxima(last) as [Tensor, Tensor];
    return { y: back(y), indices: back(indices) };
  };
  return { forward, leaves: { 'input/x': x } };
}

function windowOf(o: Options): layers.PoolLayerOptions {
  const poolSize = o.numbers('kernel_size');
  return { poolSize, stride: o.numbers('stride', poolSize), ceilMode: o.boolean('ceil_mode', false) };
}

const padded = (o: Options): layers.PoolLayerOptions => ({ ...windowOf(o), padding: o.numbers('padding', 0) });

const maxLayers = { 1: layers.maxPool1d, 2: layers.maxPool2d, 3: layers.maxPool3d };
const indexLayers = { 1: layers.maxPoolWithIndices1d, 2: layers.maxPoolWithIndices2d, 3: layers.maxPoolWithIndices3d };

function maxPoolOf(spatial: Rank): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    const options = { ...padded(o), dilation: o.numbers('dilation', 1) };
    if (!o.boolean('return_indices', false)) return throughLayer(one, maxLayers[spatial](options), spatial);
    const layer = indexLayers[spatial](options);
    return withIndices(one, spatial, (last) => layer.call(last));
  };
}

function avgPoolOf(spatial: Rank, layer: (options: layers.AvgPoolLayerOptions) => Layer): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    const divisor = o.has('divisor_override') ? { divisor: o.number('divisor_override') } : {};
    return throughLayer(one, layer({ ...padded(o), countPad: o.boolean('count_include_pad', true), ...divisor }), spatial);
  };
}

function lpPoolOf(spatial: Rank, layer: (options: layers.LpPoolLayerOptions) => Layer): LayerAdapter {
  return (one) => throughLayer(one, layer({ ...windowOf(one.options), norm: one.options.number('norm_type') }), spatial);
}

function outputSizeOf(o: Options): AdaptiveSize {
  const size = o.any('output_size');
  const known = (n: unknown): boolean => n === null || typeof n === 'number';
  if (typeof size === 'number' || (Array.isArray(size) && size.every(known))) return size as AdaptiveSize;
  throw new Error(`expected output_size to be a number or a list of numbers and nulls, received ${JSON.stringify(size)}`);
}

function adaptiveOf(spatial: Rank, layer: (options: layers.AdaptivePoolOptions) => Layer): LayerAdapter {
  return (one) => {
    const outputSize = outputSizeOf(one.options);
    if (!one.options.boolean('return_indices', false)) return throughLayer(one, layer({ outputSize }), spatial);
    return withIndices(one, spatial, (last) => {
      const { values, indices } = adaptiveMaxPoolWithIndices(last, outputSize);
      return [values, indices];
    });
  };
}

function maxUnpoolOf(spatial: Rank, layer: (options: layers.MaxUnpoolLayerOptions) => AnyLayer): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    const poolSize = o.numbers('kernel_size');
    const outputSize = o.has('output_size') ? { outputSize: o.numbers('output_size') } : {};
    const built = layer({ poolSize, stride: o.numbers('stride', poolSize), padding: o.numbers('padding', 0), ...outputSize });
    const x = one.input('x');
    const indices = images(one.input('indices').cast('int32'), spatial).last;
    const forward = (): Outputs => {
      const { last, back } = images(x, spatial);
      return { y: back(built.call([last, indices]) as Tensor) };
    };
    return { forward, leaves: { 'input/x': x } };
  };
}

const interpolations: Readonly<Record<string, Interpolation>> = {
  nearest: 'nearest',
  'nearest-exact': 'nearestExact',
  linear: 'linear',
  bilinear: 'linear',
  trilinear: 'linear',
  bicubic: 'cubic',
  area: 'area',
};
const upsampleLayers = { 1: layers.upsample1d, 2: layers.upsample2d, 3: layers.upsample3d };

/** `fixed`: mode and corners of classes that have no option for them. */
function upsamplingOf(fixed?: { mode: string; alignCorners: boolean }): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    const mode = fixed?.mode ?? String(o.any('mode') ?? 'nearest');
    const interpolation = interpolations[mode];
    if (interpolation === undefined) throw new Error(`no upsampling here with mode ${mode}`);
    const spatial = (one.input('x').rank - 2) as Rank;
    const alignCorners = fixed?.alignCorners ?? o.boolean('align_corners', false);
    return throughLayer(one, upsampleLayers[spatial]({ ...sizesOf(one, spatial), interpolation, alignCorners }), spatial);
  };
}

/** A scale that PyTorch recomputes is that of the whole sizes it leads to. */
function sizesOf(one: LayerCase, spatial: Rank): UpsampleOptions {
  const { options: o } = one;
  const recomputed = o.boolean('recompute_scale_factor', false);
  if (o.has('size')) return { size: o.numbers('size') };
  const scale = o.numbers('scale_factor');
  if (!recomputed) return { scale };
  const cells = one.input('x').shape.slice(-spatial);
  return { size: cells.map((n, i) => Math.floor(n * (typeof scale === 'number' ? scale : (scale[i] as number)))) };
}

function shuffling(key: string, layer: (options: layers.PixelShuffleOptions) => Layer): LayerAdapter {
  return (one) => throughLayer(one, layer({ factor: one.options.number(key) }), 2);
}

export const pooling: Readonly<Record<string, LayerAdapter>> = {
  MaxPool1d: maxPoolOf(1),
  MaxPool2d: maxPoolOf(2),
  MaxPool3d: maxPoolOf(3),
  AvgPool1d: avgPoolOf(1, layers.avgPool1d),
  AvgPool2d: avgPoolOf(2, layers.avgPool2d),
  AvgPool3d: avgPoolOf(3, layers.avgPool3d),
  LPPool1d: lpPoolOf(1, layers.lpPool1d),
  LPPool2d: lpPoolOf(2, layers.lpPool2d),
  LPPool3d: lpPoolOf(3, layers.lpPool3d),
  AdaptiveAvgPool1d: adaptiveOf(1, layers.adaptiveAvgPool1d),
  AdaptiveAvgPool2d: adaptiveOf(2, layers.adaptiveAvgPool2d),
  AdaptiveAvgPool3d: adaptiveOf(3, layers.adaptiveAvgPool3d),
  AdaptiveMaxPool1d: adaptiveOf(1, layers.adaptiveMaxPool1d),
  AdaptiveMaxPool2d: adaptiveOf(2, layers.adaptiveMaxPool2d),
  AdaptiveMaxPool3d: adaptiveOf(3, layers.adaptiveMaxPool3d),
  MaxUnpool1d: maxUnpoolOf(1, layers.maxUnpool1d),
  MaxUnpool2d: maxUnpoolOf(2, layers.maxUnpool2d),
  MaxUnpool3d: maxUnpoolOf(3, layers.maxUnpool3d),
  Upsample: upsamplingOf(),
  UpsamplingNearest2d: upsamplingOf({ mode: 'nearest', alignCorners: false }),
  UpsamplingBilinear2d: upsamplingOf({ mode: 'bilinear', alignCorners: true }),
  PixelShuffle: shuffling('upscale_factor', layers.pixelShuffle),
  PixelUnshuffle: shuffling('downscale_factor', layers.pixelUnshuffle),
};
