/** The network that `myelin train table` trains, and how it trains it. */
import { disposeBatch } from '../data/dataset.js';
import { splitRows } from '../data/split.js';
import type { Table } from '../data/table.js';
import { type Decoded, TableEncoder } from '../data/tableEncoder.js';
import type { Task } from '../data/targetEncoder.js';
import { dense, type Sequential, sequential } from '../layers/index.js';
import { crossEntropy, meanSquaredError } from '../losses/index.js';
import { adam } from '../optimizers/index.js';
import { earlyStopping, Trainer } from '../trainer/index.js';

/** What is to be learned. */
export interface TableGoal {
  /** Rows that have a target. */
  readonly table: Table;
  readonly target: string;
  readonly task: Task;
  /** The class of each row, to be dealt out evenly; null for numbers. */
  readonly classes: Int32Array | null;
}

export interface TableFit {
  /** Units of the hidden layers; none for a linear model. */
  readonly hidden: readonly number[];
  /** The most epochs; training stops earlier where it gets no better on rows held out for that. */
  readonly epochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface FittedTable {
  readonly encoder: TableEncoder;
  readonly model: Sequential;
  /** Epochs that it was trained for. */
  readonly epochs: number;
}

/** Of the network. */
export const hiddenUnits: readonly number[] = [32, 16];
const learningRate = 0.005;
const batchSize = 32;
/** Share of the rows to train on that only tell when to stop. */
const validationShare = 0.15;
/** Epochs without progress on them after which to stop. */
const patience = 30;

/** Trains on these rows: scales, fillings and when to stop come from them alone. */
export async function fitTable(goal: TableGoal, rows: Int32Array, fit: TableFit): Promise<FittedTable> {
  const { table, target, task, classes } = goal;
  const { seed, signal } = fit;
  const stratify = classes === null ? {} : { stratify: rows.map((row) => classes[row] as number) };
  const parts = splitRows(rows.length, { test: validationShare, seed, ...stratify });
  const [training, validation] = [parts.training, parts.test].map((part) => part.map((i) => rows[i] as number)) as [
    Int32Array,
    Int32Array,
  ];
  const encoder = TableEncoder.fit(table, { target, task, rows: training });
  const outputs = task === 'classify' ? encoder.classes.length : 1;
  const model = sequential([...fit.hidden.map((units) => dense({ units, activation: 'tanh' })), dense({ units: outputs })], {
    seed,
    inputShape: [encoder.features.length],
  });
  const loss = task === 'classify' ? crossEntropy() : meanSquaredError();
  const trainer = new Trainer({ model, loss, optimizer: adam({ lr: learningRate }) });
  const batches = [encoder.encode(table.take(training)), encoder.encode(table.take(validation))] as const;
  try {
    const { epochs } = await trainer.fit(batches[0], {
      epochs: fit.epochs,
      batchSize,
      seed,
      signal,
      validation: batches[1],
      callbacks: [earlyStopping(model, { patience, minChange: 1e-5 })],
    });
    return { encoder, model, epochs: epochs.length };
  } finally {
    disposeBatch(batches);
  }
}

/** What a model says of the rows of a table. */
export function predictRows(encoder: TableEncoder, model: Sequential, table: Table): Decoded[] {
  const x = encoder.inputs(table);
  const outputs = model.predict(x);
  try {
    return encoder.decode(outputs);
  } finally {
    disposeBatch([x, outputs]);
  }
}
