import { channelsFirst, channelsLast } from '../../../src/io/torch.js';
import type { Layer } from '../../../src/layers/index.js';
import { reshape } from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { Computation, LayerCase } from './layerCase.js';

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

/** The input `x` through a layer over images. */
export function throughLayer(one: LayerCase, layer: Layer, spatial: number): Computation {
  const x = one.input('x');
  const built = one.build(layer, images(x, spatial).last.shape.slice(1));
  const forward = () => {
    const { last, back } = images(x, spatial);
    return { y: back(built.call(last)) };
  };
  return { forward, layer: built, leaves: { 'input/x': x } };
}
