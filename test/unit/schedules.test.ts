import { describe, expect, it } from 'vitest';
import {
  ArgumentError,
  adagrad,
  adam,
  dense,
  findLearningRate,
  meanSquaredError,
  movingAverage,
  type RateCurve,
  randomNormal,
  Scheduler,
  schedules,
  sequential,
  sgd,
  Trainer,
  tensor,
} from '../../src/index.js';

const x = randomNormal([64, 3], { seed: 1 });
const y = tensor(
  Float32Array.from({ length: 64 }, (_, i) => {
    const [a, b, c] = x.data().slice(3 * i, 3 * i + 3);
    return a - 2 * b + 0.5 * c;
  }),
  { shape: [64, 1] },
);
const data = { x, y };
const model = () => sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1 })], { seed: 0 });
const loss = meanSquaredError();

describe('schedules', () => {
  it('start from what the optimizer was made with, however often', () => {
    const optimizer = sgd({ lr: 1 });
    for (let round = 0; round < 2; round++) {
      const scheduler = new Scheduler(optimizer, schedules.exponential({ factor: 0.5 }));
      scheduler.step();
      expect(optimizer.learningRate).toBe(0.5);
    }
    optimizer.learningRate = 8;
    new Scheduler(optimizer, schedules.exponential({ factor: 0.5 })).step();
    expect(optimizer.learningRate).toBe(4);
  });

  it('change a momentum only where there is one', () => {
    expect(() => new Scheduler(adagrad(), schedules.oneCycle({ steps: 10 }))).toThrow(ArgumentError);
    new Scheduler(adagrad(), schedules.oneCycle({ steps: 10, momentum: null }));
  });

  it.each<[string, () => unknown]>([
    ['step', () => schedules.step({ every: 0 })],
    ['multiStep', () => schedules.multiStep({ at: [1.5] })],
    ['cosine', () => schedules.cosine({} as never)],
    ['oneCycle', () => schedules.oneCycle({ steps: 10, shape: 'round' as never })],
    ['oneCycle', () => schedules.oneCycle({ steps: 10, momentum: [0.9, 0.8] })],
    ['reduceOnPlateau', () => schedules.reduceOnPlateau({ factor: 1 })],
    ['sequence', () => schedules.sequence([schedules.constant()], [3])],
    ['warmup', () => schedules.warmup({ steps: 3, next: 4 as never })],
    ['constant', () => schedules.constant({ rate: 3 } as never)],
  ])('%s refuses options that are none', (_name, make) => {
    expect(make).toThrow(ArgumentError);
  });

  it('a scheduler refuses what is none, and wants the metric', () => {
    expect(() => new Scheduler(3 as never, schedules.constant())).toThrow(ArgumentError);
    expect(() => new Scheduler(adam(), {} as never)).toThrow(ArgumentError);
    expect(() => new Scheduler(adam(), schedules.reduceOnPlateau()).step()).toThrow(ArgumentError);
  });
});

describe('fit with a schedule', () => {
  const trained = async (options: object) => {
    const trainer = new Trainer({ model: model(), loss, optimizer: sgd({ lr: 0.1 }) });
    const { epochs } = await trainer.fit(data, { epochs: 3, batchSize: 16, ...options });
    return { rates: epochs.map(({ learningRate }) => learningRate), optimizer: trainer.optimizer };
  };

  it('counts steps or epochs', async () => {
    const bySteps = await trained({ schedule: schedules.linear({ steps: 12, from: 1, to: 0 }) });
    expect(bySteps.rates.map((rate) => rate.toFixed(6))).toEqual([9 / 120, 5 / 120, 1 / 120].map((rate) => rate.toFixed(6)));
    const byEpochs = await trained({ schedule: schedules.step({ every: 1, factor: 0.5 }), scheduleEvery: 'epoch' });
    expect(byEpochs.rates).toEqual([0.1, 0.05, 0.025]);
  });

  it('follows the loss of each epoch', async () => {
    const { rates } = await trained({ schedule: schedules.reduceOnPlateau({ patience: 0, threshold: 0.999, factor: 0.5 }) });
    expect(rates).toEqual([0.1, 0.1, 0.05]);
  });

  it('goes on with a scheduler', async () => {
    const optimizer = sgd({ lr: 0.1 });
    const trainer = new Trainer({ model: model(), loss, optimizer });
    const schedule = new Scheduler(optimizer, schedules.step({ every: 8, factor: 0.5 }));
    await trainer.fit(data, { batchSize: 16, schedule });
    await trainer.fit(data, { batchSize: 16, schedule });
    expect(optimizer.learningRate).toBe(0.05);
  });

  it('refuses what is none', async () => {
    await expect(trained({ schedule: 3 })).rejects.toThrow(ArgumentError);
    await expect(trained({ scheduleEvery: 'year' })).rejects.toThrow(ArgumentError);
  });

  it('takes a moving average as a callback', async () => {
    const net = model();
    const average = movingAverage(net, { decay: 0.5 });
    await new Trainer({ model: net, loss, optimizer: sgd({ lr: 0.1 }) }).fit(data, { callbacks: [average] });
    const last = net.parameters()[0].toArray();
    average.apply();
    expect(net.parameters()[0].toArray()).not.toEqual(last);
    average.restore();
    expect(net.parameters()[0].toArray()).toEqual(last);
  });
});

describe('the learning-rate finder', () => {
  it('leaves model and optimizer as they were, and suggests a rate that learns', async () => {
    const net = model();
    const optimizer = sgd({ lr: 0.01, momentum: 0.5 });
    await new Trainer({ model: net, loss, optimizer }).fit(data, { batchSize: 16 });
    const before = net.parameters().map((p) => p.toArray());
    const state = [...optimizer.stateDict(net.namedParameters()).values()].map((value) => value.toArray());
    const curve: RateCurve = await findLearningRate({ model: net, loss, optimizer }, data, { from: 1e-5, to: 10, batchSize: 16 });
    expect(net.parameters().map((p) => p.toArray())).toEqual(before);
    expect([...optimizer.stateDict(net.namedParameters()).values()].map((value) => value.toArray())).toEqual(state);
    expect(optimizer.learningRate).toBe(0.01);
    expect(curve.suggestion).toBeGreaterThan(1e-3);
    expect(curve.suggestion).toBeLessThan(3);
    expect(curve.points[0].rate).toBeCloseTo(1e-5, 12);
    expect(curve.points.length).toBeLessThanOrEqual(100);
  });

  it('draws its curve, builds a model, ends where the loss explodes', async () => {
    const curve = await findLearningRate({ model: model(), loss, optimizer: sgd() }, data, { to: 1e30, steps: 60 });
    expect(curve.points.length).toBeLessThan(60);
    const lines = curve.toText(40, 8).split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.join('')).toMatch(/\*.*suggested learning rate: \d/);
    expect(curve.toSvg()).toMatch(/^<svg .*<polyline points="[\d., -]+".*<\/svg>$/s);
  });

  it('refuses what is none', async () => {
    await expect(findLearningRate({ model: model(), loss }, data)).rejects.toThrow(ArgumentError);
    await expect(findLearningRate({ model: model(), loss, optimizer: sgd() }, data, { from: 0 })).rejects.toThrow(ArgumentError);
    await expect(findLearningRate({ model: model(), loss, optimizer: sgd() }, data, { steps: 1 })).rejects.toThrow(ArgumentError);
  });
});
