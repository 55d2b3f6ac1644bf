import { afterAll, describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { load, save } from '../../src/io/index.js';
import { samplingContext } from '../../src/layers/context.js';
import {
  alphaDropout,
  batchNorm,
  conv2d,
  dense,
  dropout,
  gaussianDropout,
  type Layer,
  sequential,
  spatialDropout,
} from '../../src/layers/index.js';
import { meanSquaredError } from '../../src/losses/index.js';
import { mean, square, sub, sum } from '../../src/ops/index.js';
import { sgd } from '../../src/optimizers/index.js';
import { applyConstraint, type Constraint, totalPenalty } from '../../src/regularization/index.js';
import { ones, tensor, zeros } from '../../src/tensor/create.js';
import { Parameter } from '../../src/tensor/parameter.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { type EpochEvent, earlyStopping, type RunControl, Trainer } from '../../src/trainer/index.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const normal = (shape: number[], seed = 1) => new RandomStream(seed, 'data').normal(shape);
const momentsOf = (x: Tensor) => {
  const average = mean(x).item();
  return { mean: average, variance: mean(square(sub(x, average))).item() };
};

describe('variants of dropout', () => {
  const variants: Record<string, (rate: number) => Layer> = {
    dropout: (rate) => dropout({ rate, seed: 3 }),
    spatialDropout: (rate) => spatialDropout({ rate, seed: 3 }),
    alphaDropout: (rate) => alphaDropout({ rate, seed: 3 }),
    gaussianDropout: (rate) => gaussianDropout({ rate, seed: 3 }),
  };

  it.each(Object.entries(variants))('%s passes its input on in use and at rate 0', (_name, make) => {
    const x = normal([4, 5, 6]);
    expect(make(0.5).call(x)).toBe(x);
    expect(make(0).train().call(x)).toBe(x);
    expect(make(0.5).call(x, samplingContext).toArray()).not.toEqual(x.toArray());
  });

  it.each(Object.entries(variants))('%s draws anew at each call, from its seed', (_name, make) => {
    const x = normal([20, 30]);
    const [a, b] = [make(0.4).train(), make(0.4).train()];
    const first = a.call(x).toArray();
    expect(b.call(x).toArray()).toEqual(first);
    expect(a.call(x).toArray()).not.toEqual(first);
  });

  it.each(Object.entries(variants))('%s refuses other rates and options', (_name, make) => {
    expect(() => make(1)).toThrow(ArgumentError);
    expect(() => make(-0.1)).toThrow(ArgumentError);
    expect(() => make('0.5' as never)).toThrow(ArgumentError);
  });

  it('drops whole channels', () => {
    const y = spatialDropout({ rate: 0.5, seed: 1 })
      .train()
      .call(ones([10, 3, 4, 8]));
    const byChannel = sum(y, [1, 2]).toArray() as number[][];
    expect(new Set(byChannel.flat())).toEqual(new Set([0, 24]));
  });

  it('keeps mean and variance before selu', () => {
    const { mean: average, variance } = momentsOf(
      alphaDropout({ rate: 0.3, seed: 1 })
        .train()
        .call(normal([200, 200])),
    );
    // Standard errors of 40000 elements are 0.005 and 0.007 or so.
    expect(Math.abs(average)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('multiplies by noise of mean 1 and variance rate / (1 - rate)', () => {
    const { mean: average, variance } = momentsOf(
      gaussianDropout({ rate: 0.2, seed: 1 })
        .train()
        .call(ones([200, 200])),
    );
    expect(Math.abs(average - 1)).toBeLessThan(0.01);
    expect(Math.abs(variance - 0.25)).toBeLessThan(0.01);
  });

  it.each(Object.entries(variants))('%s passes gradients by what it multiplied with', (_name, make) => {
    const layer = make(0.5).build([3, 4]);
    const x = ones([2, 3, 4]);
    const shifted = tensor(
      x.data().map((v) => v + 1),
      { shape: x.shape },
    );
    const state = layer.ownStreams[0]?.state.slice() as Uint32Array;
    const again = () => layer.ownStreams[0]?.state.set(state);
    const { grads } = valueAndGrad((v: Tensor) => {
      again();
      return sum(layer.call(v, samplingContext));
    })(x);
    again();
    const low = layer.call(x, samplingContext);
    again();
    const high = layer.call(shifted, samplingContext);
    const slopes = sub(high, low).data();
    for (const [i, g] of (grads[0] as Tensor).data().entries()) expect(g).toBeCloseTo(slopes[i] as number, 5);
  });
});

describe('penalties', () => {
  it('sum l1 |w| + l2 w^2 of the parameters that are trained', () => {
    const layer = dense({ units: 1, penalties: { weight: { l1: 0.5, l2: 0.25 }, bias: { l2: 2 } } }).build([2]);
    layer.loadStateDict({ weight: tensor([[3], [-2]]), bias: tensor([1]) });
    expect(totalPenalty(layer.parameters())?.item()).toBe(0.5 * 5 + 0.25 * 13 + 2);
    (layer.weight as Parameter).trainable = false;
    expect(totalPenalty(layer.parameters())?.item()).toBe(2);
    expect(totalPenalty(dense({ units: 1 }).build([2]).parameters())).toBeNull();
  });

  it('are part of the loss that is trained, and of its gradient', async () => {
    const model = dense({
      units: 1,
      bias: false,
      weightInitializer: 'ones',
      penalties: { weight: { l2: 0.5 } },
      inputShape: [1],
    });
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: sgd({ lr: 0.1 }) });
    const history = await trainer.fit({ x: zeros([4, 1]), y: zeros([4, 1]) }, { batchSize: 4 });
    expect(history.epochs[0]?.train.loss).toBe(0.5);
    expect((model.weight as Parameter).item()).toBeCloseTo(0.9, 6);
    expect((await trainer.evaluate({ x: zeros([4, 1]), y: zeros([4, 1]) })).loss).toBe(0);
  });

  it.each([{}, { l3: 1 }, { l2: -1 }, { l1: NaN }, null, 3])('refuse %j', (penalty) => {
    expect(() => dense({ units: 1, penalties: { weight: penalty as never } })).toThrow(ArgumentError);
  });

  it('refuse parameters that the layer does not have', () => {
    const layer = dense({ units: 1, penalties: { wait: { l2: 1 } } });
    expect(() => layer.build([2])).toThrow(/among weight, bias, received 'wait'/);
    expect(() => dense({ units: 1, penalties: 3 as never })).toThrow(ArgumentError);
  });

  it('are saved with the model, as constraints are', async () => {
    const { mkdtemp, rm } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const folder = await mkdtemp(join(tmpdir(), 'myelin-'));
    try {
      const options = { penalties: { weight: { l1: 0.1 } }, constraints: { weight: { maxNorm: 2 } } };
      await save(sequential([dense({ units: 2, ...options })], { inputShape: [3] }), join(folder, 'model.safetensors'));
      const model = await load(join(folder, 'model.safetensors'));
      const weight = model.namedParameters().get('0.weight');
      expect([weight?.penalty, weight?.constraint]).toEqual([{ l1: 0.1 }, { maxNorm: 2 }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('constraints', () => {
  function constrained(values: number[][], constraint: Constraint): number[][] {
    const parameter = new Parameter('w', [values.length, values[0]?.length as number]);
    parameter.assign(Float32Array.from(values.flat()));
    parameter.constraint = constraint;
    applyConstraint(parameter);
    return parameter.toArray() as number[][];
  }
  const weights = [
    [3, 0.3, 0],
    [-4, 0.4, 0],
  ];
  const close = (got: number[][], want: number[][]) => {
    for (const [i, value] of got.flat().entries()) expect(value).toBeCloseTo(want.flat()[i] as number, 6);
  };

  it('shrink norms that are too large and leave the others as they are', () => {
    const got = constrained(weights, { maxNorm: 2 });
    close(got, [
      [1.2, 0.3, 0],
      [-1.6, 0.4, 0],
    ]);
    expect(got[0]?.[1]).toBe(Math.fround(0.3));
  });

  it('make norms 1, but for weights of 0', () => {
    close(constrained(weights, { unitNorm: true }), [
      [0.6, 0.6, 0],
      [-0.8, 0.8, 0],
    ]);
  });

  it('keep norms between two bounds, at a rate', () => {
    close(constrained(weights, { minNorm: 1, maxNorm: 3 }), [
      [1.8, 0.6, 0],
      [-2.4, 0.8, 0],
    ]);
    close(constrained(weights, { minNorm: 1, maxNorm: 3, rate: 0.5 }), [
      [2.4, 0.45, 0],
      [-3.2, 0.6, 0],
    ]);
  });

  it('take norms over axes of choice', () => {
    close(constrained(weights, { maxNorm: 1, axes: [1] }), [
      [3 / Math.hypot(3, 0.3), 0.3 / Math.hypot(3, 0.3), 0],
      [-4 / Math.hypot(4, 0.4), 0.4 / Math.hypot(4, 0.4), 0],
    ]);
  });

  it('clip what is negative', () => {
    expect(constrained(weights, { nonNegative: true })).toEqual([
      [3, Math.fround(0.3), 0],
      [0, Math.fround(0.4), 0],
    ]);
  });

  it('hold after each step of a training', async () => {
    const model = sequential(
      [conv2d({ filters: 3, kernelSize: 2, constraints: { weight: { maxNorm: 0.5 }, bias: { nonNegative: true } } })],
      { inputShape: [3, 3, 2], seed: 2 },
    );
    const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: sgd({ lr: 0.5 }) });
    for await (const _ of trainer.fit({ x: normal([8, 3, 3, 2]), y: normal([8, 2, 2, 3], 2) }, { epochs: 2, batchSize: 4 })) {
      const weight = model.namedParameters().get('0.weight') as Parameter;
      const norms = sum(square(weight), [0, 1, 2]).data();
      for (const squared of norms) expect(squared).toBeLessThanOrEqual(0.25 * (1 + 1e-6));
      for (const bias of (model.namedParameters().get('0.bias') as Parameter).data()) expect(bias).toBeGreaterThanOrEqual(0);
    }
  });

  it.each([{}, { maxNorm: -1 }, { minNorm: 2, maxNorm: 1 }, { rate: 0, maxNorm: 1 }, { largest: 1 }, null])(
    'refuse %j',
    (constraint) => {
      expect(() => dense({ units: 1, constraints: { weight: constraint as never } })).toThrow(ArgumentError);
    },
  );
});

describe('early stopping', () => {
  const model = () => dense({ units: 1, bias: false, weightInitializer: 'zeros', inputShape: [1] }).build([1]);

  /** Feeds scores to the callback, the weight being the number of the epoch; how many epochs it let pass. */
  function run(scores: number[], options: Parameters<typeof earlyStopping>[1]) {
    const net = model();
    const callback = earlyStopping(net, options);
    let stopped = false;
    const control: RunControl = {
      stop: () => {
        stopped = true;
      },
    };
    callback.onTrainBegin();
    let epochs = 0;
    for (const loss of scores) {
      (net.weight as Parameter).assign(Float32Array.of(++epochs));
      const event = { epoch: epochs, train: { loss: 7 }, validation: { loss, accuracy: -loss } } as unknown as EpochEvent;
      callback.onEpochEnd(event, control);
      if (stopped) break;
    }
    callback.onTrainEnd();
    return { epochs, best: callback.bestEpoch, score: callback.bestScore, weight: net.weight?.item() };
  }

  it('stops after some epochs without improvement and restores the best', () => {
    expect(run([3, 2, 2.5, 1, 1, 4, 5, 0], { patience: 3 })).toEqual({ epochs: 7, best: 4, score: 1, weight: 4 });
    expect(run([3, 2, 2.5, 1, 1, 4, 5, 0], { patience: 3, restoreBest: false }).weight).toBe(7);
  });

  it('wants the minimum change', () => {
    expect(run([3, 2.95, 2.9, 2.8], { patience: 2, minChange: 0.5 })).toMatchObject({ epochs: 3, best: 1 });
  });

  it('watches metrics, where more is better', () => {
    expect(run([3, 2, 2, 2], { patience: 2, monitor: 'accuracy', mode: 'max' })).toMatchObject({ epochs: 4, best: 2, score: -2 });
  });

  it('counts NaN as no improvement', () => {
    expect(run([NaN, 5, NaN, NaN], { patience: 2 })).toMatchObject({ epochs: 4, best: 2 });
  });

  it('ends a run of the trainer', async () => {
    const net = sequential([dense({ units: 1 })], { inputShape: [2], seed: 1 });
    const data = { x: normal([16, 2]), y: normal([16, 1], 2) };
    const stopping = earlyStopping(net, { patience: 2, minChange: 10 });
    const trainer = new Trainer({ model: net, loss: meanSquaredError(), optimizer: sgd({ lr: 0.01 }) });
    const history = await trainer.fit(data, { epochs: 50, validation: data, callbacks: [stopping] });
    expect(history.epochs).toHaveLength(3);
    expect(history.stopped).toBe(true);
    expect((await trainer.evaluate(data)).loss).toBeCloseTo(stopping.bestScore, 6);
  });

  it('refuses what it cannot watch', () => {
    expect(() => run([1], { monitor: 'recall' })).toThrow(/one of loss, accuracy, received 'recall'/);
    expect(() => earlyStopping(model(), { patience: 0 })).toThrow(ArgumentError);
    expect(() => earlyStopping(model(), { mode: 'up' as 'max' })).toThrow(ArgumentError);
    expect(() => earlyStopping({} as never)).toThrow(ArgumentError);
    expect(() => earlyStopping(model(), { minChange: -1 })).toThrow(ArgumentError);
  });
});

describe('batch normalisation in a model', () => {
  it('refuses to learn from one value a channel', () => {
    expect(() =>
      batchNorm()
        .train()
        .call(ones([1, 3])),
    ).toThrow(ShapeError);
  });
});
