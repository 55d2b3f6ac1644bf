import {
  abs,
  clip,
  elu,
  greater,
  leakyRelu,
  mul,
  neg,
  sigmoid,
  softmax,
  split,
  sub,
  tanh,
  where,
} from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { LayerCase } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';
import { axisOf } from './activations.js';

type Function = (x: Tensor) => Tensor;

function composed(make: (options: Options, one: LayerCase) => Function): LayerAdapter {
  return (one) => {
    const x = one.input('x');
    one.options.boolean('inplace', false);
    const apply = make(one.options, one);
    return { forward: () => ({ y: apply(x) }), leaves: { 'input/x': x } };
  };
}

/** Activations that PyTorch has as layers and that are a line of ops here. */
export const composedActivations: Readonly<Record<string, LayerAdapter>> = {
  CELU: composed((o) => {
    const alpha = o.number('alpha', 1);
    return (x) => mul(elu(mul(x, 1 / alpha)), alpha);
  }),
  GLU: composed((o) => {
    const axis = o.number('dim', -1);
    return (x) => {
      const [value, gate] = split(x, 2, axis) as [Tensor, Tensor];
      return mul(value, sigmoid(gate));
    };
  }),
  Hardshrink: composed((o) => {
    const limit = o.number('lambd', 0.5);
    return (x) => where(greater(abs(x), limit), x, 0);
  }),
  RReLU: composed((o, one) => {
    if (one.entry.mode !== 'eval') throw new Error('no numbers to compare where slopes are drawn');
    const slope = (o.number('lower', 1 / 8) + o.number('upper', 1 / 3)) / 2;
    return (x) => leakyRelu(x, slope);
  }),
  Softmax2d: composed(() => (x) => softmax(x, -3)),
  Softmin: composed((o, one) => {
    const axis = axisOf(o, one);
    return (x) => softmax(neg(x), axis);
  }),
  Softshrink: composed((o) => {
    const limit = o.number('lambd', 0.5);
    return (x) => where(greater(abs(x), limit), sub(x, clip(x, -limit, limit)), 0);
  }),
  Tanhshrink: composed(() => (x) => sub(x, tanh(x))),
  Threshold: composed((o) => {
    const [limit, value] = [o.number('threshold'), o.number('value')];
    return (x) => where(greater(x, limit), x, value);
  }),
};
