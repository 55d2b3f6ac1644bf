/** The network that `myelin train series` trains, how it trains it, and what it says of the time behind the series. */
import { disposeBatch } from '../data/dataset.js';
import { splitSeries } from '../data/series.js';
import { SeriesWindows } from '../data/seriesWindows.js';
import { dense, lstm, type Sequential, sequential } from '../layers/index.js';
import { meanSquaredError } from '../losses/index.js';
import { add, affine, concat, maximum, mean, reshape, slice, sub } from '../ops/index.js';
import { adam } from '../optimizers/index.js';
import { RandomStream } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { earlyStopping, Trainer } from '../trainer/index.js';

/** Shares of what was seen that the forecast's interval leaves out below and above. */
export const quantiles = [0.05, 0.95] as const;

export interface SeriesFit {
  readonly window: number;
  readonly horizon: number;
  /** Rows to learn from; the last tenth of them tells when to stop. */
  readonly rows: number;
  readonly epochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

export interface FittedSeries {
  readonly windows: SeriesWindows;
  readonly model: Sequential;
  readonly epochs: number;
}

const units = 64;
const learningRate = 2e-3;
const batchSize = 32;
const patience = 25;
/** The mean and two quantiles for each step. */
const perStep = 1 + quantiles.length;

/** Pinball loss (Koenker and Bassett, 1978): least where `predicted` is the quantile `share` of what comes. */
function pinball(share: number, predicted: Tensor, target: Tensor): Tensor {
  const error = sub(target, predicted);
  return mean(maximum(affine(error, share, 0), affine(error, share - 1, 0)));
}

/** Squared error of the means and pinball loss of both quantiles; outputs are [n, horizon * 3], step by step. */
function forecastLoss(outputs: Tensor, target: Tensor): Tensor {
  const [n, horizon] = target.shape as [number, number];
  const parts = reshape(outputs, [n, horizon, perStep]);
  const part = (i: number): Tensor => slice(parts, [null, null, i]);
  const square = meanSquaredError()(part(0), target);
  return quantiles.reduce((sum, share, i) => add(sum, pinball(share, part(i + 1), target)), square);
}

/** Trains on the first `rows` values: all that scales and stops is taken from them. */
export async function fitSeries(values: Float64Array, fit: SeriesFit): Promise<FittedSeries> {
  const { window, horizon, rows, epochs, seed, signal } = fit;
  const parts = splitSeries(rows, { validation: 0.1, test: 0 });
  // Steps from value to value wander off neither with the level nor with the trend.
  const windows = SeriesWindows.fit(values, { window, horizon, training: parts.training[1], scale: 'difference' });
  const model = sequential([lstm({ units }), dense({ units: horizon * perStep })], { inputShape: [window, 1], seed });
  const trainer = new Trainer({ model, loss: forecastLoss, optimizer: adam({ lr: learningRate }) });
  const [training, validation] = [parts.training, parts.validation].map((part) => {
    const { x, y } = windows.encode(values, { rows: part });
    return { x, y };
  }) as [{ x: Tensor; y: Tensor }, { x: Tensor; y: Tensor }];
  try {
    const history = await trainer.fit(training, {
      epochs,
      batchSize,
      seed,
      signal,
      validation,
      callbacks: [earlyStopping(model, { patience })],
    });
    return { windows, model, epochs: history.epochs.length };
  } finally {
    disposeBatch([training, validation]);
  }
}

/** Of outputs [n, horizon * 3] the means, or one of the quantiles: [n, horizon]. */
function partOf(outputs: Tensor, part: number): Tensor {
  const [n, width] = outputs.shape as [number, number];
  return slice(reshape(outputs, [n, width / perStep, perStep]), [null, null, part]);
}

/** What a model says of every row from `start` on, each time from the true values before: [window][step]. */
export function predictSeries(
  { windows, model }: FittedSeries,
  values: Float64Array,
  start: number,
): { rows: Int32Array; means: number[][] } {
  const { x, y, starts } = windows.encode(values, { rows: [start, values.length] });
  const means = scope(() =>
    windows.decode(partOf(model.predict(x), 0), values, starts).map((steps) => steps.map(([value]) => value as number)),
  );
  disposeBatch([x, y]);
  return { rows: starts, means };
}

export interface Forecast {
  readonly mean: number[];
  readonly low: number[];
  readonly high: number[];
}

/** Of the standard normal distribution, the quantile that 0.95 of it lie below. */
const normalQuantile = 1.6449;

/** A number of the standard normal distribution for each of `count` paths. */
function normals(stream: RandomStream, count: number): Float32Array {
  const drawn = stream.normal([count]);
  const numbers = drawn.data() as Float32Array;
  drawn.dispose();
  return numbers;
}

/**
 * The next `steps` values. The mean goes on from its own forecasts; the interval is that of many paths, each going on from what it drew
 * between the quantiles that the model gives for the next values.
 */
export function forecastSeries(
  windows: SeriesWindows,
  model: Sequential,
  values: Float64Array,
  steps: number,
  seed: number,
): Forecast {
  const paths = 200;
  const stream = new RandomStream(seed, 'forecast');
  const { reach, horizon } = windows;
  // Of each path only what a window needs; path 0 draws nothing and is the mean.
  const tail = Array.from(values.slice(-reach));
  const runs = Array.from({ length: paths + 1 }, () => [...tail]);
  for (let done = 0; done < steps; done += horizon) {
    const { means, spreads } = scope(() => {
      const outputs = model.predict(
        concat(
          runs.map((run) => windows.last(run)),
          0,
        ),
      );
      const decode = (part: number): number[][] =>
        runs.map((run, i) => {
          const own = slice(partOf(outputs, part), [[i, i + 1], null]);
          return (windows.decode(own, run, [run.length])[0] as number[][]).map(([value]) => value as number);
        });
      const [centre, low, high] = [decode(0), decode(1), decode(2)];
      // Quantiles of a step as the model sees it: what is spread before it adds up by itself, as each path goes on from its own values.
      const spread = centre.map((_, i) =>
        Array.from({ length: horizon }, (_, step) => Math.max(0, stepWidth(high[i], low[i], step)) / (2 * normalQuantile)),
      );
      return { means: centre, spreads: spread };
    });
    for (let step = 0; step < horizon; step++) {
      const noise = normals(stream, paths + 1);
      for (const [i, run] of runs.entries()) {
        const before = run[run.length - 1] as number;
        const change = (means[i]?.[step] as number) - (step === 0 ? before : (means[i]?.[step - 1] as number));
        run.push(before + change + (i === 0 ? 0 : (noise[i] as number) * (spreads[i]?.[step] as number)));
      }
    }
  }
  const mean = (runs[0] as number[]).slice(reach, reach + steps);
  const sorted = mean.map((_, step) =>
    runs
      .slice(1)
      .map((run) => run[reach + step] as number)
      .sort((a, b) => a - b),
  );
  const at = (share: number): number[] => sorted.map((drawn) => drawn[Math.round(share * (paths - 1))] as number);
  return { mean, low: at(quantiles[0]), high: at(quantiles[1]) };
}

/** How much wider the interval of a step is than that of the step before. */
function stepWidth(high: number[] | undefined, low: number[] | undefined, step: number): number {
  const width = (k: number): number => ((high?.[k] as number) ?? 0) - ((low?.[k] as number) ?? 0);
  return step === 0 ? width(0) : width(step) - width(step - 1);
}
