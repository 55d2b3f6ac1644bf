import * as ops from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { OpCase } from '../ops.js';

const signed = (shape: number[]) => ({ shape, low: -2, high: 2 });

function conv(label: string, x: number[], w: number[], options: ops.ConvOptions): OpCase {
  return {
    op: 'conv',
    label,
    inputs: [signed(x), signed(w), signed([w.at(-1) as number])],
    call: (a, b, c) => ops.conv(a as Tensor, b as Tensor, c as Tensor, options),
  };
}

function transposed(label: string, x: number[], w: number[], options: ops.ConvTransposeOptions): OpCase {
  const out = (w.at(-2) as number) * (options.groups ?? 1);
  return {
    op: 'convTranspose',
    label,
    inputs: [signed(x), signed(w), signed([out])],
    call: (a, b, c) => ops.convTranspose(a as Tensor, b as Tensor, c as Tensor, options),
  };
}

const modes: ops.PaddingMode[] = ['reflect', 'replicate', 'circular', { constant: 0.5 }];
const nameOf = (mode: ops.PaddingMode): string => (typeof mode === 'string' ? mode : 'constant');

const convCases: OpCase[] = [
  conv('1D', [2, 7, 2], [3, 2, 3], {}),
  conv('2D', [2, 5, 6, 2], [3, 2, 2, 3], {}),
  conv('3D', [1, 3, 4, 3, 2], [2, 2, 2, 2, 2], { stride: [1, 2, 1] }),
  conv('stride, same', [1, 7, 6, 1], [3, 3, 1, 2], { stride: 2, padding: 'same' }),
  conv('causal, dilated', [2, 7, 2], [3, 2, 2], { padding: 'causal', dilation: 2 }),
  conv('dilation, padding a side', [1, 6, 7, 1], [2, 3, 1, 2], {
    dilation: [2, 1],
    padding: [
      [1, 0],
      [0, 2],
    ],
  }),
  conv('groups', [1, 4, 4, 4], [2, 2, 2, 6], { groups: 2, padding: 1 }),
  conv('depthwise, tanh', [1, 4, 4, 3], [3, 3, 1, 3], { groups: 3, padding: 'same', activation: 'tanh' }),
  ...modes.map((paddingMode) =>
    conv(`same, ${nameOf(paddingMode)}`, [2, 5, 4, 2], [3, 3, 2, 2], { padding: 'same', paddingMode, activation: 'sigmoid' }),
  ),
];

const transposedCases: OpCase[] = [
  transposed('1D', [2, 5, 3], [3, 2, 3], {}),
  transposed('2D, stride', [1, 3, 4, 2], [3, 2, 3, 2], { stride: [2, 3], padding: [1, 0] }),
  transposed('3D, output padding', [1, 2, 3, 2, 2], [2, 3, 2, 1, 2], { stride: 2, outputPadding: [1, 0, 1] }),
  transposed('same, relu', [1, 3, 3, 2], [3, 3, 2, 2], { stride: 2, padding: 'same', activation: 'relu' }),
  transposed('output size, dilation, tanh', [1, 4, 2], [3, 2, 2], {
    stride: 3,
    dilation: 2,
    outputSize: [15],
    activation: 'tanh',
  }),
  transposed('groups, a side', [2, 4, 4], [3, 3, 4], { groups: 2, padding: [[0, 2]] }),
];

const paddingCases: OpCase[] = [0.5, 'zeros' as const, ...modes].flatMap((mode): OpCase[] => {
  const label = typeof mode === 'number' ? 'a number' : nameOf(mode);
  return [
    {
      op: 'pad',
      label,
      inputs: [signed([2, 3])],
      call: (x) =>
        ops.pad(
          x as Tensor,
          [
            [1, 0],
            [2, 1],
          ],
          mode,
        ),
    },
    {
      op: 'pad',
      label: `${label}, again and again`,
      inputs: [signed([2, 3, 2, 1])],
      call: (x) =>
        ops.pad(
          x as Tensor,
          [
            [0, 0],
            [4, 9],
            [3, 4],
            [2, 1],
          ],
          mode,
        ),
    },
  ];
});

const signalCases: OpCase[] = (['convolve', 'correlate'] as const).flatMap((op) =>
  (['full', 'same', 'valid'] as const).flatMap((mode): OpCase[] => [
    { op, label: mode, inputs: [signed([6]), signed([4])], call: (x, k) => ops[op](x as Tensor, k as Tensor, mode) },
    {
      op,
      label: `${mode}, 2D, larger kernel`,
      inputs: [signed([3, 2]), signed([4, 3])],
      call: (x, k) => ops[op](x as Tensor, k as Tensor, mode),
    },
  ]),
);

export const convolutionCases: readonly OpCase[] = [...convCases, ...transposedCases, ...paddingCases, ...signalCases];
