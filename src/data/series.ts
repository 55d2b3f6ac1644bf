/** Time series as plain numbers: rows are steps in time, columns variables. */
import { ArgumentError, describe, ShapeError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** One variable, or rows of several: numbers, arrays of them, or a tensor [time] or [time, variables]. */
export type Series = ArrayLike<number> | readonly (readonly number[])[] | Tensor;

/** Rows of a series, the last one excluded. */
export type RowRange = readonly [start: number, end: number];

export interface SeriesSplit {
  readonly training: RowRange;
  readonly validation: RowRange;
  readonly test: RowRange;
}

/** A series, row by row. */
export interface SeriesValues {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

function tensorValues(where: string, series: Tensor): SeriesValues {
  if (series.rank !== 1 && series.rank !== 2)
    throw new ShapeError(`[${where}] expected a series [time] or [time, variables], received shape ${shapeText(series.shape)}`);
  const [rows, columns = 1] = series.shape as [number, number?];
  return { rows, columns, values: Float64Array.from(series.array) };
}

/** The numbers of a series. */
export function seriesValues(where: string, series: Series): SeriesValues {
  if (series instanceof Tensor) return tensorValues(where, series);
  if (typeof series !== 'object' || series === null || typeof series.length !== 'number')
    throw new ArgumentError(`[${where}] expected a series of numbers or rows, received ${describe(series)}`);
  const list = Array.from<unknown>(series as ArrayLike<unknown>);
  const columns = Array.isArray(list[0]) ? list[0].length : 1;
  const values = list.flatMap((row, i) => {
    const numbers: unknown[] = Array.isArray(row) ? row : [row];
    if (numbers.length !== columns || !numbers.every((value) => typeof value === 'number'))
      throw new ArgumentError(`[${where}] expected ${columns} numbers in each row, received ${describe(row)} in row ${i}`);
    return numbers as number[];
  });
  return { rows: list.length, columns, values: Float64Array.from(values) };
}

/**
 * Cuts a series in time: what is tested on comes last, what validates before it, so that nothing learnt comes from the future.
 *
 * @param rows of the series
 * @param options shares: `validation` (default 0) and `test` (default 0.2)
 * @example
 * splitSeries(100, { test: 0.2 }); // training [0, 80], validation [80, 80], test [80, 100]
 */
export function splitSeries(rows: number, options: { validation?: number; test?: number } = {}): SeriesSplit {
  const where = 'splitSeries';
  checkKeys(where, options, ['validation', 'test']);
  checkInteger(where, 'rows', rows, 0);
  const { validation = 0, test = 0.2 } = options;
  for (const [name, share] of Object.entries({ validation, test, 'validation + test': validation + test })) {
    if (!(share >= 0 && share <= 1))
      throw new ArgumentError(`[${where}] expected ${name} to be a share from 0 to 1, received ${describe(share)}`);
  }
  // Shares are decimal fractions: 1 - 0.3 - 0.1 is a little less than 0.6.
  const end = (share: number): number => Math.floor(rows * share + 1e-9);
  const [trained, validated] = [end(1 - validation - test), end(1 - test)];
  return { training: [0, trained], validation: [trained, validated], test: [validated, rows] };
}
