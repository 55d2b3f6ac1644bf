/** The loss and the metrics, by name. */
export type Scores = { loss: number } & Record<string, number>;

/** One training step. Epochs, batches and steps count from 1. */
export interface StepEvent {
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
  /** Steps of this run so far. */
  readonly step: number;
  /** Examples in the batch. */
  readonly samples: number;
  /** The loss of the batch, before the step. */
  readonly loss: number;
}

/** One epoch. */
export interface EpochEvent {
  readonly epoch: number;
  readonly epochs: number;
  /** Steps of this run so far. */
  readonly step: number;
  /** Means over the epoch, taken while the model changed. */
  readonly train: Scores;
  /** Of the model at the end of the epoch; null without validation data. */
  readonly validation: Scores | null;
  readonly samples: number;
  /** Seconds of training, without validation. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly learningRate: number;
}

/** What a run did. */
export interface History {
  readonly epochs: EpochEvent[];
  /** Whether it ended before its last epoch did. */
  stopped: boolean;
}

/** How a callback steers the run. */
export interface RunControl {
  /** Ends the run after this step (or epoch) without an error. */
  stop(): void;
}

/** Functions called on the way; those that return promises are awaited. A callback that throws ends the run with its error. */
export interface Callback {
  onTrainBegin?(epochs: number, control: RunControl): unknown;
  onStepEnd?(event: StepEvent, control: RunControl): unknown;
  onEpochEnd?(event: EpochEvent, control: RunControl): unknown;
  /** Called in the end, however it comes: also after an error or an abort. */
  onTrainEnd?(history: History): unknown;
}
