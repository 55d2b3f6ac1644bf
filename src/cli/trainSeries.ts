import { splitSeries } from '../data/series.js';
import { type Baseline, findSeason, persistence, seasonalNaive, seasonalNaiveWithDrift } from '../data/seriesBaselines.js';
import { ArgumentError } from '../errors.js';
import { save } from '../io/model.js';
import { exitCodes, integerOption, type Surroundings, UsageError } from './command.js';
import { fitSeries, predictSeries } from './seriesModel.js';
import { openSeries, seriesMetadata } from './seriesSource.js';
import type { TrainTask } from './train.js';
import { checkWritable } from './writable.js';

const help = `Usage: myelin train series --data FILE --column NAME [options]

Trains a recurrent network to forecast a column of numbers whose rows follow each other in time. Tells how well it forecasts the last
fifth of the rows, each time from the true values before, beside forecasts that learn nothing; then trains on all rows and saves the
model with all that myelin forecast needs.

Options:
  --data FILE   a file .csv, .tsv or .json
  --column C    the column to forecast
  --horizon H   steps to forecast at once (default 1)
  --window N    steps to look back (default: two seasons, at least 24)
  --season N    rows to a season (default: found by itself; 1 for none)
  --epochs N    the most epochs; training stops before where it gets no better (default 200)
  --seed N      of the first weights and of the order (default 0)
  --out FILE    where to save the model
  --json        JSON lines: one at the end
`;

interface SeriesValues {
  data?: string;
  column?: string;
  horizon?: string;
  window?: string;
  season?: string;
  epochs?: string;
  seed?: string;
  out?: string;
  json: boolean;
}

/** Rows that the file of a model keeps for pictures, at least. */
const keptRows = 400;

/** What a series is compared with, by name. */
export const baselines: Readonly<Record<string, Baseline>> = { persistence, seasonalNaive, seasonalNaiveWithDrift };

/** The root of the mean square of the errors of forecasts from these rows on. */
function rootMeanSquare(
  values: Float64Array,
  starts: ArrayLike<number>,
  forecast: (start: number, i: number) => readonly number[],
): number {
  let sum = 0;
  let count = 0;
  for (const [i, start] of Array.from(starts).entries())
    for (const [step, value] of forecast(start, i).entries()) {
      sum += (value - (values[start + step] as number)) ** 2;
      count++;
    }
  return Math.sqrt(sum / count);
}

async function trainAndReport(given: SeriesValues, { out, signal }: Surroundings): Promise<void> {
  const { data, column, json } = given;
  if (data === undefined) throw new UsageError('[--data] expected a file .csv, .tsv or .json, received nothing');
  if (column === undefined) throw new UsageError('[--column] expected a column of the file, received nothing');
  const horizon = integerOption('horizon', given.horizon, 1, 1, 1000);
  const epochs = integerOption('epochs', given.epochs, 200, 1, 1_000_000);
  const seed = integerOption('seed', given.seed, 0, 0, 2 ** 31 - 1);
  if (given.out !== undefined) await checkWritable(given.out);
  const begun = performance.now();
  const values = await openSeries(data, column);
  const { test } = splitSeries(values.length, { test: 0.2 });
  const season = integerOption('season', given.season, findSeason(values.slice(0, test[0])), 1, 10_000);
  const window = integerOption('window', given.window, Math.max(24, 2 * season), 1, 10_000);
  const needed = Math.max(window, season) + horizon + 2;
  if (test[0] < 2 * needed)
    throw new ArgumentError(
      `[--data] expected at least ${Math.ceil((2 * needed) / 0.8)} rows for windows of ${window} rows and a season of ${season}, received ${values.length}`,
    );
  const fit = { window, horizon, epochs, seed, signal };
  const tested = await fitSeries(values, { ...fit, rows: test[0] });
  const { rows, means } = predictSeries(tested, values, test[0]);
  const errors: Record<string, number> = { network: rootMeanSquare(values, rows, (_, i) => means[i] as number[]) };
  for (const [name, baseline] of Object.entries(baselines))
    errors[name] = rootMeanSquare(values, rows, (start) => baseline(values, start, horizon, season));
  const seconds = (performance.now() - begun) / 1000;
  if (!json) {
    const list = Object.entries(errors).map(([name, error]) => `  ${name.padEnd(24)} ${error.toPrecision(4)}\n`);
    out.write(
      [
        `${column}: ${values.length} rows, ${season > 1 ? `a season of ${season}` : 'no season found'}; windows of ${window}, ${horizon} ahead\n`,
        `Root mean square error on the last ${values.length - test[0]} rows, which were not trained on:\n`,
        ...list,
        `${tested.epochs} epochs; ${seconds.toFixed(1)} s\n`,
      ].join(''),
    );
  }
  if (given.out !== undefined) {
    const { model, windows } = await fitSeries(values, { ...fit, rows: values.length });
    const history = Array.from(values.slice(-Math.max(keptRows, windows.reach, season + 1, 4 * season)));
    const metadata = { [seriesMetadata]: JSON.stringify({ version: 1, column, season, windows, history }) };
    await save(model, given.out, { metadata });
    if (!json)
      out.write(
        `Saved to ${given.out}, trained on all rows. Try: myelin forecast ${given.out} --steps ${Math.max(horizon, season)}\n`,
      );
  }
  if (json) {
    const sizes = { rows: values.length, testRows: values.length - test[0], season, window, horizon, epochs: tested.epochs };
    out.write(`${JSON.stringify({ event: 'done', column, ...sizes, rmse: errors, seconds })}\n`);
  }
}

const text = { type: 'string' } as const;

/** `myelin train series`. */
export const trainSeries: TrainTask = {
  help,
  options: {
    ...{ data: text, column: text, horizon: text, window: text, season: text, epochs: text, seed: text, out: text },
    json: { type: 'boolean', default: false },
  },
  async run(values, surroundings) {
    try {
      await trainAndReport(values as unknown as SeriesValues, surroundings);
      return exitCodes.success;
    } catch (error) {
      if (!surroundings.signal.aborted) throw error;
      surroundings.err.write('myelin: stopped; nothing was saved\n');
      return exitCodes.interrupted;
    }
  },
};
