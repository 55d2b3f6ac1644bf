import * as ops from '../../../src/ops/index.js';
import { tensor } from '../../../src/tensor/create.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { OpCase } from '../ops.js';

const signed = (shape: number[]) => ({ shape, low: -2, high: 2 });

type Affine = (x: Tensor, scale: Tensor | null, shift: Tensor | null) => Tensor;

/** With scale and shift, with one of them, and with neither. */
function affine(op: OpCase['op'], label: string, x: number[], parameters: number[], call: Affine): OpCase[] {
  const [data, parameter] = [signed(x), signed(parameters)];
  return [
    { op, label, inputs: [data, parameter, parameter], call: (a, b, c) => call(a as Tensor, b as Tensor, c as Tensor) },
    { op, label: `${label}, plain`, inputs: [data], call: (a) => call(a as Tensor, null, null) },
    { op, label: `${label}, scale alone`, inputs: [data, parameter], call: (a, b) => call(a as Tensor, b as Tensor, null) },
    { op, label: `${label}, shift alone`, inputs: [data, parameter], call: (a, b) => call(a as Tensor, null, b as Tensor) },
  ];
}

const given = (channels: number): ops.ChannelStatistics => ({
  mean: tensor(
    Array.from({ length: channels }, (_, i) => 0.1 * i),
    { dtype: 'float64' },
  ),
  variance: tensor(
    Array.from({ length: channels }, (_, i) => 1 + 0.2 * i),
    { dtype: 'float64' },
  ),
});

export const normCases: readonly OpCase[] = [
  ...affine('layerNorm', 'last axis', [3, 5], [5], (x, a, b) => ops.layerNorm(x, a, b)),
  ...affine('layerNorm', 'two axes', [2, 3, 4], [3, 4], (x, a, b) => ops.layerNorm(x, a, b, { axes: 2, epsilon: 0.1 })),
  { op: 'rmsNorm', inputs: [signed([3, 5])], call: (x) => ops.rmsNorm(x as Tensor) },
  {
    op: 'rmsNorm',
    label: 'two axes, scale',
    inputs: [signed([2, 3, 4]), signed([3, 4])],
    call: (x, a) => ops.rmsNorm(x as Tensor, a as Tensor, { axes: 2 }),
  },
  ...affine('groupNorm', 'images', [2, 3, 2, 6], [6], (x, a, b) => ops.groupNorm(x, 3, a, b)),
  ...affine('groupNorm', 'vectors', [3, 8], [8], (x, a, b) => ops.groupNorm(x, 2, a, b)),
  ...affine('instanceNorm', '1D', [2, 5, 3], [3], (x, a, b) => ops.instanceNorm(x, a, b)),
  ...affine('instanceNorm', 'given statistics', [2, 4, 3], [3], (x, a, b) => ops.instanceNorm(x, a, b, { statistics: given(3) })),
  ...affine('batchNorm', 'vectors', [7, 3], [3], (x, a, b) => ops.batchNorm(x, a, b)),
  ...affine('batchNorm', 'volumes', [2, 2, 3, 2, 2], [2], (x, a, b) => ops.batchNorm(x, a, b, { epsilon: 1e-3 })),
  ...affine('batchNorm', 'given statistics', [4, 3], [3], (x, a, b) => ops.batchNorm(x, a, b, { statistics: given(3) })),
  ...affine('batchNorm', 'relu', [9, 3], [3], (x, a, b) => ops.batchNorm(x, a, b, { activation: 'relu' })),
  ...affine('instanceNorm', 'relu', [2, 5, 3], [3], (x, a, b) => ops.instanceNorm(x, a, b, { activation: 'relu' })),
];
