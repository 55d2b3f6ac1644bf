import { SeriesWindows } from '../data/seriesWindows.js';
import { FormatError } from '../errors.js';
import { atomicWrite } from '../io/atomicWrite.js';
import { load } from '../io/model.js';
import { readSafetensors } from '../io/safetensors.js';
import type { Sequential } from '../layers/index.js';
import { type Command, exitCodes, integerOption, parseCommand, UsageError } from './command.js';
import { drawForecast } from './forecastPicture.js';
import { forecastSeries } from './seriesModel.js';
import { seriesMetadata } from './seriesSource.js';
import { baselines } from './trainSeries.js';
import { checkWritable } from './writable.js';

interface SavedSeries {
  readonly column: string;
  readonly season: number;
  readonly windows: SeriesWindows;
  readonly history: Float64Array;
}

/** What lies beside the model of a series. */
async function readSeries(file: string): Promise<SavedSeries> {
  const text = (await readSafetensors(file)).metadata.get(seriesMetadata);
  if (text === undefined)
    throw new FormatError(`[myelin forecast] expected a model of myelin train series in ${file}, received another`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`[myelin forecast] expected JSON in ${seriesMetadata} of ${file}, received other text`, { cause });
  }
  const { version, column, season, windows, history } = (json ?? {}) as Readonly<Record<string, unknown>>;
  const numbers = Array.isArray(history) && history.length > 0 && history.every(Number.isFinite);
  if (version !== 1 || typeof column !== 'string' || !Number.isInteger(season) || (season as number) < 1 || !numbers)
    throw new FormatError(`[myelin forecast] expected a series of version 1 in ${file}, received something else`);
  return { column, season: season as number, windows: SeriesWindows.fromJSON(windows), history: Float64Array.from(history) };
}

/** `myelin forecast FILE --steps N`. */
export const forecastCommand: Command = {
  summary: 'forecast a series with a saved model',
  help: `Usage: myelin forecast FILE --steps N [--picture FILE.svg] [--seed N] [--json]

Writes the values that a saved model expects behind the end of its series, as CSV: the forecast, the ends of the interval that 90 of 100
possible paths stay in, and beside them forecasts that learn nothing.

Arguments:
  FILE             a model, as written by myelin train series --out FILE

Options:
  --steps N        how many (default: as many as the model forecasts at once)
  --picture FILE   draws history, forecast and interval as SVG
  --seed N         of the paths (default 0)
  --json           JSON lines instead of CSV
`,
  async run(args, { out }) {
    const text = { type: 'string' } as const;
    const options = { steps: text, picture: text, seed: text, json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseCommand('forecast', args, options, ['the file of a model']);
    const file = positionals[0] as string;
    integerOption('steps', values.steps, 1, 1, 100_000);
    const seed = integerOption('seed', values.seed, 0, 0, 2 ** 31 - 1);
    if (values.picture !== undefined && !/\.svg$/i.test(values.picture))
      throw new UsageError(`[--picture] expected a file .svg, received '${values.picture}'`);
    if (values.picture !== undefined) await checkWritable(values.picture, '--picture');
    const { column, season, windows, history } = await readSeries(file);
    const model = await load<Sequential>(file);
    const steps = integerOption('steps', values.steps, windows.horizon, 1, 100_000);
    const forecast = forecastSeries(windows, model, history, steps, seed);
    const beside = Object.entries(baselines).map(
      ([name, baseline]) => [name, baseline(history, history.length, steps, season)] as const,
    );
    const rows = forecast.mean.map((value, i) => ({
      step: i + 1,
      forecast: value,
      low: forecast.low[i] as number,
      high: forecast.high[i] as number,
      ...Object.fromEntries(beside.map(([name, others]) => [name, others[i] as number])),
    }));
    const number = (value: number): string => String(Number(value.toPrecision(8)));
    const lines = values.json
      ? rows.map((row) => JSON.stringify(row))
      : [Object.keys(rows[0] as object).join(','), ...rows.map((row) => Object.values(row).map(number).join(','))];
    out.write(`${lines.join('\n')}\n`);
    if (values.picture !== undefined) {
      const [name, drift] = beside[beside.length - 1] as readonly [string, number[]];
      const shown = Math.min(history.length, Math.max(5 * season, 2 * steps, 60));
      const picture = { title: column, history: Array.from(history.slice(-shown)), forecast, baseline: { name, values: drift } };
      await atomicWrite(values.picture, [new TextEncoder().encode(drawForecast(picture))]);
    }
    return exitCodes.success;
  },
};
