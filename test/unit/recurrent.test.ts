import { describe, expect, it } from 'vitest';
import { customGrad } from '../../src/autograd/customGrad.js';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { ArgumentError, DTypeError, GradientError, ShapeError } from '../../src/errors.js';
import * as ops from '../../src/ops/index.js';
import { ones, tensor, zeros } from '../../src/tensor/create.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const [batch, steps, width, units] = [2, 3, 4, 5];
const x = ones([batch, steps, width]);

const weightsOf = (gates: number, out = units): ops.RecurrentWeights => ({
  weightInput: ones([width, gates * units]),
  weightRecurrent: ones([out, gates * units]),
});
const [rnn, lstm, gru] = [weightsOf(1), weightsOf(4), weightsOf(3)];

describe('recurrent', () => {
  it('computes an lstm step as its equations say', () => {
    const scalar = (value: number) => tensor([[[value]]]);
    const weights = {
      weightInput: tensor([[0.1, 0.2, 0.3, 0.4]]),
      weightRecurrent: tensor([[0.5, -0.6, 0.7, -0.8]]),
      biasInput: tensor([0.01, 0.02, 0.03, 0.04]),
      biasRecurrent: tensor([0.05, 0.06, 0.07, 0.08]),
    };
    const initial = [{ h: tensor([[0.25]]), c: tensor([[-0.5]]) }];
    const { output, final } = ops.recurrent('lstm', scalar(2), [weights], { initial });
    const sigmoid = (a: number) => 1 / (1 + Math.exp(-a));
    const i = sigmoid(0.2 + 0.06 + 0.125);
    const f = sigmoid(0.4 + 0.08 - 0.15);
    const g = Math.tanh(0.6 + 0.1 + 0.175);
    const o = sigmoid(0.8 + 0.12 - 0.2);
    const c = f * -0.5 + i * g;
    expect(final[0]?.c?.item()).toBeCloseTo(c, 6);
    expect(output.item()).toBeCloseTo(o * Math.tanh(c), 6);
    expect(final[0]?.h.item()).toBe(output.item());
  });

  it('tells the two places of the reset gate apart', () => {
    const weights = {
      weightInput: zeros([1, 3]),
      weightRecurrent: tensor([[0, 0, 2]]),
      biasRecurrent: tensor([0, 0, 1]),
    };
    const call = (cell: 'gru' | 'gruResetBefore'): number =>
      ops.recurrent(cell, zeros([1, 1, 1]), [weights], { initial: [{ h: tensor([[0.5]]) }] }).output.item();
    // r = z = 1/2: the bias is inside of the reset, or outside.
    expect(call('gru')).toBeCloseTo(0.5 * Math.tanh(0.5 * (1 + 1)) + 0.25, 6);
    expect(call('gruResetBefore')).toBeCloseTo(0.5 * Math.tanh(0.5 * 1 + 1) + 0.25, 6);
  });

  it('gives 0 and the initial state where there is nothing to do', () => {
    const initial = [{ h: tensor([[1, 2, 3, 4, 5]]), c: tensor([[6, 7, 8, 9, 10]]) }];
    const none = ops.recurrent('lstm', zeros([1, 0, width]), [lstm], { initial });
    expect(none.output.shape).toEqual([1, 0, units]);
    expect(none.final[0]?.h.toArray()).toEqual([[1, 2, 3, 4, 5]]);
    const padded = ops.recurrent('lstm', ones([1, 2, width]), [lstm], { initial, lengths: [0] });
    expect([...padded.output.data()]).toEqual(new Array(2 * units).fill(0));
    expect(padded.final[0]?.c?.toArray()).toEqual([[6, 7, 8, 9, 10]]);
    expect(ops.recurrent('gru', zeros([0, 2, width]), [gru]).output.shape).toEqual([0, 2, units]);
  });

  it('takes lengths as a tensor', () => {
    const byTensor = ops.recurrent('rnnTanh', x, [rnn], { lengths: tensor(Int32Array.of(3, 1)) });
    expect(byTensor.output.toArray()).toEqual(ops.recurrent('rnnTanh', x, [rnn], { lengths: [3, 1] }).output.toArray());
  });

  const wrong: [string, new (message: string) => Error, () => unknown][] = [
    ['an unknown cell', ArgumentError, () => ops.recurrent('mlp' as never, x, [rnn])],
    ['x without steps', ShapeError, () => ops.recurrent('rnnTanh', ones([2, 4]), [rnn])],
    ['x of integers', DTypeError, () => ops.recurrent('rnnTanh', zeros([2, 3, 4], { dtype: 'int32' }), [rnn])],
    ['no direction', ArgumentError, () => ops.recurrent('rnnTanh', x, [])],
    ['three directions', ArgumentError, () => ops.recurrent('rnnTanh', x, [rnn, rnn, rnn])],
    ['reverse with two', ArgumentError, () => ops.recurrent('rnnTanh', x, [rnn, rnn], { reverse: true })],
    ['columns that are no gates', ShapeError, () => ops.recurrent('lstm', x, [{ ...lstm, weightInput: ones([width, 18]) }])],
    ['another width of x', ShapeError, () => ops.recurrent('lstm', ones([2, 3, 7]), [lstm])],
    ['another width of h', ShapeError, () => ops.recurrent('gru', x, [{ ...gru, weightRecurrent: ones([4, 15]) }])],
    ['directions of two sizes', ShapeError, () => ops.recurrent('rnnTanh', x, [rnn, { ...rnn, weightInput: ones([4, 6]) }])],
    ['a missing weight', ArgumentError, () => ops.recurrent('gru', x, [{ weightInput: gru.weightInput } as never])],
    ['a short bias', ShapeError, () => ops.recurrent('gru', x, [{ ...gru, biasInput: ones([5]) }])],
    ['weights of another type', DTypeError, () => ops.recurrent('rnnTanh', x.cast('float64'), [rnn])],
    ['peepholes of a gru', ArgumentError, () => ops.recurrent('gru', x, [{ ...gru, peephole: ones([3, 5]) }])],
    ['a projection of an rnn', ArgumentError, () => ops.recurrent('rnnTanh', x, [{ ...rnn, projection: ones([5, 2]) }])],
    ['a flat projection', ShapeError, () => ops.recurrent('lstm', x, [{ ...lstm, projection: ones([5]) }])],
    ['c of a gru', ArgumentError, () => ops.recurrent('gru', x, [gru], { initial: [{ h: ones([2, 5]), c: ones([2, 5]) }] })],
    ['a state of another batch', ShapeError, () => ops.recurrent('gru', x, [gru], { initial: [{ h: ones([3, 5]) }] })],
    ['a state without h', ArgumentError, () => ops.recurrent('lstm', x, [lstm], { initial: [{ c: ones([2, 5]) } as never] })],
    ['states for two directions', ArgumentError, () => ops.recurrent('gru', x, [gru], { initial: [null, null] })],
    ['masks that are no list', ArgumentError, () => ops.recurrent('gru', x, [gru], { masks: ones([2, 5]) as never })],
    ['a mask of another shape', ShapeError, () => ops.recurrent('gru', x, [gru], { masks: [ones([5])] })],
    ['too few lengths', ShapeError, () => ops.recurrent('gru', x, [gru], { lengths: [3] })],
    ['a length beyond the steps', ArgumentError, () => ops.recurrent('gru', x, [gru], { lengths: [3, 4] })],
    ['a negative length', ArgumentError, () => ops.recurrent('gru', x, [gru], { lengths: [-1, 2] })],
    ['half a length', ArgumentError, () => ops.recurrent('gru', x, [gru], { lengths: [0.5, 2] })],
    ['lengths of floats', DTypeError, () => ops.recurrent('gru', x, [gru], { lengths: tensor([1, 2]) })],
    ['options that are none', ArgumentError, () => ops.recurrent('gru', x, [gru], null as never)],
  ];
  it.each(wrong)('refuses %s', (_name, Type, call) => {
    expect(call).toThrow(Type);
    expect(call).toThrow(/^\[recurrent.*\] expected .*, received /);
  });

  it('refuses a mask that a gradient is asked of', () => {
    const f = valueAndGrad((mask: Tensor) => ops.sum(ops.recurrent('rnnTanh', x, [rnn], { masks: [mask] }).output));
    expect(() => f(ones([batch, units]))).toThrow(GradientError);
  });
});

describe('the gradient of an op with several outputs', () => {
  const loss = (input: Tensor, of: (result: ops.RecurrentResult) => Tensor): number[] => {
    const { grads } = valueAndGrad((a: Tensor) => ops.sum(of(ops.recurrent('rnnTanh', a, [rnn]))))(input);
    return [...(grads[0] as Tensor).data()];
  };
  const input = ops.mul(x, 0.05);

  it('is that of all uses together, each of them once', () => {
    const ofOutput = loss(input, ({ output }) => output);
    const ofFinal = loss(input, ({ final }) => final[0]!.h);
    const ofBoth = loss(input, ({ output, final }) => ops.concat([output.reshape([-1]), final[0]!.h.reshape([-1])]));
    const added = ofOutput.map((value, i) => value + ofFinal[i]!);
    ofBoth.forEach((value, i) => {
      expect(value).toBeCloseTo(added[i]!, 5);
    });
    // The last step of the output is the final state.
    const ofLast = loss(input, ({ output }) => ops.slice(output, [null, -1]));
    expect(ofLast).toEqual(ofFinal);
  });

  it('keeps nothing without a tape, and nothing beyond the call of its gradient', () => {
    const big = ones([8, 64, 16]);
    const weights = { weightInput: ones([16, 128]), weightRecurrent: ones([32, 128]) };
    const before = memory().bytes;
    const { output, final } = ops.recurrent('lstm', big, [weights]);
    const states = 2 * 8 * 32 * 4;
    expect(memory().bytes - before).toBe(8 * 64 * 32 * 4 + states);
    for (const t of [output, final[0]!.h, final[0]!.c!]) t.dispose();
    let [whole, left] = [0, 0];
    const watch = customGrad('watch', (a: Tensor) => ({
      value: a,
      backward: (dy) => {
        left = memory().bytes;
        return dy;
      },
    }));
    const { value, grads } = valueAndGrad((a: Tensor) => {
      const result = ops.mean(ops.recurrent('lstm', watch(a), [weights]).output);
      whole = memory().bytes;
      return result;
    })(big);
    // Of each step and unit at least c and a gate are kept, beside h; then there is the gradient of x.
    expect(left).toBeLessThan(whole - 2 * 8 * 64 * 32 * 4 + big.bytes);
    expect(memory().bytes - before).toBe(big.bytes + 4);
    for (const t of [value, ...grads]) t.dispose();
  });
});
