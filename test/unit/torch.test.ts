import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { channelsFirst, channelsLast, fromTorch, toTorch, weightFromTorch, weightToTorch } from '../../src/io/torch.js';
import { conv2d, dense, embedding, flatten, gruCell, Layer, lstm, prelu, sequential } from '../../src/layers/index.js';
import { arange, ones, zeros } from '../../src/tensor/create.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const counted = (shape: number[]): Tensor => arange(shape.reduce((a, b) => a * b, 1)).reshape(shape);

describe("PyTorch's layouts", () => {
  it.each([
    [2, 3],
    [2, 3, 4],
    [2, 3, 4, 5],
    [2, 3, 4, 5, 6],
  ])('weights and images of %s come back', (...shape) => {
    const x = counted(shape);
    expect(weightToTorch(weightFromTorch(x)).toArray()).toEqual(x.toArray());
    expect(channelsFirst(channelsLast(x)).toArray()).toEqual(x.toArray());
  });

  it('are turned as documented', () => {
    expect(weightFromTorch(zeros([8, 3, 5, 7])).shape).toEqual([5, 7, 3, 8]);
    expect(weightFromTorch(counted([2, 3])).toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(channelsLast(zeros([2, 3, 4, 5])).shape).toEqual([2, 4, 5, 3]);
    expect(() => weightFromTorch(zeros([3]))).toThrow(ShapeError);
    expect(() => channelsLast(3 as never)).toThrow(ArgumentError);
  });
});

describe("PyTorch's names", () => {
  const layers = [
    conv2d({ name: 'features', filters: 4, kernelSize: 3 }),
    flatten(),
    sequential([dense({ units: 2, bias: false }), prelu({ shared: true })], { name: 'head' }),
  ];
  const model = sequential(layers, { inputShape: [3, 3, 2] });

  it('are those of the layers; parameters and gradients change alike', () => {
    model.parameters();
    const state = toTorch(model, model.stateDict());
    expect([...state].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['features.weight', 4, 2, 3, 3],
      ['features.bias', 4],
      ['head.0.weight', 2, 4],
      ['head.1.weight', 1],
    ]);
    const gradient = toTorch(model, new Map([['head.0.weight', counted([4, 2])]]));
    expect([...gradient.keys()]).toEqual(['head.0.weight']);
    expect(gradient.get('head.0.weight')?.toArray()).toEqual([
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ]);
    const before = [...model.stateDict().values()].map((value) => value.toArray());
    for (const parameter of model.parameters()) parameter.assign(zeros(parameter.shape));
    model.loadStateDict(fromTorch(model, new Map([...state].map(([name, value]) => [name, value]))));
    expect([...model.stateDict().values()].slice(0, 1).map((value) => value.toArray())).toEqual(before.slice(0, 1));
  });

  it('of recurrent layers tell layer and direction; cells have none', () => {
    const net = sequential(
      [
        embedding({ tokens: 9, units: 3, name: 'words' }),
        lstm({ units: 4, projection: 2, layers: 2, bidirectional: true, name: 'rnn' }),
      ],
      { inputShape: [5], seed: 1 },
    );
    net.parameters();
    const state = toTorch(net, net.stateDict());
    const names = (suffix: string, width: number): [string, ...number[]][] => [
      [`rnn.weight_ih${suffix}`, 16, width],
      [`rnn.weight_hh${suffix}`, 16, 2],
      [`rnn.bias_ih${suffix}`, 16],
      [`rnn.bias_hh${suffix}`, 16],
      [`rnn.weight_hr${suffix}`, 2, 4],
    ];
    expect([...state].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['words.weight', 9, 3],
      ...names('_l0', 3),
      ...names('_l0_reverse', 3),
      ...names('_l1', 4),
      ...names('_l1_reverse', 4),
    ]);
    const back = fromTorch(net, state);
    for (const [path, value] of net.stateDict()) expect(back.get(path)?.toArray()).toEqual(value.toArray());
    const cell = gruCell({ units: 2 }).build([[3]]);
    expect([...toTorch(cell, cell.stateDict()).keys()]).toEqual(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']);
    const peepholes = lstm({ units: 2, peepholes: true }).build([5, 3]);
    expect(() => toTorch(peepholes, peepholes.stateDict())).toThrow(/LstmCell with peephole/);
  });

  it('what is missing, or unknown to PyTorch, is said', () => {
    expect(() => fromTorch(model, new Map())).toThrow(/a tensor features.weight/);
    class Own extends Layer {
      protected override setup(): void {
        this.addBuffer('count', []);
      }
      protected override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const own = new Own();
    own.call(ones([1, 2]));
    expect(() => toTorch(own, own.stateDict())).toThrow(/layers that PyTorch has, too, received Own with count/);
  });
});
