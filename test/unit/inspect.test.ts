import { afterAll, describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError } from '../../src/errors.js';
import { normal } from '../../src/initializers/index.js';
import { explain, gradientReport, predictDistribution } from '../../src/inspect/index.js';
import { activation, batchNorm, conv2d, dense, dropout, flatten, sequential } from '../../src/layers/index.js';
import { crossEntropy, meanSquaredError } from '../../src/losses/index.js';
import { affine, square, sub, sum } from '../../src/ops/index.js';
import { ones, tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const drawn = (shape: number[], seed = 1) => new RandomStream(seed, 'data').normal(shape);

describe('predictDistribution', () => {
  const model = (rate = 0.5) =>
    sequential([dense({ units: 16, activation: 'relu' }), dropout({ rate }), dense({ units: 3, activation: 'softmax' })], {
      inputShape: [4],
      seed: 5,
    });

  it('gives the mean and the variance of the runs', () => {
    // A unit that is 2 or 0, each half of the time: mean 1, variance 1.
    const net = sequential([dropout({ rate: 0.5 })], { inputShape: [1], seed: 1 });
    const { mean, variance, entropy } = predictDistribution(net, ones([200, 1]), { samples: 50 });
    const average = (x: Tensor) => sum(x).item() / x.size;
    expect(average(mean)).toBeCloseTo(1, 1);
    expect(average(variance)).toBeCloseTo(1, 1);
    expect(entropy).toBeNull();
    for (const [i, m] of mean.data().entries()) {
      // k of 50 runs gave 2: mean k / 25, squared differences k (2 - m)^2 + (50 - k) m^2.
      const k = Math.round(m * 25);
      expect(variance.data()[i]).toBeCloseTo((k * (2 - m) ** 2 + (50 - k) * m ** 2) / 49, 4);
    }
  });

  it('gives the entropy of the mean probabilities', () => {
    const { mean, entropy } = predictDistribution(model(), drawn([6, 4]), { samples: 10, seed: 2 });
    const rows = mean.toArray() as number[][];
    expect(entropy?.shape).toEqual([6]);
    for (const [i, row] of rows.entries()) {
      expect(entropy?.data()[i]).toBeCloseTo(
        row.reduce((total, p) => total - p * Math.log(p), 0),
        5,
      );
    }
  });

  it('takes logits, of several classes and of one', () => {
    const logits = sequential([dropout({ rate: 0.2 })], { inputShape: [3] });
    const { mean } = predictDistribution(logits, drawn([5, 3]), { samples: 5, outputs: 'logits' });
    for (const total of sum(mean, 1).data()) expect(total).toBeCloseTo(1, 5);
    const binary = sequential([dense({ units: 1 }), dropout({ rate: 0.2 })], { inputShape: [3] });
    const { mean: p, entropy } = predictDistribution(binary, drawn([5, 3]), { samples: 5, outputs: 'logits' });
    for (const [i, one] of p.data().entries()) {
      expect(entropy?.data()[i]).toBeCloseTo(-one * Math.log(one) - (1 - one) * Math.log(1 - one), 5);
    }
  });

  it('depends on the seed alone and leaves the model as it was', () => {
    const net = model();
    const x = drawn([3, 4]);
    const before = net.predict(x).toArray();
    const streams = [...net.layers.values()].flatMap((layer) => layer.ownStreams.map((stream) => [...stream.state]));
    const first = predictDistribution(net, x, { samples: 4, seed: 9 }).mean.toArray();
    expect(predictDistribution(net, x, { samples: 4, seed: 9 }).mean.toArray()).toEqual(first);
    expect(predictDistribution(net, x, { samples: 4, seed: 8 }).mean.toArray()).not.toEqual(first);
    expect([...net.layers.values()].flatMap((layer) => layer.ownStreams.map((stream) => [...stream.state]))).toEqual(streams);
    expect(net.predict(x).toArray()).toEqual(before);
  });

  it('keeps normalisation as in use, and no memory', () => {
    const net = sequential([dense({ units: 4 }), batchNorm(), dropout({ rate: 0.5 })], { inputShape: [2], seed: 1 });
    const x = drawn([5, 2]);
    const statistics = net.stateDict().get('1.mean')?.toArray();
    predictDistribution(net, x, { samples: 2 });
    const held = memory().tensors;
    const result = predictDistribution(net, x, { samples: 20 });
    expect(net.stateDict().get('1.mean')?.toArray()).toEqual(statistics);
    result.mean.dispose();
    result.variance.dispose();
    expect(memory().tensors).toBe(held);
  });

  it('refuses models without dropout and options that cannot be', () => {
    expect(() => predictDistribution(dense({ units: 1 }), ones([1, 2]))).toThrow(/with dropout/);
    expect(() => predictDistribution(model(), ones([1, 4]), { samples: 1 })).toThrow(ArgumentError);
    expect(() => predictDistribution(model(), ones([1, 4]), { outputs: 'odds' as never })).toThrow(ArgumentError);
    expect(() => predictDistribution(model(), ones([1, 4]), { count: 3 } as never)).toThrow(ArgumentError);
    expect(() => predictDistribution({} as never, ones([1, 4]))).toThrow(ArgumentError);
  });
});

describe('gradientReport', () => {
  const deep = (name: 'sigmoid' | 'relu' | 'linear', std?: number) =>
    sequential(
      Array.from({ length: 12 }, () =>
        dense({ units: 8, activation: name, ...(std === undefined ? {} : { weightInitializer: normal({ std }) }) }),
      ),
      { inputShape: [8], seed: 3 },
    );
  const data = { x: drawn([32, 8]), y: drawn([32, 8], 2) };

  it('tells norms as they are', () => {
    const net = sequential([dense({ units: 3, activation: 'tanh' }), dense({ units: 2 })], { inputShape: [4], seed: 1 });
    const [x, y] = [drawn([5, 4]), drawn([5, 2], 2)];
    const loss = meanSquaredError();
    const report = gradientReport(net, x, y, loss, { learningRate: 0.5 });
    const { value, grads } = valueAndGrad(() => loss(net.call(x), y), net.parameters())();
    const norm = (...tensors: Tensor[]) => Math.hypot(...tensors.flatMap((t) => [...t.data()]));
    const [w0, b0, w1, b1] = net.parameters() as Tensor[] as [Tensor, Tensor, Tensor, Tensor];
    expect(report.loss).toBeCloseTo(value.item(), 6);
    expect(report.layers.map(({ path }) => path)).toEqual(['0', '1']);
    expect(report.layers[0]?.gradientNorm).toBeCloseTo(norm(grads[0] as Tensor, grads[1] as Tensor), 6);
    expect(report.layers[1]?.weightNorm).toBeCloseTo(norm(w1, b1), 6);
    expect(report.layers[0]?.updateRatio).toBeCloseTo((0.5 * norm(grads[0] as Tensor, grads[1] as Tensor)) / norm(w0, b0), 6);
    expect(report.verdict).toBe('healthy');
    expect(String(report)).toMatch(
      /^layer +gradient +weights +update ratio +dead units\n.*\n0 Dense .*\n1 Dense .*\nloss .*; healthy: /,
    );
  });

  it('sees gradients vanish in deep sigmoid networks, not with relu', () => {
    expect(gradientReport(deep('sigmoid'), data.x, data.y, meanSquaredError()).verdict).toBe('vanishing');
    expect(gradientReport(deep('relu'), data.x, data.y, meanSquaredError()).verdict).not.toBe('vanishing');
  });

  it('sees them explode', () => {
    expect(gradientReport(deep('linear', 2), data.x, data.y, meanSquaredError()).verdict).toBe('exploding');
    expect(gradientReport(deep('linear', 1e20), data.x, data.y, meanSquaredError())).toMatchObject({
      verdict: 'exploding',
      explanation: expect.stringMatching(/finite/),
    });
  });

  it('counts dead units', () => {
    const net = sequential([dense({ units: 4, activation: 'linear' }), activation('relu'), dense({ units: 2 })], {
      inputShape: [3],
      seed: 1,
    });
    net
      .namedParameters()
      .get('0.bias')
      ?.assign(Float32Array.of(-100, -100, -100, 100));
    const report = gradientReport(net, drawn([20, 3]), zeros([20, 2]), meanSquaredError(), { learningRate: 0 });
    expect(report.layers.map(({ deadUnits }) => deadUnits)).toEqual([0, 0.75, 0]);
    expect(report.layers[1]).toMatchObject({ type: 'Activation', gradientNorm: null });
    expect(report.verdict).toBe('dead units');
    expect(report.explanation).toMatch(/^75 % of the units of 1 Activation/);
  });

  it('runs as in training, and leaves the model as it is', () => {
    const net = sequential(
      [
        conv2d({ filters: 2, kernelSize: 3, activation: 'relu' }),
        batchNorm(),
        flatten(),
        dropout({ rate: 0.5 }),
        dense({ units: 3 }),
      ],
      { seed: 1 },
    );
    const [x, y] = [drawn([4, 5, 5, 1]), tensor(Int32Array.of(0, 1, 2, 0))];
    net.build([5, 5, 1]);
    const before = [...net.stateDict().values()].map((p) => p.toArray());
    const one = gradientReport(net, x, y, crossEntropy());
    expect(gradientReport(net, x, y, crossEntropy()).layers).toEqual(one.layers);
    expect([...net.stateDict().values()].map((p) => p.toArray())).toEqual(before);
  });

  it('refuses what it cannot report on', () => {
    const net = dense({ units: 1 });
    expect(() => gradientReport({} as never, data.x, data.y, meanSquaredError())).toThrow(ArgumentError);
    expect(() => gradientReport(net, ones([2, 1]), ones([2, 1]), 3 as never)).toThrow(ArgumentError);
    expect(() => gradientReport(net, ones([2, 1]), ones([2, 1]), meanSquaredError(), { learningRate: -1 })).toThrow(
      ArgumentError,
    );
    expect(() => gradientReport(flatten(), ones([2, 1]), ones([2, 1]), meanSquaredError())).toThrow(/trainable/);
  });
});

describe('explain', () => {
  const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

  it('expands the chain rule over three layers as one does by hand', () => {
    const net = sequential(
      [
        dense({ units: 1, activation: 'sigmoid' }),
        dense({ units: 1, activation: 'tanh' }),
        dense({ units: 1, activation: 'sigmoid' }),
      ],
      { inputShape: [1], dtype: 'float64' },
    ).build([1]);
    const [w1, b1, w2, b2, w3, b3] = [0.4, 0.1, -0.7, 0.2, 1.1, -0.3] as const;
    for (const [path, value] of Object.entries({
      '0.weight': w1,
      '0.bias': b1,
      '1.weight': w2,
      '1.bias': b2,
      '2.weight': w3,
      '2.bias': b3,
    })) {
      net.namedParameters().get(path)?.assign(Float64Array.of(value));
    }
    const [x, y] = [0.8, 1];
    const a1 = sigmoid(w1 * x + b1);
    const a2 = Math.tanh(w2 * a1 + b2);
    const a3 = sigmoid(w3 * a2 + b3);
    // dE/dw1 = (a3 - y) * s'(z3) * w3 * tanh'(z2) * w2 * s'(z1) * x, and so on.
    const d3 = (a3 - y) * a3 * (1 - a3);
    const d2 = d3 * w3 * (1 - a2 * a2);
    const d1 = d2 * w2 * a1 * (1 - a1);
    const { layers, loss, output } = explain(net, [x], [y], { learningRate: 0.5 });
    expect(loss).toBeCloseTo((a3 - y) ** 2 / 2, 12);
    expect(output[0]).toBeCloseTo(a3, 12);
    const wanted = [
      [w1 * x + b1, a1, d1, d1 * x, w1 - 0.5 * d1 * x, b1 - 0.5 * d1],
      [w2 * a1 + b2, a2, d2, d2 * a1, w2 - 0.5 * d2 * a1, b2 - 0.5 * d2],
      [w3 * a2 + b3, a3, d3, d3 * a2, w3 - 0.5 * d3 * a2, b3 - 0.5 * d3],
    ];
    for (const [i, layer] of layers.entries()) {
      const got = [
        layer.z[0],
        layer.activation[0],
        layer.delta[0],
        layer.weightGradient[0]?.[0],
        layer.newWeight[0]?.[0],
        layer.newBias?.[0],
      ];
      for (const [j, value] of got.entries()) expect(value).toBeCloseTo(wanted[i]?.[j] as number, 12);
    }
  });

  it('agrees with autograd, also with activations as layers, other losses and labels', () => {
    const net = sequential(
      [
        dense({ units: 4 }),
        activation('tanh'),
        dropout({ rate: 0.5 }),
        dense({ units: 3, activation: 'relu', bias: false }),
        dense({ units: 3 }),
      ],
      { inputShape: [2], seed: 4, dtype: 'float64' },
    );
    const [x, label] = [tensor([[0.3, -1.2]], { dtype: 'float64' }), tensor(Int32Array.of(2))];
    const { value, grads } = valueAndGrad(() => crossEntropy()(net.call(x), label), net.parameters())();
    const told = explain(net, x, label, { loss: crossEntropy() });
    expect(told.loss).toBeCloseTo(value.item(), 10);
    const flat = told.layers.flatMap(({ weightGradient, biasGradient }) => [
      weightGradient.flat(),
      ...(biasGradient === null ? [] : [biasGradient]),
    ]);
    for (const [i, gradient] of grads.entries()) {
      for (const [j, g] of gradient.data().entries()) expect(Math.abs(g - (flat[i]?.[j] as number))).toBeLessThan(1e-6);
    }
  });

  it('goes through softmax, whose units depend on each other', () => {
    const net = dense({ units: 3, activation: 'softmax', inputShape: [2], dtype: 'float64', seed: 1 }).build([2]);
    const [x, y] = [tensor([[1, -2]], { dtype: 'float64' }), tensor([[0, 1, 0]], { dtype: 'float64' })];
    const { grads } = valueAndGrad(() => affine(sum(square(sub(net.call(x), y))), 0.5, 0), net.parameters())();
    const [layer] = explain(net, [1, -2], [0, 1, 0]).layers;
    for (const [j, g] of (grads[0] as Tensor).data().entries()) expect(layer?.weightGradient.flat()[j]).toBeCloseTo(g, 10);
  });

  it('deals errors to inputs in proportion to the weights', () => {
    // Rashid, Make Your Own Neural Network: weights 2 and 3 deal an error of 0.8 as 0.32 and 0.48.
    const net = dense({ units: 1, bias: false, inputShape: [2] }).build([2]);
    net.weight?.assign(Float32Array.of(2, 3));
    const { layers, output } = explain(net, [1, 1], [5 - 0.8]);
    expect(output).toEqual([5]);
    expect(layers[0]?.errorShares.flat().map((v) => Number(v.toFixed(12)))).toEqual([0.32, 0.48]);
  });

  it('prints tables', () => {
    const net = sequential(
      [dense({ units: 2, activation: 'sigmoid', weightInitializer: 'ones' }), dense({ units: 1, weightInitializer: 'ones' })],
      {
        inputShape: [2],
      },
    );
    const text = String(explain(net, [0, 0], [0]));
    expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
      'input [0, 0], output [1], target [0], loss 0.5',
      '',
      'layer 0: inputs 2, units 2, sigmoid',
      'unit  z  sigmoid  error  delta',
      '----  -  -------  -----  -----',
      '0     0      0.5      1   0.25',
      '1     0      0.5      1   0.25',
      'weight     value  gradient  new value  share of error',
      '---------  -----  --------  ---------  --------------',
      '0 -> 0         1         0          1             0.5',
      '0 -> 1         1         0          1             0.5',
      '1 -> 0         1         0          1             0.5',
      '1 -> 1         1         0          1             0.5',
      'bias -> 0      0      0.25     -0.025',
      'bias -> 1      0      0.25     -0.025',
      '',
      'layer 1: inputs 2, units 1, linear',
      'unit  z  linear  error  delta',
      '----  -  ------  -----  -----',
      '0     1       1      1      1',
      'weight     value  gradient  new value  share of error',
      '---------  -----  --------  ---------  --------------',
      '0 -> 0         1       0.5       0.95             0.5',
      '1 -> 0         1       0.5       0.95             0.5',
      'bias -> 0      0         1       -0.1',
    ]);
  });

  it('changes nothing and refuses what is no small network of dense layers', () => {
    const net = dense({ units: 1, inputShape: [1] }).build([1]);
    const before = net.weight?.item();
    explain(net, [1], [1], { learningRate: 10 });
    expect(net.weight?.item()).toBe(before);
    expect(() => explain(sequential([flatten(), dense({ units: 1 })]), [1], [1])).toThrow(/dense layers.*0 Flatten/);
    expect(() => explain(dense({ units: 200 }), new Array(100).fill(1), [1])).toThrow(/at most 10000 weights, received 20000/);
    expect(() => explain(net, 1 as never, [1])).toThrow(ArgumentError);
    expect(() => explain(net, [1], [1], { rate: 1 } as never)).toThrow(ArgumentError);
    expect(() => explain({} as never, [1], [1])).toThrow(ArgumentError);
  });
});
