import { noGrad } from '../autograd/tape.js';
import { disposeBatch } from '../data/dataset.js';
import { inferenceContext } from '../layers/context.js';
import type { Layer } from '../layers/layer.js';
import { batchSizeOf, type Value } from '../layers/value.js';
import type { Loss } from '../losses/loss.js';
import type { Metric } from '../metrics/metric.js';
import { concat } from '../ops/index.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { checkBatch, checkNotEmpty, type Examples, type Inputs, loaderOf, type TrainingData } from './data.js';
import { EventLoopTurns } from './eventLoop.js';
import type { History, Scores, StepEvent } from './events.js';
import { Fit, type FitOptions } from './fit.js';
import { checkKeys, checkParts, checkSignal } from './options.js';
import { TrainingRun } from './run.js';
import { Scoring } from './scoring.js';

export interface TrainerOptions<In extends Value, Out extends Value, Target extends Value> {
  model: Layer<In, Out>;
  /** crossEntropy(), or any function (prediction, target) => scalar. */
  loss: Loss<Out, Target>;
  /** Needed by `fit` alone. */
  optimizer?: Optimizer;
  metrics?: readonly Metric[];
}

export interface EvaluateOptions {
  /** Examples at a time; default 128. The result does not depend on it. */
  batchSize?: number;
  signal?: AbortSignal;
}

const evaluationBatch = 128;

/**
 * Trains a model, and measures it. All its work lets the event loop turn at least every 10 ms, or after each step if one takes longer.
 *
 * @example
 * const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam(), metrics: [accuracy()] });
 * await trainer.fit({ x, y }, { epochs: 3, batchSize: 64 });
 */
export class Trainer<In extends Value = Tensor, Out extends Value = Tensor, Target extends Value = Tensor> {
  readonly model: Layer<In, Out>;
  readonly loss: Loss<Out, Target>;
  readonly optimizer: Optimizer | undefined;
  readonly metrics: readonly Metric[];
  /** Epochs of all runs: where `fit` shuffles, each draws an order of its own, in later runs too. */
  private epochsDone = 0;

  constructor(options: TrainerOptions<In, Out, Target>) {
    checkKeys('Trainer', options, ['model', 'loss', 'optimizer', 'metrics']);
    const { model, loss, optimizer, metrics = [] } = options;
    checkParts({ model, loss, optimizer, metrics });
    this.model = model;
    this.loss = loss;
    this.optimizer = optimizer;
    this.metrics = metrics;
  }

  /** Trains on data. The run that it returns is awaited for its history or iterated for its steps. One run at a time may change a model. */
  fit(data: TrainingData<In, Target>, options: FitOptions<In, Target> = {}): TrainingRun {
    const history: History = { epochs: [], stopped: false };
    const begin = (): AsyncGenerator<StepEvent, void, undefined> => new Fit(this, data, options, history, this.epochsDone).run();
    return new TrainingRun(begin, history, () => {
      this.epochsDone += history.epochs.length;
    });
  }

  /** The loss and the metrics of the model on data, exact for any batch size. */
  async evaluate(data: TrainingData<In, Target>, options: EvaluateOptions = {}): Promise<Scores> {
    checkKeys('evaluate', options, ['batchSize', 'signal']);
    const { batchSize = evaluationBatch, signal } = options;
    checkSignal('evaluate', signal);
    const scoring = new Scoring(this.metrics);
    const loader = loaderOf<Examples<In, Target>>('evaluate', data, ['x', 'y'], { batchSize });
    checkNotEmpty('evaluate', loader);
    const turns = new EventLoopTurns(signal);
    for await (const batch of loader) {
      checkBatch('evaluate', batch, ['x', 'y']);
      try {
        const loss = noGrad(() => scope(() => this.score(batch, scoring)));
        scoring.addLoss(loss, batchSizeOf(batch.x));
      } finally {
        disposeBatch(batch);
      }
      if (turns.due) await turns.turn();
    }
    return scoring.scores();
  }

  /** What the model makes of inputs, batch by batch. */
  async predict(x: In, options: EvaluateOptions = {}): Promise<Out> {
    checkKeys('predict', options, ['batchSize', 'signal']);
    const { batchSize = evaluationBatch, signal } = options;
    checkSignal('predict', signal);
    const turns = new EventLoopTurns(signal);
    const parts: Out[] = [];
    try {
      for await (const batch of loaderOf<Inputs<In>>('predict', { x }, ['x'], { batchSize })) {
        checkBatch('predict', batch, ['x']);
        try {
          parts.push(this.model.predict(batch.x));
        } finally {
          disposeBatch(batch);
        }
        if (turns.due) await turns.turn();
      }
      if (parts.length === 0) return this.model.predict(x);
      return parts.length === 1 ? (parts.pop() as Out) : noGrad(() => joined(parts));
    } finally {
      disposeBatch(parts);
    }
  }

  private score(batch: Examples<In, Target>, scoring: Scoring): number {
    const prediction = this.model.call(batch.x, inferenceContext);
    const loss = this.loss(prediction, batch.y).item();
    scoring.addBatch(prediction, batch.y);
    return loss;
  }
}

function joined<Out extends Value>(parts: readonly Out[]): Out {
  const first = parts[0] as Out;
  if (first instanceof Tensor) return concat(parts as readonly Tensor[], 0) as Out;
  return first.map((_, i) =>
    concat(
      parts.map((part) => (part as Tensor[])[i] as Tensor),
      0,
    ),
  ) as Out;
}
