/** Forecasts that learn nothing: what a model of a time series has to beat. */
import { ArgumentError, ShapeError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { type Series, seriesValues } from './series.js';

/** Of a series of one variable, from the values before row `start` alone: the next `horizon` values. */
export type Baseline = (series: Series, start: number, horizon: number, season: number) => number[];

/** The values of a series of one variable. */
function valuesOf(where: string, series: Series): Float64Array {
  const { values, columns } = seriesValues(where, series);
  if (columns !== 1) throw new ShapeError(`[${where}] expected a series of one variable, received ${columns}`);
  return values;
}

function check(where: string, values: Float64Array, start: number, horizon: number, season: number, reach: number): void {
  checkInteger(where, 'horizon', horizon, 0);
  checkInteger(where, 'season', season, 1);
  checkInteger(where, 'start', start, 0, values.length);
  if (start < reach)
    throw new ArgumentError(`[${where}] expected at least ${reach} values before the forecast, received ${start}`);
}

/** The last value goes on. */
export const persistence: Baseline = (series, start, horizon, season) => {
  const values = valuesOf('persistence', series);
  check('persistence', values, start, horizon, season, 1);
  return new Array<number>(horizon).fill(values[start - 1] as number);
};

/** The value of a season before. */
export const seasonalNaive: Baseline = (series, start, horizon, season) => {
  const values = valuesOf('seasonalNaive', series);
  check('seasonalNaive', values, start, horizon, season, season);
  return Array.from({ length: horizon }, (_, step) => values[start - season + (step % season)] as number);
};

/** The value of a season before, and for each season gone by the change over the last one. */
export const seasonalNaiveWithDrift: Baseline = (series, start, horizon, season) => {
  const values = valuesOf('seasonalNaiveWithDrift', series);
  check('seasonalNaiveWithDrift', values, start, horizon, season, season + 1);
  const drift = (values[start - 1] as number) - (values[start - 1 - season] as number);
  return seasonalNaive(values, start, horizon, season).map((value, step) => value + drift * (Math.floor(step / season) + 1));
};

/**
 * The length of the season of a series: where its steps, value less value before, are most like themselves so many rows earlier.
 * 1 where they are not much like themselves anywhere (a correlation of less than 0.3).
 *
 * @param series of one variable, a few seasons of it; seasons of more than a third of it, or of more than 400 rows, are not found
 */
export function findSeason(series: Series): number {
  const values = valuesOf('findSeason', series);
  const steps = values.slice(1).map((value, i) => value - (values[i] as number));
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  const power = steps.reduce((sum, step) => sum + (step - mean) ** 2, 0);
  const likeness = (lag: number): number => {
    let sum = 0;
    for (let i = lag; i < steps.length; i++) sum += ((steps[i] as number) - mean) * ((steps[i - lag] as number) - mean);
    return sum / power / (1 - lag / steps.length);
  };
  const longest = Math.min(400, Math.floor(values.length / 3));
  const likenesses = Array.from({ length: Math.max(0, longest + 2) }, (_, lag) => (lag < 2 ? 1 : likeness(lag)));
  const isPeak = (lag: number): boolean => {
    const [before, here, after] = likenesses.slice(lag - 1, lag + 2) as [number, number, number];
    return here > before && here >= after;
  };
  const peaks = Array.from({ length: Math.max(0, longest - 1) }, (_, i) => i + 2).filter(isPeak);
  const best = peaks.reduce((most, lag) => Math.max(most, likenesses[lag] as number), 0);
  // Two seasons are as much alike as one: the first peak that comes near the best counts.
  return best < 0.3 ? 1 : (peaks.find((lag) => (likenesses[lag] as number) >= 0.8 * best) as number);
}
