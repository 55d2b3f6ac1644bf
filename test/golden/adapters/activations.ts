import { channelsFirst, channelsLast } from '../../../src/io/torch.js';
import type { ActivationLike } from '../../../src/layers/index.js';
import { activation, prelu } from '../../../src/layers/index.js';
import type { LayerCase } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

/** An activation of ours by PyTorch's options. */
function plain(specOf: (options: Options, one: LayerCase) => ActivationLike): LayerAdapter {
  return (one) => {
    const x = one.input('x');
    one.options.boolean('inplace', false);
    const layer = activation({ activation: specOf(one.options, one) });
    return { forward: () => ({ y: layer.call(x) }), leaves: { 'input/x': x } };
  };
}

const impliedAxis = (rank: number): number => (rank === 0 || rank === 1 || rank === 3 ? 0 : 1);

/** The axis of a softmax; what PyTorch takes where none is given hangs on how many there are. */
export function axisOf(options: Options, one: LayerCase): number {
  return options.number('dim', impliedAxis(one.entry.inputs.x?.shape.length ?? 0));
}

export const activations: Readonly<Record<string, LayerAdapter>> = {
  Identity: plain(() => 'linear'),
  ReLU: plain(() => 'relu'),
  ReLU6: plain(() => 'relu6'),
  LeakyReLU: plain((o) => ({ name: 'leakyRelu', slope: o.number('negative_slope', 0.01) })),
  Sigmoid: plain(() => 'sigmoid'),
  LogSigmoid: plain(() => 'logSigmoid'),
  Tanh: plain(() => 'tanh'),
  GELU: plain((o) => ({ name: 'gelu', approximate: o.word('approximate', ['none', 'tanh'], 'none') })),
  ELU: plain((o) => ({ name: 'elu', alpha: o.number('alpha', 1) })),
  SELU: plain(() => 'selu'),
  SiLU: plain(() => 'silu'),
  Mish: plain(() => 'mish'),
  Softplus: plain((o) => ({ name: 'softplus', beta: o.number('beta', 1), threshold: o.number('threshold', 20) })),
  Softsign: plain(() => 'softsign'),
  Hardsigmoid: plain(() => 'hardSigmoid'),
  Hardswish: plain(() => 'hardSwish'),
  Hardtanh: plain((o) => ({ name: 'hardTanh', low: o.number('min_val', -1), high: o.number('max_val', 1) })),
  Softmax: plain((o, one) => ({ name: 'softmax', axis: axisOf(o, one) })),
  LogSoftmax: plain((o, one) => ({ name: 'logSoftmax', axis: axisOf(o, one) })),
  PReLU: (one) => {
    const x = one.input('x');
    const shared = one.options.number('num_parameters', 1) === 1;
    one.options.number('init', 0.25);
    const layer = one.build(prelu({ shared }), channelsLast(x).shape.slice(1));
    return { forward: () => ({ y: channelsFirst(layer.call(channelsLast(x))) }), leaves: { 'input/x': x }, layer };
  },
};
