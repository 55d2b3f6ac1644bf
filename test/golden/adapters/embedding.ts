import { embedding as embeddingLayer } from '../../../src/layers/index.js';
import { reshape } from '../../../src/ops/index.js';
import { applyConstraint } from '../../../src/regularization/index.js';
import type { Parameter } from '../../../src/tensor/parameter.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

/** PyTorch limits the vectors that it looks up just before it does; here that is a constraint on all, kept after each step. */
function limitNorms(o: Options, weight: Parameter): void {
  const order = o.number('norm_type', 2);
  if (!o.has('max_norm')) return;
  if (order !== 2) throw new Error(`no constraint here on norms of order ${order}`);
  weight.constraint = { maxNorm: o.number('max_norm'), axes: [1] };
  applyConstraint(weight);
}

export const embedding: Readonly<Record<string, LayerAdapter>> = {
  Embedding: (one) => {
    const { options: o } = one;
    // A layer here wants a batch; PyTorch takes one index without.
    const given = one.input('index');
    const index = given.rank === 0 ? reshape(given, [1]) : given;
    // A sparse gradient is another way to hold the same numbers.
    o.boolean('sparse', false);
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
    limitNorms(o, layer.weight as Parameter);
    const forward = () => ({ y: reshape(layer.call(index), [...given.shape, layer.units]) });
    return { forward, leaves: {}, layer };
  },
};
