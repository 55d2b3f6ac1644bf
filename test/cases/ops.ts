import * as ops from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { activationCases } from './ops/activations.js';
import { convolutionCases } from './ops/conv.js';
import { normCases } from './ops/norm.js';
import { poolCases } from './ops/pool.js';
import { recurrentCases } from './ops/recurrent.js';

/** One differentiable call: the inputs it takes (shape and domain), and the call. */
export interface OpCase {
  /** Name of the function in src/ops/index.ts. */
  op: keyof typeof ops;
  /** What is special about this case. */
  label?: string;
  inputs: { shape: number[]; low?: number; high?: number }[];
  call(...inputs: Tensor[]): Tensor;
}

const signed = (shape: number[]) => ({ shape, low: -2, high: 2 });
const positive = (shape: number[]) => ({ shape, low: 0.3, high: 2 });

/** Elementwise ops of one input, on a domain where they are smooth at random points. */
const unaryOps = [
  ['neg', signed],
  ['abs', signed],
  ['square', signed],
  ['sqrt', positive],
  ['rsqrt', positive],
  ['reciprocal', positive],
  ['exp', signed],
  ['log', positive],
  ['sin', signed],
  ['cos', signed],
  ['sigmoid', signed],
  ['tanh', signed],
  ['relu', signed],
  ['sign', signed],
  ['floor', signed],
  ['ceil', signed],
  ['round', signed],
] as const;

const binaryOps = ['add', 'sub', 'mul', 'maximum', 'minimum'] as const;
const reduceOps = ['sum', 'mean', 'max', 'min', 'prod', 'sumSquares'] as const;

export const opCases: OpCase[] = [
  ...unaryOps.map(([op, domain]): OpCase => ({ op, inputs: [domain([3, 5])], call: (x) => ops[op](x as Tensor) })),
  ...activationCases,
  ...normCases,
  ...recurrentCases,
  { op: 'affine', inputs: [signed([7])], call: (x) => ops.affine(x as Tensor, 1.5, -0.25) },
  { op: 'clip', inputs: [signed([17])], call: (x) => ops.clip(x as Tensor, -1, 0.5) },
  { op: 'cast', inputs: [signed([4])], call: (x) => ops.cast(x as Tensor, 'float64') },
  ...binaryOps.flatMap((op): OpCase[] => [
    { op, label: 'one shape', inputs: [signed([2, 3]), signed([2, 3])], call: (a, b) => ops[op](a as Tensor, b as Tensor) },
    { op, label: 'row', inputs: [signed([4, 3]), signed([3])], call: (a, b) => ops[op](a as Tensor, b as Tensor) },
    {
      op,
      label: 'both broadcast',
      inputs: [signed([2, 1, 3]), signed([4, 1])],
      call: (a, b) => ops[op](a as Tensor, b as Tensor),
    },
    { op, label: 'scalar', inputs: [signed([]), signed([2, 2])], call: (a, b) => ops[op](a as Tensor, b as Tensor) },
    { op, label: 'with itself', inputs: [signed([5])], call: (a) => ops[op](a as Tensor, a as Tensor) },
    { op, label: 'a number', inputs: [signed([5])], call: (a) => ops.add(ops[op](a as Tensor, 0.7), ops[op](0.3, a as Tensor)) },
  ]),
  { op: 'div', inputs: [signed([2, 3]), positive([3])], call: (a, b) => ops.div(a as Tensor, b as Tensor) },
  { op: 'pow', inputs: [positive([2, 3]), signed([3])], call: (a, b) => ops.pow(a as Tensor, b as Tensor) },
  { op: 'pow', label: 'a number', inputs: [signed([6])], call: (a) => ops.pow(a as Tensor, 3) },
  {
    op: 'where',
    inputs: [signed([3, 4]), signed([4])],
    call: (a, b) => ops.where(ops.greater(a as Tensor, 0), ops.square(a as Tensor), b as Tensor),
  },
  ...reduceOps.flatMap((op): OpCase[] => [
    { op, label: 'all', inputs: [signed([2, 3])], call: (x) => ops[op](x as Tensor) },
    { op, label: 'last axis', inputs: [signed([2, 3])], call: (x) => ops[op](x as Tensor, -1) },
    { op, label: 'first axis, kept', inputs: [signed([3, 2, 2])], call: (x) => ops[op](x as Tensor, 0, true) },
    { op, label: 'outer axes', inputs: [signed([3, 2, 4])], call: (x) => ops[op](x as Tensor, [0, 2]) },
    { op, label: 'no axis', inputs: [signed([3])], call: (x) => ops[op](x as Tensor, []) },
  ]),
  { op: 'softmax', inputs: [signed([3, 5])], call: (x) => ops.softmax(x as Tensor) },
  { op: 'softmax', label: 'first axis', inputs: [signed([3, 2, 2])], call: (x) => ops.softmax(x as Tensor, 0) },
  { op: 'logSoftmax', inputs: [signed([3, 5])], call: (x) => ops.logSoftmax(x as Tensor) },
  { op: 'logSoftmax', label: 'middle axis', inputs: [signed([2, 3, 2])], call: (x) => ops.logSoftmax(x as Tensor, 1) },
  {
    op: 'softmaxCrossEntropy',
    inputs: [signed([4, 6])],
    call: (x) => ops.softmaxCrossEntropy(x as Tensor, labels([0, 5, 2, 2])),
  },
  ...matmulCases(),
  {
    op: 'linear',
    inputs: [signed([3, 4]), signed([4, 5]), signed([5])],
    call: (x, w, b) => ops.linear(x as Tensor, w as Tensor, b as Tensor),
  },
  {
    op: 'linear',
    label: 'no bias, three axes',
    inputs: [signed([2, 3, 4]), signed([4, 5])],
    call: (x, w) => ops.linear(x as Tensor, w as Tensor),
  },
  ...(['relu', 'sigmoid', 'tanh'] as const).map(
    (activation): OpCase => ({
      op: 'linear',
      label: activation,
      inputs: [signed([3, 4]), signed([4, 5]), signed([5])],
      call: (x, w, b) => ops.linear(x as Tensor, w as Tensor, b as Tensor, activation),
    }),
  ),
  ...convolutionCases,
  ...poolCases,
  { op: 'reshape', inputs: [signed([2, 6])], call: (x) => ops.square(ops.reshape(x as Tensor, [3, -1])) },
  { op: 'flatten', inputs: [signed([2, 3, 2])], call: (x) => ops.square(ops.flatten(x as Tensor, 1)) },
  { op: 'squeeze', inputs: [signed([1, 3, 1])], call: (x) => ops.square(ops.squeeze(x as Tensor)) },
  { op: 'unsqueeze', inputs: [signed([3])], call: (x) => ops.square(ops.unsqueeze(x as Tensor, 0)) },
  { op: 'permute', inputs: [signed([2, 3, 4])], call: (x) => ops.permute(x as Tensor, [2, 0, 1]) },
  { op: 'transpose', inputs: [signed([2, 3, 4])], call: (x) => ops.transpose(x as Tensor) },
  { op: 'broadcastTo', inputs: [signed([3, 1])], call: (x) => ops.broadcastTo(x as Tensor, [2, 3, 4]) },
  { op: 'slice', inputs: [signed([4, 5, 3])], call: (x) => ops.slice(x as Tensor, [-1, [3, 0, -2], [1]]) },
  { op: 'flip', inputs: [signed([3, 4])], call: (x) => ops.flip(x as Tensor, 1) },
  {
    op: 'concat',
    inputs: [signed([2, 3]), signed([2, 1])],
    call: (a, b) => ops.concat([a as Tensor, b as Tensor, a as Tensor], 1),
  },
  { op: 'stack', inputs: [signed([2, 3]), signed([2, 3])], call: (a, b) => ops.stack([a as Tensor, b as Tensor], 1) },
  { op: 'split', inputs: [signed([4, 3])], call: (x) => ops.mul(...(ops.split(x as Tensor, 2) as [Tensor, Tensor])) },
  { op: 'gather', inputs: [signed([4, 3])], call: (x) => ops.gather(x as Tensor, labels([3, 0, 3])) },
  { op: 'gather', label: 'middle axis', inputs: [signed([2, 4, 3])], call: (x) => ops.gather(x as Tensor, labels([3, 0, 3]), 1) },
  { op: 'embedding', inputs: [signed([4, 3])], call: (x) => ops.embedding(x as Tensor, labels([3, 0, 3])) },
  { op: 'dropout', inputs: [signed([40])], call: (x) => ops.dropout(x as Tensor, 0.4, Uint32Array.of(1, 2, 3, 4)) },
];

/** Ops without a gradient: their results are whole numbers or truth values. */
export const notDifferentiable: (keyof typeof ops)[] = [
  'equal',
  'notEqual',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'argMax',
  'argMin',
  'oneHot',
];

function labels(values: number[]): Tensor {
  return tensor(Int32Array.from(values));
}

function matmulCases(): OpCase[] {
  const cases: OpCase[] = [];
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const a = transposeA ? [4, 3] : [3, 4];
      const b = transposeB ? [5, 4] : [4, 5];
      for (const [batchA, batchB] of [
        [[], []],
        [[2], [2]],
        [[2], []],
        [[], [2]],
        [[2, 1], [3]],
      ] as const) {
        cases.push({
          op: 'matmul',
          label: `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'} batch [${batchA}] [${batchB}]`,
          inputs: [signed([...batchA, ...a]), signed([...batchB, ...b])],
          call: (x, y) => ops.matmul(x as Tensor, y as Tensor, { transposeA, transposeB }),
        });
      }
    }
  }
  cases.push({
    op: 'matmul',
    label: 'vectors',
    inputs: [signed([4]), signed([4])],
    call: (x, y) => ops.matmul(x as Tensor, y as Tensor),
  });
  cases.push({
    op: 'matmul',
    label: 'matrix, vector',
    inputs: [signed([3, 4]), signed([4])],
    call: (x, y) => ops.matmul(x as Tensor, y as Tensor),
  });
  return cases;
}
