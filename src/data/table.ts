/** Rows of named, typed columns: what files of CSV and JSON rows become. */
import { ArgumentError, checkOptions, describe, FormatError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import {
  type Cell,
  type Column,
  type ColumnKind,
  cellOf,
  checkKind,
  isMissing,
  makeColumn,
  missingTexts,
  takeRows,
} from './column.js';

export interface TableOptions {
  /** Kinds of columns, by name; those of others are found from their cells. Columns that are not there do not matter. */
  types?: Readonly<Record<string, ColumnKind>>;
  /** Texts that mean that there is no value; default '', '.', '-', '?', 'NA', 'N/A', 'NaN', 'null', 'None' and the like. */
  missing?: readonly string[];
}

/** Option names, for those who check options of their own. */
export const tableOptionKeys: readonly string[] = ['types', 'missing'];

/** A row as plain values: numbers, ISO dates and texts; null where there is no value. */
export type Row = Record<string, string | number | null>;

function checkTableOptions(where: string, options: TableOptions): void {
  checkOptions(where, options);
  const { types = {}, missing = missingTexts } = options;
  checkOptions(where, types);
  for (const [name, kind] of Object.entries(types)) checkKind(where, name, kind);
  if (!Array.isArray(missing) || missing.some((text) => typeof text !== 'string'))
    throw new ArgumentError(`[${where}] expected missing to be a list of texts, received ${describe(missing)}`);
}

/** Throws unless `rows` is a list of rows of a table of this length. */
export function checkRows(where: string, rows: unknown, length: number): asserts rows is ArrayLike<number> {
  if (!Array.isArray(rows) && !(ArrayBuffer.isView(rows) && !(rows instanceof DataView)))
    throw new ArgumentError(`[${where}] expected a list of rows, received ${describe(rows)}`);
  for (const row of rows as unknown as Iterable<unknown>) checkInteger(where, 'a row', row, 0, length - 1);
}

/** Throws unless `table` is one. */
export function checkTable(where: string, table: unknown): asserts table is Table {
  if (!(table instanceof Table)) throw new ArgumentError(`[${where}] expected a table, received ${describe(table)}`);
}

/** Names that are distinct; an empty one becomes `column 3`. */
function checkNames(where: string, names: readonly string[]): string[] {
  const given = names.map((name, i) => (name.trim() === '' ? `column ${i + 1}` : name.trim()));
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) throw new FormatError(`[${where}] expected distinct names of columns, received '${twice}' twice`);
  return given;
}

/**
 * An immutable table. Made by `Table.fromRows`, `parseCsv`, `readTable` and the like.
 *
 * @example
 * const table = Table.fromRows([{ length: 5.1, species: 'setosa' }, { length: 7, species: 'versicolor' }]);
 */
export class Table {
  readonly length: number;
  private readonly columns: ReadonlyMap<string, Column>;

  /** @internal */
  constructor(columns: ReadonlyMap<string, Column>, length: number) {
    this.columns = columns;
    this.length = length;
  }

  /** @internal From cells by column. */
  static fromCells(where: string, names: readonly string[], cells: readonly (readonly Cell[])[], options: TableOptions): Table {
    checkTableOptions(where, options);
    const missing = new Set(options.missing ?? missingTexts);
    const types = new Map(Object.entries(options.types ?? {}));
    const columns = new Map<string, Column>();
    for (const [i, name] of checkNames(where, names).entries())
      columns.set(name, makeColumn(where, name, cells[i] as readonly Cell[], missing, types.get(name)));
    return new Table(columns, cells[0]?.length ?? 0);
  }

  /** From objects with one field for each column; a field that an object has not is missing there. */
  static fromRows(rows: readonly Readonly<Record<string, Cell>>[], options: TableOptions = {}): Table {
    const where = 'Table';
    if (!Array.isArray(rows)) throw new ArgumentError(`[${where}] expected an array of rows, received ${describe(rows)}`);
    const cells = new Map<string, Cell[]>();
    for (const [row, fields] of rows.entries()) {
      if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
        throw new FormatError(`[${where}] expected rows to be objects, received ${describe(fields)} as row ${row + 1}`);
      for (const [name, cell] of Object.entries(fields)) {
        if (typeof cell === 'object' && cell !== null)
          throw new FormatError(
            `[${where}] expected plain values in column '${name}', received ${describe(cell)} in row ${row + 1}`,
          );
        let column = cells.get(name);
        if (column === undefined) {
          column = new Array<Cell>(rows.length).fill(null);
          cells.set(name, column);
        }
        column[row] = cell as Cell;
      }
    }
    const table = Table.fromCells(where, [...cells.keys()], [...cells.values()], options);
    return new Table(table.columns, rows.length);
  }

  /** Names of the columns, in order. */
  get names(): string[] {
    return [...this.columns.keys()];
  }

  has(name: string): boolean {
    return this.columns.has(name);
  }

  /** A column: kind and values. Not to be changed. */
  column(name: string): Column {
    const column = this.columns.get(name);
    if (column === undefined)
      throw new ArgumentError(`[Table] expected the name of a column (${this.names.join(', ')}), received ${describe(name)}`);
    return column;
  }

  /** The column as one of this kind. */
  columnAs(name: string, kind: ColumnKind): Column {
    const column = this.column(name);
    checkKind('Table', name, kind);
    if (column.kind === kind) return column;
    const cells = Array.from({ length: this.length }, (_, row) => cellOf(column, row));
    return makeColumn('Table', name, cells, new Set(), kind);
  }

  /** The table of these rows, in that order. */
  take(rows: ArrayLike<number>): Table {
    checkRows('Table', rows, this.length);
    return new Table(new Map([...this.columns].map(([name, column]) => [name, takeRows(column, rows)])), rows.length);
  }

  /** The rows in which a column has a value. */
  rowsWith(name: string): Int32Array {
    const column = this.column(name);
    return Int32Array.from({ length: this.length }, (_, row) => row).filter((row) => !isMissing(column, row));
  }

  /** The rows as objects. */
  toRows(): Row[] {
    const columns = [...this.columns];
    return Array.from({ length: this.length }, (_, row) =>
      Object.fromEntries(columns.map(([name, column]) => [name, cellOf(column, row)])),
    );
  }

  /** Rows and columns with their kinds. */
  toString(): string {
    const kinds = [...this.columns].map(([name, column]) => {
      const missing = this.length - this.rowsWith(name).length;
      const values = column.kind === 'category' ? ` of ${column.categories.length}` : '';
      return `${name}: ${column.kind}${values}${missing > 0 ? `, ${missing} missing` : ''}`;
    });
    return `Table of ${this.length} rows (${kinds.join('; ')})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
