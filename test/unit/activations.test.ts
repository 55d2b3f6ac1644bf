import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/errors.js';
import { activation, type DenseOptions, dense, prelu, sequential } from '../../src/layers/index.js';
import * as ops from '../../src/ops/index.js';
import { scalar, tensor } from '../../src/tensor/create.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const at = (f: (x: Tensor) => Tensor, x: number): number => f(scalar(x, 'float64')).item();
const slope = (f: (x: Tensor) => Tensor, x: number): number => grad(f)(scalar(x, 'float64')).item();
const finite = fc.double({ min: -50, max: 50, noNaN: true });

/** Identities that hold for every x. */
const identities: [string, (x: Tensor) => Tensor, (x: number) => number][] = [
  ['silu is x sigmoid(x)', ops.silu, (x) => x / (1 + Math.exp(-x))],
  ['mish is x tanh(softplus(x))', ops.mish, (x) => x * Math.tanh(at(ops.softplus, x))],
  ['both gelus agree to 1e-3', (x) => ops.mul(ops.sub(ops.gelu(x), ops.gelu(x, 'tanh')), 0.01), () => 0],
  ['softplus(x) - softplus(-x) is x', (x) => ops.sub(ops.softplus(x), ops.softplus(ops.neg(x))), (x) => x],
  ['logSigmoid is the log of sigmoid', ops.logSigmoid, (x) => -Math.log1p(Math.exp(-x))],
  ['hardSwish is x hardSigmoid(x)', ops.hardSwish, (x) => x * at(ops.hardSigmoid, x)],
  ['selu is a scaled elu', ops.selu, (x) => 1.0507009873554805 * at((y) => ops.elu(y, 1.6732632423543772), x)],
  ['leakyRelu is max(x, slope x)', ops.leakyRelu, (x) => Math.max(x, 0.01 * x)],
  ['relu6 is relu(x) - relu(x - 6)', ops.relu6, (x) => Math.max(x, 0) - Math.max(x - 6, 0)],
  ['erf is odd', (x) => ops.add(ops.erf(x), ops.erf(ops.neg(x))), () => 0],
  ['expm1 undoes log1p', (x) => ops.expm1(ops.log1p(ops.abs(x))), (x) => Math.abs(x)],
];

describe('activations', () => {
  it.each(identities)('%s', (_name, f, want) => {
    fc.assert(
      fc.property(finite, (x) => {
        expect(Math.abs(at(f, x) - want(x))).toBeLessThan(1e-4 * (_name.includes('gelus') ? 1 : 1e-6) * Math.max(1, Math.abs(x)));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('stay finite, with finite slopes, for any finite argument', () => {
    const all = [
      ops.gelu,
      (x: Tensor) => ops.gelu(x, 'tanh'),
      ops.silu,
      ops.mish,
      ops.softplus,
      ops.elu,
      ops.selu,
      ops.logSigmoid,
    ];
    for (const f of all) {
      for (const x of [-1e30, -1e4, -100, -20, -1e-30, 0, 1e-30, 20, 100, 1e4, 1e30]) {
        expect([x, Number.isFinite(at(f, x)), Number.isFinite(slope(f, x))]).toEqual([x, true, true]);
        const single = tensor([x]);
        expect([x, Number.isFinite(f(single).item())]).toEqual([x, true]);
      }
    }
  });

  it('step is 0 or 1, has gradient 0, and surrogates of it', () => {
    expect(ops.step(tensor([-1, 0, 2])).toArray()).toEqual([0, 1, 1]);
    expect(ops.step(tensor([0]), { atZero: 0.5 }).item()).toBe(0.5);
    const slopes = (surrogate: ops.Surrogate) =>
      grad((x: Tensor) => ops.sum(ops.step(x, { surrogate, slope: 2 })))(tensor([-1, -0.25, 0, 0.5, 3])).toArray();
    expect(slopes('none')).toEqual([0, 0, 0, 0, 0]);
    expect(slopes('straightThrough')).toEqual([0, 1, 1, 1, 0]);
    expect(slopes('triangle')).toEqual([0, 1, 2, 0, 0]);
    expect((slopes('sigmoid') as number[])[2]).toBe(0.5);
    expect(() => ops.step(tensor([1]), { surrogate: 'tent' as 'none' })).toThrow(ArgumentError);
    expect(() => ops.step(tensor([1]), { slope: 0 })).toThrow(/slope > 0/);
  });

  it('prelu wants one slope, or one for each channel', () => {
    expect(ops.prelu(tensor([[-1, -1]]), tensor([0.5, 0.25])).toArray()).toEqual([[-0.5, -0.25]]);
    expect(() => ops.prelu(tensor([[1, 2, 3]]), tensor([1, 2]))).toThrow(ShapeError);
    expect(() => ops.gelu(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError);
  });
});

describe('activations of layers', () => {
  it('take options, and describe themselves', () => {
    const x = tensor([[-1, 2]]);
    expect(
      activation({ activation: { name: 'leakyRelu', slope: 0.5 } })
        .call(x)
        .toArray(),
    ).toEqual([[-0.5, 2]]);
    expect(
      activation({ activation: { name: 'softmax', axis: 0 } })
        .call(x)
        .toArray(),
    ).toEqual([[1, 1]]);
    expect(activation('gelu').config()).toEqual({ activation: 'gelu' });
    const layer = dense({ units: 1, activation: { name: 'elu', alpha: 2 } });
    expect(layer.config().activation).toEqual({ name: 'elu', alpha: 2 });
    expect(dense(layer.config() as unknown as DenseOptions).config()).toEqual(layer.config());
  });

  it('refuse names and options that do not exist', () => {
    expect(() => activation('gulp' as 'gelu')).toThrow(/one of linear, relu/);
    expect(() => activation({ activation: { name: 'elu', slope: 1 } as never })).toThrow(/options of elu among alpha/);
    expect(() => activation({ activation: { name: 'elu', alpha: '1' } as never })).toThrow(/alpha of elu to be a number/);
    expect(() => activation({ activation: null as never })).toThrow(ArgumentError);
  });

  it('PRelu learns a slope for each channel, or one for all', () => {
    const own = prelu();
    expect(own.call(tensor([[-4, -8, 1]])).toArray()).toEqual([[-1, -2, 1]]);
    expect(own.parameters().map(({ shape }) => shape)).toEqual([[3]]);
    const shared = prelu({ shared: true, slopeInitializer: 'zeros' });
    expect(shared.call(tensor([[-4, 1]])).toArray()).toEqual([[-0, 1]]);
    expect(shared.parameters().map(({ shape }) => shape)).toEqual([[1]]);
    expect(() => own.call(tensor([[1, 2]]))).toThrow(ShapeError);
  });

  it('start from weights that keep the size of signals', () => {
    for (const name of ['relu', 'gelu', 'selu', 'tanh'] as const) {
      const model = sequential(
        Array.from({ length: 10 }, () => dense({ units: 256, activation: name })),
        { inputShape: [256], seed: 3 },
      );
      const y = model.predict(
        tensor(
          Float32Array.from({ length: 256 * 8 }, (_, i) => 2 * Math.sin(i * i)),
          { shape: [8, 256] },
        ),
      );
      const size = Math.sqrt(ops.mean(ops.square(y)).item());
      expect([name, size > 0.05 && size < 5]).toEqual([name, true]);
    }
  });
});
