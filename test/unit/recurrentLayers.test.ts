import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../src/autograd/grad.js';
import { gradCheck } from '../../src/autograd/gradCheck.js';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { gradientReport, predictDistribution } from '../../src/inspect/index.js';
import { load, save } from '../../src/io/index.js';
import {
  dense,
  embedding,
  graph,
  gru,
  gruCell,
  input,
  type Layer,
  Lstm,
  lstm,
  lstmCell,
  type Recurrent,
  resetState,
  rnnCell,
  sequential,
  simpleRnn,
} from '../../src/layers/index.js';
import { crossEntropy, meanSquaredError } from '../../src/losses/index.js';
import * as ops from '../../src/ops/index.js';
import { adam } from '../../src/optimizers/index.js';
import { ones, tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Trainer } from '../../src/trainer/index.js';
import { liveTensors } from '../support/liveTensors.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const normal = (shape: number[], seed = 1) => new RandomStream(seed, 'data').normal(shape);
const ints = (values: number[]) => tensor(values, { dtype: 'int32' });
const shapes = (layer: { namedParameters(): ReadonlyMap<string, Tensor> }) =>
  Object.fromEntries([...layer.namedParameters()].map(([path, { shape }]) => [path, shape]));

/** One of each cell, with what sets it apart. */
const kinds = [
  ['simpleRnn tanh', (options: object) => simpleRnn({ units: 5, ...options })],
  ['simpleRnn relu', (options: object) => simpleRnn({ units: 5, activation: 'relu', ...options })],
  ['lstm', (options: object) => lstm({ units: 5, ...options })],
  ['lstm with peepholes', (options: object) => lstm({ units: 5, peepholes: true, initialization: 'uniform', ...options })],
  ['lstm with projection', (options: object) => lstm({ units: 5, projection: 3, ...options })],
  ['gru', (options: object) => gru({ units: 5, ...options })],
  ['gru, reset before', (options: object) => gru({ units: 5, reset: 'before', ...options })],
] as unknown as [string, (options: object) => Recurrent<Tensor & Tensor[]>][];

describe.each(kinds)('%s', (_name, make) => {
  const x = normal([3, 6, 4]);

  it('gives the last output, or all', () => {
    const all = make({ returnSequences: true, seed: 2 });
    const last = make({ seed: 2 });
    const { outputs } = all.cells[0];
    expect(all.call(x).shape).toEqual([3, 6, outputs]);
    expect(last.call(x).toArray()).toEqual(all.call(x).slice(null, -1).toArray());
  });

  it('is its cell in a loop, to the bit', () => {
    const layer = make({ returnSequences: true, returnState: true, seed: 2 });
    const [y, ...final] = layer.call(x);
    const [cell] = layer.cells;
    let states = cell.zeroState(3);
    for (let step = 0; step < 6; step++) {
      states = cell.call([x.slice(null, step), ...states]);
      expect(states[0].toArray()).toEqual(y.slice(null, step).toArray());
    }
    expect(states.map((state) => state.toArray())).toEqual(final.map((state) => state.toArray()));
    expect(cell.call([x.slice(null, 0)])[0].toArray()).toEqual(y.slice(null, 0).toArray());
  });

  it('takes sequences of several lengths as if each came alone', () => {
    const layer = make({ returnSequences: true, returnState: true, bidirectional: 'concat', layers: 2, seed: 2 });
    const lengths = [4, 6, 1];
    const [y, ...final] = layer.call([x, ints(lengths)]);
    lengths.forEach((length, row) => {
      const [alone, ...states] = layer.call(x.slice([row, row + 1], [0, length]));
      expect(y.slice([row, row + 1], [0, length]).toArray()).toEqual(alone.toArray());
      expect(y.slice(row, [length, null]).toArray()).toEqual(zeros([6 - length, y.shape[2]]).toArray());
      expect(final.map((state) => state.slice([row, row + 1]).toArray())).toEqual(states.map((state) => state.toArray()));
    });
  });

  it('starts from given states and gives the last ones', () => {
    const layer = make({ returnSequences: true, returnState: true, layers: 2, seed: 2 });
    const [whole, ...end] = layer.call(x);
    const [first, ...middle] = layer.call(x.slice(null, [0, 2]));
    const [second, ...final] = layer.call([x.slice(null, [2, 6]), ...middle]);
    expect(ops.concat([first, second], 1).toArray()).toEqual(whole.toArray());
    expect(final.map((state) => state.toArray())).toEqual(end.map((state) => state.toArray()));
    expect(final.map(({ shape }) => shape.slice(1))).toEqual(layer.stateShapes);
  });

  it('reads both ways', () => {
    const both = make({ returnSequences: true, bidirectional: true, seed: 2 });
    const width = both.cells[0].outputs;
    const y = both.call(x);
    const [forward, reverse] = [make({ returnSequences: true }), make({ returnSequences: true, reverse: true })];
    for (const [i, one] of [forward, reverse].entries()) {
      one.build([6, 4]);
      one.cells[0].loadStateDict(both.cells[i].stateDict());
      expect(y.slice(null, null, [i * width, (i + 1) * width]).toArray()).toEqual(one.call(x).toArray());
    }
    const [a, b] = [forward.call(x), reverse.call(x)];
    const merged = {
      concat: ops.concat([a, b], -1),
      sum: ops.add(a, b),
      mul: ops.mul(a, b),
      average: ops.affine(ops.add(a, b), 0.5, 0),
    };
    for (const [kind, expected] of Object.entries(merged)) {
      const layer = make({ returnSequences: true, bidirectional: kind, seed: 2 });
      expect(layer.call(x).toArray()).toEqual(expected.toArray());
      // The last output of the reverse run is that of the first step.
      const last = make({ bidirectional: kind, seed: 2 }).call(x);
      const ends = [a.slice(null, -1), b.slice(null, 0)];
      const one =
        kind === 'concat' ? ops.concat(ends, -1) : kind === 'mul' ? ops.mul(ends[0], ends[1]) : ops.add(ends[0], ends[1]);
      expect(last.toArray()).toEqual((kind === 'average' ? ops.affine(one, 0.5, 0) : one).toArray());
    }
  });

  it('goes through a file with all its options', async () => {
    const layer = make({ layers: 2, bidirectional: 'sum', dropout: 0.1, bias: false, penalties: { weightInput: { l2: 0.1 } } });
    layer.build([6, 4]);
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      await save(layer, join(folder, 'layer.safetensors'));
      const back = await load<Recurrent>(join(folder, 'layer.safetensors'));
      expect(back.config()).toEqual(layer.config());
      expect(back.predict(x).toArray()).toEqual(layer.predict(x).toArray());
      expect(back.parameters().filter(({ penalty }) => penalty !== null)).toHaveLength(4);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('goes on where the batch before ended, if stateful', () => {
    const plain = make({ returnSequences: true, layers: 2, seed: 2 });
    const layer = make({ returnSequences: true, layers: 2, seed: 2, stateful: true });
    const parts = [x.slice(null, [0, 1]), x.slice(null, [1, 4]), x.slice(null, [4, 6])].map((part) => layer.call(part));
    expect(ops.concat(parts, 1).toArray()).toEqual(plain.call(x).toArray());
    layer.resetState();
    expect(layer.call(x).toArray()).toEqual(plain.call(x).toArray());
  });
});

describe('recurrent layers', () => {
  it('have gradients that differences confirm, through stacks, directions, lengths, states and masks', () => {
    const options = { layers: 2, returnState: true as const, dtype: 'float64' as const, seed: 6 };
    const rates = { inputDropout: 0.3, dropout: 0.3, recurrentDropout: 0.3 };
    const layers = [
      () => lstm({ units: 3, projection: 2, peepholes: true, bidirectional: 'mul', ...options, ...rates }),
      () => gru({ units: 2, reset: 'before', bidirectional: 'average', returnSequences: true, ...options, ...rates }),
      () => simpleRnn({ units: 2, reverse: true, returnSequences: true, ...options, ...rates }),
    ];
    for (const make of layers) {
      const layer = make().build([4, 2]);
      const stream = new RandomStream(8, 'states');
      const states = layer.stateShapes.map(([size]) => stream.normal([3, size as number], 0, 1, 'float64'));
      const x = stream.normal([3, 4, 2], 0, 1, 'float64');
      // Masks are drawn anew at each call: a layer made anew draws the same ones.
      const loss = (input: Tensor, ...given: Tensor[]) => {
        const fresh = make().train().build([4, 2]);
        const named = [...fresh.cells].flatMap((cell) => [...cell.ownParameters.keys()].map((name) => [cell, name] as const));
        for (const [i, [cell, name]] of named.entries()) Object.assign(cell, { [name]: given[states.length + i] });
        const [y, ...final] = fresh.call([input, ints([4, 0, 2]), ...given.slice(0, states.length)]) as [Tensor, ...Tensor[]];
        return final.reduce((total, state) => ops.add(total, ops.sumSquares(state)), ops.sumSquares(y));
      };
      expect(gradCheck(loss, [x, ...states, ...layer.parameters()])).toBeLessThan(1e-6);
    }
  });

  it('name their parameters by layer, direction and what they multiply', () => {
    expect(shapes(lstm({ units: 5, peepholes: true, projection: 3 }).build([6, 4]))).toEqual({
      '0.weightInput': [4, 20],
      '0.weightRecurrent': [3, 20],
      '0.biasInput': [20],
      '0.biasRecurrent': [20],
      '0.peephole': [3, 5],
      '0.projection': [5, 3],
    });
    expect(shapes(gru({ units: 2, layers: 2, bidirectional: 'concat', bias: false }).build([6, 4]))).toEqual({
      '0.weightInput': [4, 6],
      '0.weightRecurrent': [2, 6],
      '0_reverse.weightInput': [4, 6],
      '0_reverse.weightRecurrent': [2, 6],
      '1.weightInput': [4, 6],
      '1.weightRecurrent': [2, 6],
      '1_reverse.weightInput': [4, 6],
      '1_reverse.weightRecurrent': [2, 6],
    });
    expect(
      shapes(simpleRnn({ units: 2, layers: 2, bidirectional: 'average', bias: false }).build([6, 4]))['1.weightInput'],
    ).toEqual([2, 2]);
  });

  it('draw gates one by one: orthogonal, Glorot, the forget gate open', () => {
    const [cell] = lstm({ units: 8, seed: 1 }).build([3, 2]).cells;
    const recurrent = cell.weightRecurrent as Tensor;
    for (let gate = 0; gate < 4; gate++) {
      const square = recurrent.slice(null, [gate * 8, gate * 8 + 8]);
      const product = ops.matmul(square.transpose(), square).data();
      product.forEach((value, i) => {
        expect(value).toBeCloseTo(i % 9 === 0 ? 1 : 0, 5);
      });
    }
    const bound = Math.sqrt(6 / (2 + 8));
    const weights = [...(cell.weightInput as Tensor).data()];
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...weights.map(Math.abs))).toBeGreaterThan(0.7 * bound);
    expect([...(cell.biasInput as Tensor).data()]).toEqual([...Array(8).fill(0), ...Array(8).fill(1), ...Array(16).fill(0)]);
    expect([...(cell.biasRecurrent as Tensor).data()]).toEqual(Array(32).fill(0));
  });

  it('draw as PyTorch does where asked', () => {
    const values = lstm({ units: 16, initialization: 'uniform' })
      .build([3, 2])
      .parameters()
      .flatMap((parameter) => [...parameter.data()]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(Math.max(...values)).toBeGreaterThan(0.24);
    const raised = lstm({ units: 16, initialization: 'uniform', forgetBias: 2, biasInitializer: 'zeros' }).build([3, 2]);
    expect([...(raised.cells[0].biasInput as Tensor).data()].slice(15, 18)).toEqual([0, 2, 2]);
    expect([...(gru({ units: 2, biasInitializer: 'ones' }).build([3, 2]).cells[0].biasInput as Tensor).data()]).toEqual(
      Array(6).fill(1),
    );
  });

  it('count their operations and tell of their cells', () => {
    const model = sequential([lstm({ units: 5, layers: 2, bidirectional: true }), dense({ units: 2 })], { inputShape: [7, 3] });
    const lower = 2 * (3 + 5) * 20;
    const upper = 2 * (10 + 5) * 20;
    expect(model.build([7, 3]).flops([7, 3])).toBe(7 * 2 * (lower + upper) + 2 * 10 * 2);
    expect(model.summary()).toMatch(/0_reverse LstmCell/);
  });

  it('hand penalties to the cells, and refuse names that these do not have', () => {
    const layer = gru({ units: 2, constraints: { weightRecurrent: { maxNorm: 1 } } }).build([3, 2]);
    expect(layer.cells[0].weightRecurrent?.constraint).toEqual({ maxNorm: 1 });
    expect(() => gru({ units: 2, penalties: { weight: { l2: 1 } } }).build([3, 2])).toThrow(/weightInput/);
  });

  it('refuse what cannot be', () => {
    const x = normal([2, 3, 4]);
    for (const options of [
      { units: 0 },
      { units: 2, layers: 0 },
      { units: 2, bidirectional: 'both' },
      { units: 2, bidirectional: Object.create(null) },
      { units: 2, bidirectional: 'constructor' },
      { units: 2, stateful: Symbol('s') },
      { units: 2, dropout: 10n, layers: 2 },
      { units: 2, bidirectional: 'sum', reverse: true },
      { units: 2, bidirectional: 'sum', stateful: true },
      { units: 2, dropout: 0.5 },
      { units: 2, recurrentDropout: 1 },
      { units: 2, inputDropout: -1 },
      { units: 2, returnSequence: true },
      { units: 2, returnState: 1 },
      { units: 2, initialization: 'random' },
      { units: 2, forgetBias: '1' },
      { units: 2, projection: 0 },
      { units: 2, peepholes: 1 },
      undefined,
    ]) {
      expect(() => lstm(options as never)).toThrow(ArgumentError);
    }
    expect(() => gru({ units: 2, reset: 'never' } as never)).toThrow(ArgumentError);
    expect(() => gru({ units: 2, forgetBias: 1 } as never)).toThrow(ArgumentError);
    expect(() => simpleRnn({ units: 2, activation: 'gelu' } as never)).toThrow(ArgumentError);
    const layer = lstm({ units: 2 });
    expect(() => layer.call(normal([2, 3]))).toThrow(/\[Lstm\] expected sequences \[time, features\]/);
    layer.call(x);
    expect(() => layer.call(normal([2, 3, 5]))).toThrow(/sequences \[time, 4\]/);
    expect(() => layer.call([x, zeros([2, 2])])).toThrow(ShapeError);
    expect(() => layer.call([x, zeros([2, 2]), zeros([2, 3])])).toThrow(/states \[2\], \[2\] where given/);
    expect(() => layer.call([x, zeros([3, 2]), zeros([3, 2])])).toThrow(ShapeError);
    expect(() => layer.call([x, ints([3, 4])])).toThrow(ArgumentError);
    expect(() => layer.call([x, tensor([1.5, 2])])).toThrow(ArgumentError);
    expect(() => layer.call([])).toThrow(ArgumentError);
    expect(layer.call([x, tensor([1, 3])]).toArray()).toEqual(layer.call([x, ints([1, 3])]).toArray());
  });
});

describe('cells', () => {
  it('stand alone', () => {
    for (const cell of [rnnCell({ units: 3 }), gruCell({ units: 3 })]) expect(cell.call([ones([2, 4])])[0].shape).toEqual([2, 3]);
    const cell = lstmCell({ units: 3, projection: 2 });
    const [h, c] = cell.call([ones([2, 4]), ...cell.zeroState(2)]);
    expect([h.shape, c.shape]).toEqual([
      [2, 2],
      [2, 3],
    ]);
    expect(() => cell.call([ones([2, 4]), h])).toThrow(/\[4\], alone or with \[2\] and \[3\]/);
    expect(() => cell.call([ones([2, 5])])).toThrow(ShapeError);
    expect(() => cell.call(ones([2, 4]) as never)).toThrow(ArgumentError);
    expect(cell.flops([[4]])).toBe(2 * (4 + 2) * 12 + 2 * 3 * 2);
  });

  it('have gradients through a loop that are those of the layer', () => {
    const layer = lstm({ units: 3, seed: 4 }).build([5, 2]);
    const x = normal([2, 5, 2]);
    const fused = valueAndGrad(() => ops.sum(layer.call(x)), layer.parameters())().grads;
    const [cell] = layer.cells;
    const looped = valueAndGrad(() => {
      let states = cell.zeroState(2);
      for (let step = 0; step < 5; step++) states = cell.call([x.slice(null, step), ...states]);
      return ops.sum(states[0]);
    }, layer.parameters())().grads;
    fused.forEach((gradient, i) => {
      const other = looped[i].data();
      gradient.data().forEach((value, j) => {
        expect(value).toBeCloseTo(other[j], 5);
      });
    });
  });
});

describe('dropout in recurrent layers', () => {
  const x = normal([2, 6, 4]);

  it('acts in training alone, and follows the seed', () => {
    const options = {
      units: 5,
      layers: 2,
      dropout: 0.4,
      inputDropout: 0.3,
      recurrentDropout: 0.5,
      returnSequences: true,
      seed: 7,
    };
    const layer = lstm(options);
    const plain = lstm({ units: 5, layers: 2, returnSequences: true, seed: 7 });
    expect(layer.call(x).toArray()).toEqual(plain.call(x).toArray());
    const first = layer.train().call(x).toArray();
    expect(first).not.toEqual(plain.call(x).toArray());
    expect(layer.call(x).toArray()).not.toEqual(first);
    expect(lstm(options).train().call(x).toArray()).toEqual(first);
  });

  /** Which inputs of a step reach the outputs, told by the gradient. */
  function reached(variational: boolean): boolean[][] {
    const layer = simpleRnn({ units: 3, inputDropout: 0.5, variational, returnSequences: true, seed: 3 }).build([40, 8]).train();
    const gradient = grad((input: Tensor) => ops.sum(layer.call(input)))(normal([1, 40, 8]));
    return (gradient.toArray() as number[][][])[0].map((step) => step.map((value) => value !== 0));
  }

  it('drops the same inputs at each step, or others', () => {
    const same = reached(true);
    expect(new Set(same.map(String)).size).toBe(1);
    expect(same[0]).toContain(false);
    expect(same[0]).toContain(true);
    expect(new Set(reached(false).map(String)).size).toBeGreaterThan(20);
  });

  it('drops the same part of the state at each step', () => {
    const layer = simpleRnn({ units: 16, recurrentDropout: 0.5, bias: false, returnSequences: true, seed: 3 }).build([4, 2]);
    const [cell] = layer.cells;
    cell.weightInput?.assign(zeros([2, 16]).data());
    cell.weightRecurrent?.assign(
      ops.affine(
        tensor(
          Array.from({ length: 256 }, (_, i) => Number(i % 17 === 0)),
          { shape: [16, 16] },
        ),
        0.5,
        0,
      ),
    );
    const y = (
      layer
        .train()
        .call([zeros([1, 4, 2]), ones([1, 16])])
        .toArray() as number[][][]
    )[0];
    // tanh(0.5 * 2 h) where the state is kept, 0 where it is dropped; once dropped, always.
    const kept = y[0].map((value) => value !== 0);
    expect(kept).toContain(false);
    expect(y[0].filter((value) => value !== 0).every((value) => Math.abs(value - Math.tanh(1)) < 1e-6)).toBe(true);
    for (const step of y) expect(step.map((value) => value !== 0)).toEqual(kept);
  });
});

describe('stateful layers', () => {
  it('keep the states of training and of use apart', () => {
    const x = normal([2, 3, 2]);
    const layer = lstm({ units: 3, stateful: true, seed: 1 });
    const first = layer.train().call(x).toArray();
    const second = layer.call(x).toArray();
    expect(second).not.toEqual(first);
    expect(layer.predict(x).toArray()).toEqual(first);
    expect(layer.predict(x).toArray()).toEqual(second);
    expect(() => layer.predict(normal([3, 3, 2]))).toThrow(/batch of 2 rows .* received 3; resetState\(\)/);
    resetState(sequential([layer, dense({ units: 1 })]));
    expect(layer.predict(normal([3, 3, 2])).shape).toEqual([3, 3]);
    expect(layer.call(x).toArray()).toEqual(first);
  });

  it('are left as they are by what only looks', () => {
    const model = sequential([lstm({ units: 3, stateful: true, recurrentDropout: 0.5 }), dense({ units: 1 })], { seed: 1 });
    const x = normal([2, 3, 2]);
    const train = { training: true, dropout: false, carry: true, observe: null };
    const run = () => [model.predict(x).toArray(), model.call(x, train).toArray()];
    const [first, second] = [run(), run()];
    resetState(model);
    expect(run()).toEqual(first);
    // Neither goes on from the states, nor changes them.
    const report = gradientReport(model, x, zeros([2, 1]), meanSquaredError());
    const distribution = predictDistribution(model, x, { samples: 3, seed: 1 }).mean.toArray();
    expect(run()).toEqual(second);
    expect(gradientReport(model, x, zeros([2, 1]), meanSquaredError()).loss).toBe(report.loss);
    expect(predictDistribution(model, x, { samples: 3, seed: 1 }).mean.toArray()).toEqual(distribution);
  });

  it('end gradients at the end of the batch, and hold no more memory than their states', async () => {
    const model = sequential([simpleRnn({ units: 4, stateful: true }), dense({ units: 1 })], { inputShape: [5, 2], seed: 1 });
    const x = normal([40, 5, 2]);
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: adam({ lr: 0.01 }) });
    const data = { x, y: zeros([40, 1]) };
    await trainer.fit(data, { epochs: 2, batchSize: 8, shuffle: false });
    const held = await liveTensors();
    await trainer.fit(data, { epochs: 3, batchSize: 8, shuffle: false });
    expect(await liveTensors()).toBe(held);
    resetState(model);
    expect(await liveTensors()).toBe(held - 1);
  });
});

describe('models with recurrent layers', () => {
  it('take lengths beside the sequences in a graph, in training too', async () => {
    const [x, lengths] = [input([6, 1]), input([])];
    const model = graph({
      inputs: [x, lengths],
      outputs: dense({ units: 2 }).apply(lstm({ units: 8, seed: 1 }).apply([x, lengths])),
      seed: 5,
    });
    // The class is the sign of the last valid number; what lies behind is misleading.
    const stream = new RandomStream(3, 'lengths');
    const values = stream.normal([128, 6, 1]);
    const counts = [...stream.permutation(128)].map((v) => 1 + (v % 6));
    const labels = counts.map((count, row) =>
      Number(
        (values
          .at(row)
          .at(count - 1)
          .item() as number) > 0,
      ),
    );
    const data = { x: [values, ints(counts)], y: ints(labels) };
    const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 0.02 }) });
    const { epochs } = await trainer.fit(data, { epochs: 15, batchSize: 16, seed: 1 });
    expect(epochs.at(-1)?.train.loss).toBeLessThan(0.3);
  });

  it('take lengths beside the sequences in a sequential model', async () => {
    const words = tensor(
      [
        [1, 2, 3, 0],
        [4, 0, 0, 0],
      ],
      { dtype: 'int32' },
    );
    const model = sequential(
      [
        embedding({ tokens: 5, units: 3 }),
        sequential([gru({ units: 4, bidirectional: true, returnSequences: true }), dense({ units: 3 })]),
        lstm({ units: 4, bidirectional: 'sum' }),
        dense({ units: 2 }),
      ],
      { seed: 1 },
    );
    const y = model.predict([words, ints([3, 1])]);
    expect(y.slice([0, 1]).toArray()).toEqual(model.predict(words.slice([0, 1], [0, 3])).toArray());
    expect(y.slice([1, 2]).toArray()).toEqual(model.predict(words.slice([1, 2], [0, 1])).toArray());
    expect(model.predict(words).toArray()).not.toEqual(y.toArray());
    expect(model.inputShape).toEqual([4]);
    const trainer = new Trainer({
      model: model as unknown as Layer<Tensor[]>,
      loss: crossEntropy(),
      optimizer: adam({ lr: 0.05 }),
    });
    const { epochs } = await trainer.fit({ x: [words, ints([3, 1])], y: ints([1, 0]) }, { epochs: 30, batchSize: 2 });
    expect(epochs.at(-1)?.train.loss).toBeLessThan(0.1);
    expect((await trainer.evaluate({ x: [words, ints([3, 1])], y: ints([1, 0]) })).loss).toBeLessThan(0.1);
    expect((await trainer.predict([words, ints([3, 1])])).shape).toEqual([2, 2]);
    expect(() => model.call([words, zeros([2, 4])])).toThrow(/sequences alone, or with lengths \[\]/);
    const plain = sequential([dense({ units: 2 })]);
    expect(() => plain.call([zeros([2, 3]), ints([1, 2])])).toThrow(/expected one tensor, received a list/);
    expect(() => plain.build([[3], []])).toThrow(/shape of one input/);
  });

  it('hand the states of an encoder to a decoder', () => {
    const [source, target] = [input([4, 3]), input([5, 2])];
    const [, ...states] = lstm({ units: 6, layers: 2, returnState: true, name: 'encoder' }).apply(source) as ReturnType<
      Lstm<Tensor[]>['apply']
    >;
    const decoded = lstm({ units: 6, layers: 2, returnSequences: true, name: 'decoder' }).apply([target, ...states]);
    const model = graph({ inputs: [source, target], outputs: dense({ units: 2 }).apply(decoded) });
    expect(model.predict([normal([3, 4, 3]), normal([3, 5, 2])]).shape).toEqual([3, 5, 2]);
    const { grads } = valueAndGrad(() => ops.sum(model.call([normal([3, 4, 3]), normal([3, 5, 2])])), model.parameters())();
    for (const [i, path] of [...model.namedParameters().keys()].entries()) {
      if (path.startsWith('encoder')) expect(Math.max(...grads[i].data().map(Math.abs))).toBeGreaterThan(0);
    }
  });

  it('learn what was seen steps ago', async () => {
    const stream = new RandomStream(11, 'echo');
    const x = stream.normal([256, 8, 1]);
    const y = x.slice(null, 4);
    const model = sequential([gru({ units: 12 }), dense({ units: 1 })], { inputShape: [8, 1], seed: 2 });
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: adam({ lr: 0.02 }) });
    const { epochs } = await trainer.fit({ x, y }, { epochs: 30, batchSize: 32, seed: 1 });
    expect(epochs.at(-1)?.train.loss).toBeLessThan(0.1);
  });

  it('take sequences of any length, and float64', () => {
    const layer = new Lstm({ units: 3, dtype: 'float64' });
    const [a, b] = [normal([2, 5, 2]), normal([2, 9, 2])].map((x) => layer.call(x.cast('float64')));
    expect([a.dtype, a.shape, b.shape]).toEqual(['float64', [2, 3], [2, 3]]);
  });
});
