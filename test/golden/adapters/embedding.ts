import { embedding as embeddingLayer } from '../../../src/layers/index.js';
import { reshape } from '../../../src/ops/index.js';
import { layerGroup } from '../runner/layerGroup.js';

export const embedding = layerGroup('embedding', {
  Embedding: (one) => {
    const { options: o } = one;
    // A layer here wants a batch; PyTorch takes one index without.
    const given = one.input('index');
    const index = given.rank === 0 ? reshape(given, [1]) : given;
    const tokens = o.number('num_embeddings');
    const padding = o.has('padding_idx') ? { paddingIndex: (o.number('padding_idx') + tokens) % tokens } : {};
    const layer = one.build(
      embeddingLayer({
        tokens,
        units: o.number('embedding_dim'),
        scaleGradByFrequency: o.boolean('scale_grad_by_freq', false),
        ...padding,
      }),
      index.shape.slice(1),
    );
    const forward = () => ({ y: reshape(layer.call(index), [...given.shape, layer.units]) });
    return { forward, leaves: {}, layer };
  },
});
