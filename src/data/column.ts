/** Columns of a table: what the cells of a file are taken for. */
import { ArgumentError, describe, FormatError } from '../errors.js';

/** A value as CSV and JSON have them. */
export type Cell = string | number | boolean | null | undefined;

/** `number`; `date`: an ISO day or time, which becomes a number of days; `category`: one of a set of texts. */
export type ColumnKind = 'number' | 'date' | 'category';

/** Numbers, or days since 1970-01-01. NaN where missing. */
export interface NumberColumn {
  readonly kind: 'number' | 'date';
  readonly values: Float64Array;
}

/** Indices into the sorted categories. -1 where missing. */
export interface CategoryColumn {
  readonly kind: 'category';
  readonly codes: Int32Array;
  readonly categories: readonly string[];
}

export type Column = NumberColumn | CategoryColumn;

export const columnKinds: readonly ColumnKind[] = ['number', 'date', 'category'];

/** Texts that mean that there is no value, as spreadsheets and statistics programs write it. */
export const missingTexts: readonly string[] = ['', '.', '-', '?', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None'];

const numeric = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const isoDate = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const dayMilliseconds = 86_400_000;

/** A number that a cell states; NaN if it states none. */
function numberOf(cell: Exclude<Cell, null | undefined>): number {
  if (typeof cell === 'number') return cell;
  return typeof cell === 'string' && numeric.test(cell) ? Number(cell) : Number.NaN;
}

/** Days since 1970-01-01; without a zone, in UTC, so that it does not depend on where the program runs. */
function daysOf(cell: Exclude<Cell, null | undefined>): number {
  if (typeof cell !== 'string' || !isoDate.test(cell)) return Number.NaN;
  const zoned = cell.length === 10 || /(Z|[+-]\d{2}:?\d{2})$/.test(cell.slice(10)) ? cell : `${cell}Z`;
  return Date.parse(zoned.replace(' ', 'T')) / dayMilliseconds;
}

/** The cells without what stands for no value. */
function present(cells: readonly Cell[], missing: ReadonlySet<string>): (Exclude<Cell, null | undefined> | null)[] {
  return cells.map((cell) => {
    if (cell === null || cell === undefined || (typeof cell === 'number' && Number.isNaN(cell))) return null;
    const trimmed = typeof cell === 'string' ? cell.trim() : cell;
    return typeof trimmed === 'string' && missing.has(trimmed) ? null : trimmed;
  });
}

function infer(cells: readonly (Exclude<Cell, null | undefined> | null)[]): ColumnKind {
  const known = cells.filter((cell) => cell !== null);
  if (known.length === 0) return 'category';
  if (known.every((cell) => Number.isFinite(numberOf(cell)))) return 'number';
  return known.every((cell) => Number.isFinite(daysOf(cell))) ? 'date' : 'category';
}

/** A column of cells: of the kind given, or of the narrowest kind that takes them all. */
export function makeColumn(
  where: string,
  name: string,
  cells: readonly Cell[],
  missing: ReadonlySet<string>,
  wanted?: ColumnKind,
): Column {
  const known = present(cells, missing);
  const kind = wanted ?? infer(known);
  if (kind === 'category') {
    const categories = [...new Set(known.filter((cell) => cell !== null).map(String))].sort();
    const codes = new Map(categories.map((category, code) => [category, code]));
    return {
      kind,
      categories,
      codes: Int32Array.from(known, (cell) => (cell === null ? -1 : (codes.get(String(cell)) as number))),
    };
  }
  const read = kind === 'number' ? numberOf : daysOf;
  const values = Float64Array.from(known, (cell) => (cell === null ? Number.NaN : read(cell)));
  const wrong = values.findIndex((value, row) => known[row] !== null && !Number.isFinite(value));
  if (wrong >= 0) {
    throw new FormatError(
      `[${where}] expected ${kind === 'number' ? 'finite numbers' : 'ISO dates'} in column '${name}', received ${JSON.stringify(known[wrong])} in row ${wrong + 1}`,
    );
  }
  return { kind, values };
}

/** The value of a row: a number, an ISO date or a text; null where missing. */
export function cellOf(column: Column, row: number): string | number | null {
  if (column.kind === 'category') return column.categories[column.codes[row] as number] ?? null;
  const value = column.values[row] as number;
  if (Number.isNaN(value)) return null;
  if (column.kind === 'number') return value;
  const text = new Date(value * dayMilliseconds).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text;
}

/** The column at these rows, in that order. */
export function takeRows(column: Column, rows: ArrayLike<number>): Column {
  if (column.kind !== 'category')
    return { kind: column.kind, values: Float64Array.from(rows, (row) => column.values[row] as number) };
  return {
    kind: 'category',
    categories: column.categories,
    codes: Int32Array.from(rows, (row) => column.codes[row] as number),
  };
}

/** Whether there is no value in a row. */
export function isMissing(column: Column, row: number): boolean {
  return column.kind === 'category' ? column.codes[row] === -1 : Number.isNaN(column.values[row]);
}

/** Throws unless `kind` is one. */
export function checkKind(where: string, name: string, kind: unknown): asserts kind is ColumnKind {
  if (!columnKinds.includes(kind as ColumnKind))
    throw new ArgumentError(
      `[${where}] expected the kind of '${name}' to be one of ${columnKinds.join(', ')}, received ${describe(kind)}`,
    );
}
