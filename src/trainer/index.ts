export type { Examples, TrainingData } from './data.js';
export { EarlyStopping, type EarlyStoppingOptions, earlyStopping } from './earlyStopping.js';
export type { Callback, EpochEvent, History, RunControl, Scores, StepEvent } from './events.js';
export type { FitOptions } from './fit.js';
export { type ProgressOptions, type ProgressWriter, progress } from './progress.js';
export type { TrainingRun } from './run.js';
export { type EvaluateOptions, Trainer, type TrainerOptions } from './trainer.js';
