import { dense } from '../../../src/layers/index.js';
import { reshape } from '../../../src/ops/index.js';
import type { LayerAdapter } from '../runner/layerGroup.js';

export const linear: Readonly<Record<string, LayerAdapter>> = {
  Linear: (one) => {
    const x = one.input('x');
    one.options.number('in_features');
    // A layer here wants a batch; PyTorch takes one sample without.
    const batch = x.rank === 1 ? [1, ...x.shape] : x.shape;
    const units = one.options.number('out_features');
    const layer = one.build(dense({ units, bias: one.options.boolean('bias', true) }), batch.slice(1));
    const forward = () => ({ y: reshape(layer.call(reshape(x, batch)), [...x.shape.slice(0, -1), units]) });
    return { forward, leaves: { 'input/x': x }, layer };
  },
};
