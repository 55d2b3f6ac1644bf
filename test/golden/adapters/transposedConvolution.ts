import type { Layer } from '../../../src/layers/index.js';
import { type ConvTransposeLayerOptions, convTranspose1d, convTranspose2d, convTranspose3d } from '../../../src/layers/index.js';
import { throughLayer } from '../runner/images.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import { withEachAlgorithm } from './convolution.js';

function transposedOf(spatial: number, layer: (options: ConvTransposeLayerOptions) => Layer): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    o.number('in_channels');
    o.word('padding_mode', ['zeros'], 'zeros');
    const options: ConvTransposeLayerOptions = {
      filters: o.number('out_channels'),
      kernelSize: o.numbers('kernel_size'),
      stride: o.numbers('stride', 1),
      padding: o.numbers('padding', 0),
      outputPadding: o.numbers('output_padding', 0),
      dilation: o.numbers('dilation', 1),
      groups: o.number('groups', 1),
      bias: o.boolean('bias', true),
    };
    return withEachAlgorithm((algorithm) => throughLayer(one, layer({ ...options, algorithm }), spatial));
  };
}

export const transposedConvolution: Readonly<Record<string, LayerAdapter>> = {
  ConvTranspose1d: transposedOf(1, convTranspose1d),
  ConvTranspose2d: transposedOf(2, convTranspose2d),
  ConvTranspose3d: transposedOf(3, convTranspose3d),
};
