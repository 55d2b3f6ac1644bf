import { exampleTable, exampleTableNames } from '../data/exampleTables.js';
import { readTable } from '../data/readTable.js';
import type { Table, TableOptions } from '../data/table.js';
import { UsageError } from './command.js';

/** The rows that `--data` names, and what one would predict of them, if that is known. */
export interface TableSource {
  readonly table: Table;
  readonly target: string | undefined;
}

/** Under this name the encoders lie in the metadata of a model's file. */
export const tableMetadata = 'myelin.table';

const fileEnding = /\.(csv|tsv|json)$/i;

/** What `--data` may be, for help and errors. */
export const tableSources = `${exampleTableNames.join(', ')} or a file .csv, .tsv or .json`;

/** Throws a UsageError unless this can name a table. */
export function checkTableName(name: string, others: readonly string[] = []): void {
  if (!exampleTableNames.includes(name) && !fileEnding.test(name))
    throw new UsageError(`[--data] expected ${[...others, tableSources].join(', ')}, received '${name}'`);
}

/** Reads the table that `--data` names. */
export async function openTable(name: string, types: NonNullable<TableOptions['types']> = {}): Promise<TableSource> {
  if (exampleTableNames.includes(name)) return exampleTable(name);
  return { table: await readTable(name, { types }), target: undefined };
}
