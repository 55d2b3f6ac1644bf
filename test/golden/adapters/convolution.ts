import { channelsFirst, channelsLast, weightFromTorch } from '../../../src/io/torch.js';
import { conv, type Padding, reshape } from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { type LayerAdapter, layerGroup } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

/** x as [batch, spatial..., channels], and the way back; PyTorch takes one sample without a batch, too. */
export function images(x: Tensor, spatial: number): { last: Tensor; back: (y: Tensor) => Tensor } {
  if (x.rank === spatial + 2) return { last: channelsLast(x), back: channelsFirst };
  if (x.rank !== spatial + 1) throw new Error(`expected ${spatial} spatial axes, received the shape [${x.shape}]`);
  return {
    last: channelsLast(reshape(x, [1, ...x.shape])),
    back: (y) => {
      const first = channelsFirst(y);
      return reshape(first, first.shape.slice(1));
    },
  };
}

function paddingOf(o: Options): Padding {
  const value = o.any('padding');
  if (value === 'same' || value === 'valid') return value;
  return o.numbers('padding', 0);
}

function convolutionOf(spatial: number): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    o.number('in_channels');
    o.number('out_channels');
    o.numbers('kernel_size');
    const mode = o.word('padding_mode', ['zeros', 'reflect', 'replicate', 'circular'], 'zeros');
    if (mode !== 'zeros') throw new Error(`no convolution here with padding_mode ${mode}`);
    const settings = {
      stride: o.numbers('stride', 1),
      padding: paddingOf(o),
      dilation: o.numbers('dilation', 1),
      groups: o.number('groups', 1),
    };
    const x = one.input('x');
    const weight = one.param('weight');
    const bias = o.boolean('bias', true) ? one.param('bias') : null;
    const forward = () => {
      const { last, back } = images(x, spatial);
      return { y: back(conv(last, weightFromTorch(weight), bias, settings)) };
    };
    return { forward, leaves: { 'input/x': x, 'param/weight': weight, ...(bias === null ? {} : { 'param/bias': bias }) } };
  };
}

export const convolution = layerGroup('convolution', {
  Conv1d: convolutionOf(1),
  Conv2d: convolutionOf(2),
  Conv3d: convolutionOf(3),
});
