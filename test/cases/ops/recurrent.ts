import type { RecurrentCell } from '../../../src/backend/backend.js';
import { recurrentGates } from '../../../src/backend/backend.js';
import * as ops from '../../../src/ops/index.js';
import { tensor } from '../../../src/tensor/create.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { OpCase } from '../ops.js';

/** batch, steps and width of x. */
const [batch, steps, width, units] = [3, 4, 2, 3];
const projected = 2;

interface Variant {
  label: string;
  directions?: 1 | 2;
  reverse?: boolean;
  lengths?: number[];
  bias?: boolean;
  initial?: boolean;
  peephole?: boolean;
  projection?: boolean;
  mask?: boolean;
  /** What the value is made of; default everything. */
  seen?: 'output' | 'final';
}

type Inputs = OpCase['inputs'];

/** The tensors of one direction by name, in the order in which they are inputs. */
function inputsOf(cell: RecurrentCell, variant: Variant): [string, Inputs[number]][] {
  const columns = recurrentGates[cell] * units;
  const out = variant.projection ? projected : units;
  const ordinary = (shape: number[]) => ({ shape, low: -1, high: 1 });
  const all: [string, boolean | undefined, number[]][] = [
    ['weightInput', true, [width, columns]],
    ['weightRecurrent', true, [out, columns]],
    ['biasInput', variant.bias, [columns]],
    ['biasRecurrent', variant.bias, [columns]],
    ['peephole', variant.peephole, [3, units]],
    ['projection', variant.projection, [units, out]],
    ['h', variant.initial, [batch, out]],
    ['c', variant.initial && cell === 'lstm', [batch, units]],
  ];
  return all.flatMap(([name, present, shape]) => (present ? [[name, ordinary(shape)]] : []));
}

function call(cell: RecurrentCell, variant: Variant, names: readonly string[], x: Tensor, rest: readonly Tensor[]): Tensor {
  const { directions = 1, reverse = false, lengths, seen } = variant;
  const own = Array.from({ length: directions }, (_, d) =>
    Object.fromEntries(names.map((name, i) => [name, rest[d * names.length + i] as Tensor])),
  );
  const weights = own.map((tensors): ops.RecurrentWeights => {
    const { weightInput, weightRecurrent, biasInput, biasRecurrent, peephole, projection } = tensors;
    return { weightInput: weightInput!, weightRecurrent: weightRecurrent!, biasInput, biasRecurrent, peephole, projection };
  });
  const out = variant.projection ? projected : units;
  const mask = tensor(
    Array.from({ length: batch }, (_, b) => Array.from({ length: out }, (_, j) => ((b + j) % 2) * 2)),
    { dtype: 'float64' },
  );
  const options = {
    reverse,
    ...(lengths ? { lengths } : {}),
    ...(variant.initial ? { initial: own.map(({ h, c }) => ({ h: h!, c })) } : {}),
    ...(variant.mask ? { masks: own.map(() => mask) } : {}),
  };
  const statesOf = (final: ops.RecurrentState[]) => final.flatMap(({ h, c }) => (c ? [h, c] : [h]));
  if (seen === 'final') {
    return ops.concat(statesOf(ops.recurrentStates(cell, x, weights, options)).map((part) => ops.reshape(part, [-1])));
  }
  const { output, final } = ops.recurrent(cell, x, weights, options);
  const parts = seen === 'output' ? [output] : [output, ...statesOf(final)];
  return ops.concat(parts.map((part) => ops.reshape(part, [-1])));
}

function recurrentCase(cell: RecurrentCell, variant: Variant): OpCase {
  const own = inputsOf(cell, variant);
  const names = own.map(([name]) => name);
  const shapes = own.map(([, input]) => input);
  return {
    op: variant.seen === 'final' ? 'recurrentStates' : 'recurrent',
    label: `${cell}, ${variant.label}`,
    inputs: [{ shape: [batch, steps, width], low: -1, high: 1 }, ...shapes, ...(variant.directions === 2 ? shapes : [])],
    call: (x, ...rest) => call(cell, variant, names, x as Tensor, rest),
  };
}

const variants: readonly Variant[] = [
  { label: 'plain' },
  { label: 'output alone, biases', bias: true, seen: 'output' },
  { label: 'final states alone, biases', bias: true, seen: 'final' },
  { label: 'initial states', bias: true, initial: true },
  { label: 'reverse, initial states', bias: true, initial: true, reverse: true },
  { label: 'lengths', bias: true, initial: true, lengths: [1, 4, 0] },
  { label: 'lengths, reverse', bias: true, initial: true, reverse: true, lengths: [3, 0, 1] },
  { label: 'lengths, final states alone', initial: true, lengths: [1, 0, 2], seen: 'final' },
  { label: 'both directions', bias: true, initial: true, directions: 2 },
  { label: 'both directions, lengths', bias: true, initial: true, directions: 2, lengths: [0, 2, 4] },
  { label: 'mask', bias: true, initial: true, mask: true },
  { label: 'mask, both directions, lengths', bias: true, mask: true, directions: 2, lengths: [4, 1, 3] },
];

const ofLstm: readonly Variant[] = [
  { label: 'peephole', bias: true, peephole: true },
  { label: 'peephole, initial states, reverse, lengths', peephole: true, initial: true, reverse: true, lengths: [4, 1, 0] },
  { label: 'projection', bias: true, projection: true },
  { label: 'projection, initial states, lengths', projection: true, initial: true, lengths: [2, 0, 4] },
  {
    label: 'projection, peephole, mask, both directions',
    projection: true,
    peephole: true,
    mask: true,
    directions: 2,
    bias: true,
  },
];

export const recurrentCases: readonly OpCase[] = [
  ...(Object.keys(recurrentGates) as RecurrentCell[]).flatMap((cell) => variants.map((variant) => recurrentCase(cell, variant))),
  ...ofLstm.map((variant) => recurrentCase('lstm', variant)),
];
