import { embedding as embeddingLayer } from '../../../src/layers/index.js';
import { layerGroup } from '../runner/layerGroup.js';

export const embedding = layerGroup('embedding', {
  Embedding: (one) => {
    const { options: o } = one;
    const index = one.input('index');
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
    return { forward: () => ({ y: layer.call(index) }), leaves: {}, layer };
  },
});
