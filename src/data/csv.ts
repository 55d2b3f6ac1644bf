/** CSV as tables, by csv-parse: RFC 4180, with limits, and typed errors for what is not of that form. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { type Options as CsvParseOptions, parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import { ArgumentError, describe, FormatError } from '../errors.js';
import { allocateBytes, readFully, withRegularFile } from '../io/regularFile.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { Table, type TableOptions, tableOptionKeys } from './table.js';

export interface CsvOptions extends TableOptions {
  /** Between the fields of a line; by default that of comma, semicolon, tab and bar which the first line has most often. */
  delimiter?: string;
  /** Names of the columns, for a file whose first line is data; by default the first line holds them. */
  columns?: readonly string[];
  /** Lines that begin with this text are left out; default none. */
  comment?: string;
  /** Limits: more is an error. Defaults 10,000,000 rows, 10,000 columns, 1 MiB a row, 1 GiB in all. */
  maxRows?: number;
  maxColumns?: number;
  maxRowBytes?: number;
  maxBytes?: number;
}

const optionKeys = ['delimiter', 'columns', 'comment', 'maxRows', 'maxColumns', 'maxRowBytes', 'maxBytes', ...tableOptionKeys];
const delimiters = [',', ';', '\t', '|'];
/** Bytes that are parsed before the event loop turns. */
const pieceBytes = 2 ** 18;

interface Limits {
  maxRows: number;
  maxColumns: number;
  maxRowBytes: number;
  maxBytes: number;
}

function limitsOf(where: string, options: CsvOptions): Limits {
  const { maxRows = 1e7, maxColumns = 1e4, maxRowBytes = 2 ** 20, maxBytes = 2 ** 30 } = options;
  const limits = { maxRows, maxColumns, maxRowBytes, maxBytes };
  for (const [name, value] of Object.entries(limits)) checkInteger(where, name, value, 1, Number.MAX_SAFE_INTEGER);
  return limits;
}

function checkCsvOptions(where: string, options: CsvOptions): Limits {
  checkKeys(where, options, optionKeys);
  const { delimiter, columns, comment } = options;
  for (const [name, text] of Object.entries({ delimiter, comment })) {
    if (text !== undefined && (typeof text !== 'string' || text === ''))
      throw new ArgumentError(`[${where}] expected ${name} to be a text, received ${describe(text)}`);
  }
  if (columns !== undefined && (!Array.isArray(columns) || columns.some((name) => typeof name !== 'string')))
    throw new ArgumentError(`[${where}] expected columns to be a list of names, received ${describe(columns)}`);
  return limitsOf(where, options);
}

/** What separates the fields of the first line that is not empty or a comment: the candidate that stands there most often, outside of quotes. */
function guessDelimiter(bytes: Uint8Array, comment: string | undefined): string {
  const start = new TextDecoder().decode(bytes.subarray(0, 2 ** 16));
  const lines = start.split(/\r\n|\n|\r/);
  const line = lines.find((text) => text.trim() !== '' && !(comment !== undefined && text.startsWith(comment))) ?? '';
  const bare = line.replace(/"[^"]*"/g, '');
  const counts = delimiters.map((delimiter) => bare.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] as string;
}

/** Takes records in, and makes a table of them. */
class Collector {
  private names: readonly string[] | undefined;
  private cells: string[][] = [];

  constructor(
    private readonly where: string,
    private readonly options: CsvOptions,
    private readonly limits: Limits,
  ) {
    if (options.columns !== undefined) this.begin(options.columns);
  }

  add(record: readonly string[]): void {
    if (this.names === undefined) {
      this.begin(record);
      return;
    }
    if (record.length !== this.names.length)
      this.fail(`rows of ${this.names.length} fields`, `${record.length} in row ${(this.cells[0]?.length ?? 0) + 1}`);
    for (const [i, text] of record.entries()) (this.cells[i] as string[]).push(text);
    if ((this.cells[0]?.length ?? 0) > this.limits.maxRows) this.fail(`at most ${this.limits.maxRows} rows`, 'more');
  }

  table(): Table {
    if (this.names === undefined) this.fail('a first line with the names of the columns', 'nothing');
    const { types, missing } = this.options;
    return Table.fromCells(this.where, this.names, this.cells, {
      ...(types === undefined ? {} : { types }),
      ...(missing === undefined ? {} : { missing }),
    });
  }

  private begin(names: readonly string[]): void {
    if (names.length > this.limits.maxColumns) this.fail(`at most ${this.limits.maxColumns} columns`, `${names.length}`);
    this.names = names;
    this.cells = names.map(() => []);
  }

  private fail(expected: string, received: string): never {
    throw new FormatError(`[${this.where}] expected ${expected}, received ${received}`);
  }
}

/** How csv-parse is to read; what it reads goes to the collector, and nothing comes out of it. */
function parserOptions(bytes: Uint8Array, options: CsvOptions, limits: Limits, collector: Collector): CsvParseOptions<string[]> {
  const { comment, delimiter = guessDelimiter(bytes, comment) } = options;
  return {
    bom: true,
    delimiter,
    max_record_size: limits.maxRowBytes,
    skip_empty_lines: true,
    trim: true,
    ...(comment === undefined ? {} : { comment, comment_no_infix: true }),
    on_record: (record) => {
      collector.add(record);
      return null;
    },
  };
}

/** What csv-parse says, as an error of this library. */
function csvError(where: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (error instanceof FormatError || typeof code !== 'string' || !/^(CSV_|INVALID_)/.test(code)) return error;
  return new FormatError(`[${where}] expected CSV, received text that is not: ${message}`, { cause: error });
}

function checkSize(where: string, bytes: number, limits: Limits): void {
  if (bytes > limits.maxBytes) throw new FormatError(`[${where}] expected at most ${limits.maxBytes} bytes, received ${bytes}`);
}

/**
 * A table of CSV in memory. Kinds of columns are found from their cells.
 *
 * @throws FormatError where the text is not CSV, has lines of different lengths, or exceeds a limit.
 * @example
 * const table = parseCsv('length,species\n5.1,setosa\n7,versicolor\n');
 */
export function parseCsv(csv: string | Uint8Array, options: CsvOptions = {}): Table {
  const where = 'parseCsv';
  const limits = checkCsvOptions(where, options);
  if (typeof csv !== 'string' && !(csv instanceof Uint8Array))
    throw new ArgumentError(`[${where}] expected a text or its bytes, received ${describe(csv)}`);
  const bytes = typeof csv === 'string' ? Buffer.from(csv) : Buffer.from(csv.buffer, csv.byteOffset, csv.byteLength);
  checkSize(where, bytes.length, limits);
  const collector = new Collector(where, options, limits);
  try {
    parseSync(bytes, parserOptions(bytes, options, limits, collector));
  } catch (error) {
    throw csvError(where, error);
  }
  return collector.table();
}

/** Pieces of bytes, between which the event loop turns. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    yield bytes.subarray(start, start + pieceBytes);
    await setImmediate();
  }
}

/** A table of a CSV file; the event loop turns while it is read. */
export async function readCsv(file: string, options: CsvOptions = {}): Promise<Table> {
  const where = 'readCsv';
  const limits = checkCsvOptions(where, options);
  const bytes = await withRegularFile(where, file, async (handle, size) => {
    checkSize(where, size, limits);
    const all = allocateBytes(where, size);
    await readFully(where, handle, all, 0);
    return all;
  });
  const collector = new Collector(where, options, limits);
  const parser = parse(parserOptions(bytes, options, limits, collector));
  parser.resume();
  try {
    await pipeline(Readable.from(pieces(bytes)), parser);
  } catch (error) {
    throw csvError(where, error);
  }
  return collector.table();
}
