import { extname } from 'node:path';
import { FormatError } from '../errors.js';
import { allocateBytes, readFully, withRegularFile } from '../io/regularFile.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { type CsvOptions, readCsv } from './csv.js';
import { Table, type TableOptions, tableOptionKeys } from './table.js';

export interface JsonRowsOptions extends TableOptions {
  /** More is an error; default 512 MiB, about what a text may have. */
  maxBytes?: number;
}

/** The rows of a JSON file: an array of objects with plain values. */
export async function readJsonRows(file: string, options: JsonRowsOptions = {}): Promise<Table> {
  const where = 'readJsonRows';
  checkKeys(where, options, ['maxBytes', ...tableOptionKeys]);
  const { maxBytes = 2 ** 29 - 2 ** 10, ...tableOptions } = options;
  checkInteger(where, 'maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  const bytes = await withRegularFile(where, file, async (handle, size) => {
    if (size > maxBytes) throw new FormatError(`[${where}] expected at most ${maxBytes} bytes in ${file}, received ${size}`);
    const all = allocateBytes(where, size);
    await readFully(where, handle, all, 0);
    return all;
  });
  let rows: unknown;
  try {
    rows = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError(`[${where}] expected JSON in ${file}, received other text: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(rows)) throw new FormatError(`[${where}] expected an array of rows in ${file}, received ${typeof rows}`);
  return Table.fromRows(rows, tableOptions);
}

/** A table of a file: rows of JSON where its name ends in .json, else CSV (where it ends in .tsv, by tabs). */
export async function readTable(file: string, options: CsvOptions = {}): Promise<Table> {
  const ending = typeof file === 'string' ? extname(file).toLowerCase() : '';
  if (ending === '.json') return readJsonRows(file, options);
  return readCsv(file, ending === '.tsv' ? { delimiter: '\t', ...options } : options);
}
