import type { NumberColumn } from '../data/column.js';
import { readTable } from '../data/readTable.js';
import { ArgumentError } from '../errors.js';
import { UsageError } from './command.js';

/** Under this name what belongs to a model of a series lies in the metadata of its file. */
export const seriesMetadata = 'myelin.series';

/** A column of a file as a series: its numbers in the order of the rows. */
export async function openSeries(file: string, column: string): Promise<Float64Array> {
  const table = await readTable(file);
  if (!table.has(column))
    throw new UsageError(`[--column] expected a column of ${file} (${table.names.join(', ')}), received '${column}'`);
  const { values } = table.columnAs(column, 'number') as NumberColumn;
  const missing = values.findIndex((value) => !Number.isFinite(value));
  if (missing >= 0)
    throw new ArgumentError(`[--column] expected a number in each row of '${column}', received none in row ${missing + 1}`);
  return values;
}
