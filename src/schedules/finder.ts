import { disposeBatch } from '../data/dataset.js';
import { DataLoader } from '../data/loader.js';
import { ArgumentError, NonFiniteError } from '../errors.js';
import type { AnyLayer } from '../layers/layer.js';
import { type ShapeOf, sampleShapes, type Value } from '../layers/value.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkBatch, type Examples, loaderOf, type TrainingData } from '../trainer/data.js';
import type { Callback } from '../trainer/events.js';
import { Trainer, type TrainerOptions } from '../trainer/trainer.js';
import { FadingMean, RateCurve, type RatePoint } from './rateCurve.js';
import type { Schedule } from './schedule.js';

export interface RateFinderOptions {
  /** Learning rate of the first step; default 1e-6. */
  from?: number;
  /** Learning rate of the last step; default 1. */
  to?: number;
  /** Steps in all; default 100. */
  steps?: number;
  /** Examples a step; default 32. Not for a DataLoader, which has its own. */
  batchSize?: number;
  /** Of the order of the examples; default that of `setSeed`. Not for a DataLoader. */
  seed?: number;
  /** Share of the mean loss that stays at each step; default 0.9. */
  smoothing?: number;
  /** Ends the search where the mean loss is so many times the lowest; default 4. */
  stopAt?: number;
}

const keys = ['from', 'to', 'steps', 'batchSize', 'seed', 'smoothing', 'stopAt'];

/**
 * Tries learning rates from low to high, one a step, and tells what the loss does (Smith, 2015). The model and the optimizer are
 * afterwards as they were.
 *
 * @example
 * const curve = await findLearningRate({ model, loss: crossEntropy(), optimizer: adam() }, { x, y });
 * console.log(curve.toText(), curve.suggestion);
 */
export async function findLearningRate<In extends Value = Tensor, Out extends Value = Tensor, Target extends Value = Tensor>(
  parts: TrainerOptions<In, Out, Target>,
  data: TrainingData<In, Target>,
  options: RateFinderOptions = {},
): Promise<RateCurve> {
  const where = 'findLearningRate';
  checkKeys(where, options, keys);
  const { from = 1e-6, to = 1, steps = 100, smoothing = 0.9, stopAt = 4, batchSize, seed } = options;
  checkRange(where, 'from', from, Number.MIN_VALUE);
  checkRange(where, 'to', to, from);
  checkInteger(where, 'steps', steps, 2);
  checkRange(where, 'smoothing', smoothing, 0, 1);
  checkRange(where, 'stopAt', stopAt, 1);
  const trainer = new Trainer(parts);
  const { model, optimizer } = trainer;
  if (optimizer === undefined) throw new ArgumentError(`[${where}] expected an optimizer, received none`);
  if (model.inputShape === null) await build(model, data);

  const parameters = model.namedParameters();
  const weights = [...model.stateDict().values()].map((parameter) => ({ parameter, values: parameter.data() }));
  const state = optimizer.stateDict(parameters);
  const epoch = data instanceof DataLoader ? data.epoch : 0;
  const factor = (to / from) ** (1 / (steps - 1));
  const [first] = optimizer.baseRates;
  const ramp: Schedule = { rate: (step, base) => from * factor ** step * (first > 0 ? base / first : 1) };
  const mean = new FadingMean(smoothing);
  const points: RatePoint[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  const record: Callback = {
    onStepEnd({ loss }, control) {
      const smoothed = mean.add(loss);
      lowest = Math.min(lowest, smoothed);
      points.push({ rate: from * factor ** points.length, loss, smoothed });
      if (points.length === steps || smoothed > stopAt * lowest) control.stop();
    },
  };
  try {
    const own = { ...(batchSize === undefined ? {} : { batchSize }), ...(seed === undefined ? {} : { seed }) };
    await trainer.fit(data, { epochs: steps, schedule: ramp, scheduleEvery: 'step', callbacks: [record], ...own });
  } catch (error) {
    // A rate that makes the loss infinite ends the search as one that makes it large does.
    if (!(error instanceof NonFiniteError) || points.length < 2) throw error;
  } finally {
    for (const { parameter, values } of weights) parameter.assign(values);
    optimizer.loadStateDict(parameters, state);
    disposeBatch([...state.values()]);
    if (data instanceof DataLoader) data.epoch = epoch;
  }
  return new RateCurve(points);
}

/** Builds a model from the shapes of the first batch. */
async function build(model: AnyLayer, data: unknown): Promise<void> {
  const loader = loaderOf<Examples<Value, Value>>('findLearningRate', data, ['x', 'y'], { batchSize: 1 });
  for await (const batch of loader.batches(loader.epoch)) {
    checkBatch('findLearningRate', batch, ['x', 'y']);
    model.build(sampleShapes('findLearningRate', batch.x) as ShapeOf<Value>);
    disposeBatch(batch);
    return;
  }
}
