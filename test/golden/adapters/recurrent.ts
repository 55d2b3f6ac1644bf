import type { RecurrentCell } from '../../../src/backend/backend.js';
import { weightFromTorch } from '../../../src/io/torch.js';
import type { Recurrent } from '../../../src/layers/index.js';
import { gru, lstm, simpleRnn } from '../../../src/layers/index.js';
import type { RecurrentResult, RecurrentWeights } from '../../../src/ops/index.js';
import { concat, permute, reshape, recurrent as run, slice, stack } from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { LayerCase, Outputs } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';

type StatefulLayer = Recurrent<Tensor[]>;

/** Options that all layers of PyTorch have, as ours. */
function commonOptions(one: LayerCase) {
  const { options: o } = one;
  const dropout = o.number('dropout', 0);
  const layers = o.number('num_layers', 1);
  if (dropout > 0 && layers > 1 && one.entry.mode !== 'eval') throw new Error('no numbers to compare where dropout drops');
  return {
    units: o.number('hidden_size'),
    layers,
    bias: o.boolean('bias', true),
    bidirectional: o.boolean('bidirectional', false),
    returnSequences: true,
    returnState: true as const,
  };
}

const swap = (x: Tensor): Tensor => permute(x, [1, 0, 2]);

/** Inputs by the name of their gradient; lengths have none. */
function leavesOf(one: LayerCase): Record<string, Tensor> {
  const floats = one.inputNames.filter((name) => name !== 'lengths');
  return Object.fromEntries(floats.map((name) => [`input/${name}`, one.input(name)]));
}

/** PyTorch takes one sequence without a batch, too, and then has states without one. */
function layerOf(make: (one: LayerCase) => StatefulLayer): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    const batchFirst = o.boolean('batch_first', false);
    const features = o.number('input_size');
    const leaves = leavesOf(one);
    const x = leaves['input/x'] as Tensor;
    const batched = x.rank === 3;
    const inBatch = (value: Tensor): Tensor => {
      if (!batched) return reshape(value, [1, ...value.shape]);
      return batchFirst ? value : swap(value);
    };
    const steps = inBatch(x).shape[1] as number;
    const layer = one.build(make(one), [steps, features]);
    const cellsOf = (name: string, size: number): Tensor[] => {
      const value = leaves[`input/${name}`];
      if (value === undefined) return [];
      return Array.from({ length: value.shape[0] as number }, (_, i) => reshape(slice(value, [i]), [-1, size]));
    };
    const joined = (states: Tensor[]): Tensor => {
      const all = stack(states);
      return batched ? all : reshape(all, [all.shape[0] as number, all.shape[2] as number]);
    };
    const forward = (): Outputs => {
      const { cells } = layer;
      const sizes = cells[0]?.stateShapes.map(([size]) => size as number) as number[];
      const h0 = cellsOf('h0', sizes[0] as number);
      const c0 = cellsOf('c0', sizes[1] as number);
      const lengths = one.hasInput('lengths') ? [one.input('lengths')] : [];
      const states = h0.flatMap((h, i) => (c0[i] === undefined ? [h] : [h, c0[i]]));
      const [y, ...final] = layer.call([inBatch(x), ...lengths, ...states]) as [Tensor, ...Tensor[]];
      const last = (which: number): Tensor => joined(final.filter((_, i) => i % sizes.length === which));
      const back = !batched ? reshape(y, y.shape.slice(1)) : batchFirst ? y : swap(y);
      return { y: back, h_n: last(0), ...(sizes.length === 2 ? { c_n: last(1) } : {}) };
    };
    return { forward, leaves, layer };
  };
}

/** A cell that PyTorch lacks, by its formula: sequences [time, batch, features], states [batch, hidden]. */
function opOf(cell: RecurrentCell, weightsOf: (param: (name: string) => Tensor) => RecurrentWeights): LayerAdapter {
  return (one) => {
    one.options.number('input_size');
    one.options.number('hidden_size');
    const inputs = leavesOf(one);
    const params = Object.fromEntries(Object.keys(one.entry.params).map((name) => [`param/${name}`, one.param(name)]));
    const param = (name: string): Tensor => {
      const value = params[`param/${name}`];
      if (value === undefined) throw new Error(`the case has no parameter ${name}`);
      return value;
    };
    const h = inputs['input/h0'];
    const c = inputs['input/c0'];
    const lengths = one.hasInput('lengths') ? { lengths: one.input('lengths') } : {};
    const forward = (): Outputs => {
      const initial = h === undefined ? {} : { initial: [{ h, c: c ?? null }] };
      const x = swap(inputs['input/x'] as Tensor);
      const { output, final } = run(cell, x, [weightsOf(param)], { ...lengths, ...initial }) as RecurrentResult;
      const [state] = final;
      return { y: swap(output), h_n: state?.h as Tensor, ...(state?.c == null ? {} : { c_n: state.c }) };
    };
    return { forward, leaves: { ...inputs, ...params } };
  };
}

const matrices = (param: (name: string) => Tensor) => ({
  weightInput: weightFromTorch(param('weight_ih')),
  weightRecurrent: weightFromTorch(param('weight_hh')),
});

export const recurrent: Readonly<Record<string, LayerAdapter>> = {
  RNN: layerOf((one) =>
    simpleRnn({ ...commonOptions(one), activation: one.options.word('nonlinearity', ['tanh', 'relu'], 'tanh') }),
  ),
  LSTM: layerOf((one) => {
    const projection = one.options.number('proj_size', 0);
    return lstm({ ...commonOptions(one), ...(projection === 0 ? {} : { projection }) });
  }),
  GRU: layerOf((one) => gru(commonOptions(one))),
  PeepholeLSTM: opOf('lstm', (param) => ({
    ...matrices(param),
    biasInput: param('bias'),
    peephole: concat(
      ['i', 'f', 'o'].map((gate) => reshape(param(`peephole_${gate}`), [1, -1])),
      0,
    ),
  })),
  ResetBeforeGRU: opOf('gruResetBefore', (param) => ({
    ...matrices(param),
    biasInput: param('bias_ih'),
    biasRecurrent: param('bias_hh'),
  })),
};
