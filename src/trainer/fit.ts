import { type ValueAndGrads, valueAndGrad } from '../autograd/grad.js';
import { disposeBatch } from '../data/dataset.js';
import { DataLoader } from '../data/loader.js';
import { ArgumentError } from '../errors.js';
import { trainingContext } from '../layers/context.js';
import type { AnyLayer } from '../layers/layer.js';
import { batchSizeOf, type ShapeOf, sampleShapes, type Value } from '../layers/value.js';
import { add } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { applyConstraint } from '../regularization/constraint.js';
import { totalPenalty } from '../regularization/penalty.js';
import { checkSchedule, type Schedule } from '../schedules/schedule.js';
import { Scheduler } from '../schedules/scheduler.js';
import type { Parameter } from '../tensor/parameter.js';
import { defaultSeed } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { checkBatch, checkNotEmpty, type Examples, loaderOf, type TrainingData } from './data.js';
import { EventLoopTurns } from './eventLoop.js';
import type { Callback, History, RunControl, Scores, StepEvent } from './events.js';
import { checkParameters, nonFiniteLoss, nonFiniteScore } from './nonFinite.js';
import { checkCallbacks, checkKeys, checkScheduleEvery, checkSignal } from './options.js';
import { Scoring } from './scoring.js';
import type { Trainer } from './trainer.js';

export interface FitOptions<In extends Value, Target extends Value> {
  /** Times through the data; default 1. */
  epochs?: number;
  /** Examples a step; default 32. Not for a DataLoader, which has its own. */
  batchSize?: number;
  /** Whether each epoch has its own order; default true. Not for a DataLoader. */
  shuffle?: boolean;
  /** Of the orders; default that of `setSeed`. Not for a DataLoader. */
  seed?: number;
  /** What the model is evaluated on after each epoch. */
  validation?: TrainingData<In, Target>;
  /** How the learning rate goes, from the first step of this run on; a Scheduler to go on with. */
  schedule?: Schedule | Scheduler;
  /** What the schedule counts; default steps, but epochs for a schedule that follows a metric: the loss, of validation if there is one. */
  scheduleEvery?: 'step' | 'epoch';
  callbacks?: readonly Callback[];
  /** Ends the run at the next step; it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** How far an epoch is. */
class EpochProgress {
  readonly begun = performance.now();
  parameters: Parameter[] | null = null;
  learningRate = Number.NaN;
  batch = 0;
  samples = 0;

  constructor(
    readonly epoch: number,
    readonly scoring: Scoring,
  ) {}
}

/** Models that a run is changing. */
const inTraining = new WeakSet<AnyLayer>();

/** One run of `Trainer.fit`: its options, checked, and how far it is. */
export class Fit<In extends Value, Out extends Value, Target extends Value> {
  private readonly epochs: number;
  private readonly loader: DataLoader<Examples<In, Target>>;
  private readonly callbacks: readonly Callback[];
  private readonly optimizer: Optimizer;
  private readonly model: AnyLayer;
  private readonly control: RunControl;
  private scheduler: Scheduler | null = null;
  private stepCount = 0;

  constructor(
    private readonly trainer: Trainer<In, Out, Target>,
    data: TrainingData<In, Target>,
    private readonly options: FitOptions<In, Target>,
    private readonly history: History,
    firstEpoch: number,
  ) {
    checkKeys('fit', options, [
      'epochs',
      'batchSize',
      'shuffle',
      'seed',
      'validation',
      'schedule',
      'scheduleEvery',
      'callbacks',
      'signal',
    ]);
    const { epochs = 1, batchSize = 32, shuffle = true, seed = defaultSeed(), callbacks = [] } = options;
    checkInteger('fit', 'epochs', epochs, 0);
    checkCallbacks('fit', callbacks);
    checkSignal('fit', options.signal);
    if (options.schedule !== undefined && !(options.schedule instanceof Scheduler)) checkSchedule('fit', options.schedule);
    checkScheduleEvery(options.scheduleEvery);
    if (trainer.optimizer === undefined)
      throw new ArgumentError('[fit] expected a Trainer with an optimizer, received one without');
    this.epochs = epochs;
    this.callbacks = callbacks;
    this.optimizer = trainer.optimizer;
    this.model = trainer.model;
    this.loader = loaderOf<Examples<In, Target>>('fit', data, ['x', 'y'], { batchSize, shuffle, seed });
    if (data instanceof DataLoader) {
      for (const key of ['batchSize', 'shuffle', 'seed'] as const) {
        if (options[key] !== undefined)
          throw new ArgumentError(`[fit] expected ${key} as an option of the DataLoader, received it for fit`);
      }
    } else {
      this.loader.epoch = firstEpoch;
    }
    checkNotEmpty('fit', this.loader);
    this.control = {
      stop: () => {
        history.stopped = true;
      },
    };
  }

  async *run(): AsyncGenerator<StepEvent, void, undefined> {
    if (inTraining.has(this.model))
      throw new ArgumentError('[fit] expected a model that no other run is training, received one in training');
    inTraining.add(this.model);
    const { history, options, callbacks, control, loader, epochs } = this;
    try {
      const { schedule } = options;
      if (schedule !== undefined)
        this.scheduler = schedule instanceof Scheduler ? schedule : new Scheduler(this.optimizer, schedule);
      for (const callback of callbacks) await callback.onTrainBegin?.(epochs, control);
      const turns = new EventLoopTurns(options.signal);
      for (let epoch = 1; epoch <= epochs && !history.stopped; epoch++) {
        const progress = new EpochProgress(epoch, new Scoring(this.trainer.metrics));
        for await (const examples of loader) {
          const event = this.step(examples, progress);
          for (const callback of callbacks) {
            const answer = callback.onStepEnd?.(event, control);
            if (answer instanceof Promise) await answer;
          }
          yield event;
          if (history.stopped) break;
          if (turns.due) await turns.turn();
        }
        await this.endEpoch(progress);
      }
    } finally {
      inTraining.delete(this.model);
      for (const callback of callbacks) await callback.onTrainEnd?.(history);
    }
  }

  private step(examples: Examples<In, Target>, progress: EpochProgress): StepEvent {
    checkBatch('fit', examples, ['x', 'y']);
    const count = batchSizeOf(examples.x);
    progress.parameters ??= this.trainable(examples);
    const step = ++this.stepCount;
    progress.learningRate = this.optimizer.learningRate;
    const loss = this.update(examples, progress.parameters, progress.scoring);
    if (this.scheduled('step')) this.scheduler?.step(loss);
    progress.samples += count;
    progress.scoring.addLoss(loss, count);
    const { epochs, loader } = this;
    return { epoch: progress.epoch, epochs, batch: ++progress.batch, batches: loader.length, step, samples: count, loss };
  }

  private async endEpoch({ epoch, scoring, samples, begun, learningRate }: EpochProgress): Promise<void> {
    checkParameters(this.model.namedParameters());
    const seconds = (performance.now() - begun) / 1000;
    const event = {
      epoch,
      epochs: this.epochs,
      step: this.stepCount,
      train: scoring.scores(),
      validation: this.history.stopped ? null : await this.validate(),
      samples,
      seconds,
      samplesPerSecond: samples / seconds,
      learningRate,
    };
    this.history.epochs.push(event);
    if (this.scheduled('epoch')) this.scheduler?.step((event.validation ?? event.train).loss);
    for (const callback of this.callbacks) await callback.onEpochEnd?.(event, this.control);
  }

  private scheduled(unit: 'step' | 'epoch'): boolean {
    return unit === (this.options.scheduleEvery ?? (this.scheduler?.followsMetric ? 'epoch' : 'step'));
  }

  /** The parameters to change in this epoch. The first batch builds a model that has not been. */
  private trainable(examples: Examples<In, Target>): Parameter[] {
    if (this.model.inputShape === null) this.model.build(sampleShapes('fit', examples.x) as ShapeOf<Value>);
    return this.model.parameters().filter((parameter) => parameter.trainable);
  }

  /** One update from a batch, which is given up; its loss. Nothing changes where the loss is not finite. */
  private update(batch: Examples<In, Target>, parameters: readonly Parameter[], scoring: Scoring): number {
    const { model, loss } = this.trainer;
    try {
      let first = true;
      const evaluate = (): ValueAndGrads => {
        const evaluated = valueAndGrad(() => {
          const prediction = model.call(batch.x, trainingContext);
          const result = loss(prediction, batch.y);
          if (first) scoring.addBatch(prediction, batch.y);
          const penalty = totalPenalty(parameters);
          return penalty === null ? result : add(result, penalty);
        }, parameters)();
        const number = evaluated.value.item();
        if (first && !Number.isFinite(number)) throw nonFiniteLoss(this.model, batch, number, this.stepCount);
        first = false;
        return evaluated;
      };
      return scope(() => {
        const number = this.optimizer.step(parameters, evaluate);
        for (const parameter of parameters) applyConstraint(parameter);
        return number;
      });
    } finally {
      disposeBatch(batch);
    }
  }

  private async validate(): Promise<Scores | null> {
    const { validation, signal } = this.options;
    if (validation === undefined) return null;
    const scores = await this.trainer.evaluate(validation, { signal });
    if (!Number.isFinite(scores.loss)) throw nonFiniteScore('fit: validation', scores.loss);
    return scores;
  }
}
