import { noGrad } from '../../../src/autograd/tape.js';
import { convAlgorithms } from '../../../src/backend/reference/conv.js';
import { backendFor } from '../../../src/backend/select.js';
import { ArgumentError } from '../../../src/errors.js';
import type { Layer } from '../../../src/layers/index.js';
import { type ConvLayerOptions, conv1d, conv2d, conv3d } from '../../../src/layers/index.js';
import type { Padding } from '../../../src/ops/index.js';
import { throughLayer } from '../runner/images.js';
import type { Computation } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

type Algorithm = NonNullable<ConvLayerOptions['algorithm']>;

/** The computation left to the choice by shape, and on the addon with each algorithm that can do it. */
export function withEachAlgorithm(make: (algorithm: Algorithm) => Computation): Computation[] {
  if (backendFor('float32').name === 'reference') return [make('auto')];
  return (Object.keys(convAlgorithms) as Algorithm[]).flatMap((algorithm) => {
    const computation = { ...make(algorithm), label: algorithm };
    try {
      noGrad(computation.forward);
      return [computation];
    } catch (error) {
      if (error instanceof ArgumentError && error.message.includes('expected an algorithm for x')) return [];
      throw error;
    }
  });
}

function paddingOf(o: Options): Padding {
  const value = o.any('padding');
  if (value === 'same' || value === 'valid') return value;
  return o.numbers('padding', 0);
}

function convolutionOf(spatial: number, layer: (options: ConvLayerOptions) => Layer): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    o.number('in_channels');
    const options: ConvLayerOptions = {
      filters: o.number('out_channels'),
      kernelSize: o.numbers('kernel_size'),
      stride: o.numbers('stride', 1),
      padding: paddingOf(o),
      paddingMode: o.word('padding_mode', ['zeros', 'reflect', 'replicate', 'circular'], 'zeros'),
      dilation: o.numbers('dilation', 1),
      groups: o.number('groups', 1),
      bias: o.boolean('bias', true),
    };
    return withEachAlgorithm((algorithm) => throughLayer(one, layer({ ...options, algorithm }), spatial));
  };
}

export const convolution: Readonly<Record<string, LayerAdapter>> = {
  Conv1d: convolutionOf(1, conv1d),
  Conv2d: convolutionOf(2, conv2d),
  Conv3d: convolutionOf(3, conv3d),
};
