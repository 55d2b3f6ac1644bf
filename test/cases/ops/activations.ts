import * as ops from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { OpCase } from '../ops.js';

type Name = keyof typeof ops;

/** Wide enough for both sides of every kink, which random points miss. */
const wide = { shape: [3, 8], low: -5, high: 5 };

function make(op: Name, call: OpCase['call'], label?: string): OpCase {
  return { op, inputs: [wide], call, ...(label === undefined ? {} : { label }) };
}

export const activationCases: readonly OpCase[] = [
  make('erf', (x) => ops.erf(x as Tensor)),
  make('expm1', (x) => ops.expm1(x as Tensor)),
  { op: 'log1p', inputs: [{ shape: [9], low: -0.7, high: 2 }], call: (x) => ops.log1p(x as Tensor) },
  make('step', (x) => ops.step(x as Tensor)),
  make('leakyRelu', (x) => ops.leakyRelu(x as Tensor)),
  make('leakyRelu', (x) => ops.leakyRelu(x as Tensor, 0.2), 'slope 0.2'),
  { op: 'prelu', inputs: [wide, { shape: [1], low: 0, high: 1 }], call: (x, slope) => ops.prelu(x as Tensor, slope as Tensor) },
  {
    op: 'prelu',
    label: 'for each channel',
    inputs: [wide, { shape: [8], low: -1, high: 1 }],
    call: (x, slope) => ops.prelu(x as Tensor, slope as Tensor),
  },
  {
    op: 'prelu',
    label: 'first axis',
    inputs: [wide, { shape: [3], low: -1, high: 1 }],
    call: (x, slope) => ops.prelu(x as Tensor, slope as Tensor, 0),
  },
  make('elu', (x) => ops.elu(x as Tensor)),
  make('elu', (x) => ops.elu(x as Tensor, 0.5), 'alpha 0.5'),
  make('selu', (x) => ops.selu(x as Tensor)),
  make('gelu', (x) => ops.gelu(x as Tensor)),
  make('gelu', (x) => ops.gelu(x as Tensor, 'tanh'), 'tanh'),
  make('silu', (x) => ops.silu(x as Tensor)),
  make('mish', (x) => ops.mish(x as Tensor)),
  make('softplus', (x) => ops.softplus(x as Tensor)),
  make('softplus', (x) => ops.softplus(x as Tensor, 2, 3), 'beta 2, threshold 3'),
  make('logSigmoid', (x) => ops.logSigmoid(x as Tensor)),
  make('hardSigmoid', (x) => ops.hardSigmoid(x as Tensor)),
  make('hardSigmoid', (x) => ops.hardSigmoid(x as Tensor, 0.2, 0.5), 'slope 0.2'),
  make('hardSwish', (x) => ops.hardSwish(x as Tensor)),
  make('hardTanh', (x) => ops.hardTanh(x as Tensor)),
  make('hardTanh', (x) => ops.hardTanh(x as Tensor, -0.5, 2), 'other ends'),
  make('relu6', (x) => ops.relu6(x as Tensor)),
  make('softsign', (x) => ops.softsign(x as Tensor)),
];
