/** How one column becomes numbers that a network learns from well. Fitted to some rows, kept as plain JSON. */
import { ArgumentError, FormatError } from '../errors.js';
import { type CategoryColumn, type Column, isMissing, type NumberColumn } from './column.js';

/** `standard`: (v - mean) / deviation; `minMax`: (v - min) / (max - min); `none`: v. */
export type Scale = 'standard' | 'minMax' | 'none';
/** What stands for a missing number. */
export type Impute = 'mean' | 'median' | 'zero';

export const scales: readonly Scale[] = ['standard', 'minMax', 'none'];
export const imputes: readonly Impute[] = ['mean', 'median', 'zero'];

/** Numbers and dates: (v - shift) / scale, with `fill` for v where missing, and, if rows lacked it when this was fitted, 1 there in a second feature. */
export interface NumberEncoding {
  readonly kind: 'number' | 'date';
  readonly name: string;
  readonly shift: number;
  readonly scale: number;
  readonly fill: number;
  readonly indicator: boolean;
}

/** Categories: one feature each, 1 for that of the row; another for missing, if rows lacked it. Unknown categories are 0 in all. */
export interface CategoryEncoding {
  readonly kind: 'category';
  readonly name: string;
  readonly categories: readonly string[];
  readonly indicator: boolean;
}

export type ColumnEncoding = NumberEncoding | CategoryEncoding;

/** Shift and scale for numbers. A column that never changes keeps the scale 1, and becomes 0. */
export function fitScale(values: Float64Array, scale: Scale): { shift: number; scale: number } {
  if (scale === 'none' || values.length === 0) return { shift: 0, scale: 1 };
  if (scale === 'minMax') {
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    return { shift: low as number, scale: (high as number) - (low as number) || 1 };
  }
  const mean = meanOf(values);
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { shift: mean, scale: Math.sqrt(variance) || 1 };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

function medianOf(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Fits a column of numbers or dates to its values in the rows given. */
function fitNumber(name: string, column: NumberColumn, rows: Int32Array, scale: Scale, impute: Impute): NumberEncoding {
  const known = Float64Array.from(rows, (row) => column.values[row] as number).filter((value) => !Number.isNaN(value));
  const fill = impute === 'zero' || known.length === 0 ? 0 : impute === 'mean' ? meanOf(known) : medianOf(known);
  return { kind: column.kind, name, ...fitScale(known, scale), fill, indicator: known.length < rows.length };
}

function fitCategory(name: string, column: CategoryColumn, rows: Int32Array): CategoryEncoding {
  const codes = new Set(Array.from(rows, (row) => column.codes[row] as number));
  const categories = column.categories.filter((_, code) => codes.has(code));
  return { kind: 'category', name, categories, indicator: codes.has(-1) };
}

/** Fits a column to the rows given, and to no others. */
export function fitColumn(name: string, column: Column, rows: Int32Array, scale: Scale, impute: Impute): ColumnEncoding {
  return column.kind === 'category' ? fitCategory(name, column, rows) : fitNumber(name, column, rows, scale, impute);
}

/** Names of the features that it gives. */
export function featureNames(encoding: ColumnEncoding): string[] {
  const own = encoding.kind === 'category' ? encoding.categories.map((text) => `${encoding.name}=${text}`) : [encoding.name];
  return encoding.indicator ? [...own, `${encoding.name} missing`] : own;
}

/** Writes the features of all rows into a matrix of `stride` columns, from column `offset`; cells that it leaves are 0. */
export function encodeColumn(encoding: ColumnEncoding, column: Column, out: Float32Array, stride: number, offset: number): void {
  if (encoding.kind === 'category') {
    if (column.kind !== 'category')
      throw new ArgumentError(`[TableEncoder] expected texts in '${encoding.name}', received numbers`);
    const places = column.categories.map((category) => encoding.categories.indexOf(category));
    for (let row = 0; row < column.codes.length; row++) {
      const code = column.codes[row] as number;
      const place = code < 0 ? (encoding.indicator ? encoding.categories.length : -1) : (places[code] as number);
      if (place >= 0) out[row * stride + offset + place] = 1;
    }
    return;
  }
  if (column.kind === 'category')
    throw new ArgumentError(`[TableEncoder] expected numbers in '${encoding.name}', received texts`);
  for (let row = 0; row < column.values.length; row++) {
    const missing = isMissing(column, row);
    const value = missing ? encoding.fill : (column.values[row] as number);
    out[row * stride + offset] = (value - encoding.shift) / encoding.scale;
    if (encoding.indicator && missing) out[row * stride + offset + 1] = 1;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** Distinct texts, or a FormatError. */
export function parseCategories(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every(isText) || new Set(value).size < value.length)
    throw new FormatError('[TableEncoder] expected categories to be distinct texts, received something else');
  return [...value];
}

/** Shift and scale, or a FormatError. */
export function parseScale(
  value: { shift?: unknown; scale?: unknown },
  where = 'TableEncoder',
): { shift: number; scale: number } {
  const { shift, scale } = value;
  if (!isNumber(shift) || !isNumber(scale) || scale === 0)
    throw new FormatError(`[${where}] expected a finite shift and scale, received ${String(shift)} and ${String(scale)}`);
  return { shift, scale };
}

/** An encoding from plain JSON. */
export function parseEncoding(json: unknown): ColumnEncoding {
  const value = json as { [Key in keyof NumberEncoding | keyof CategoryEncoding]?: unknown } | null;
  if (typeof value !== 'object' || value === null || !isText(value.name) || typeof value.indicator !== 'boolean')
    throw new FormatError('[TableEncoder] expected the encoding of a column with name and indicator, received something else');
  const { kind, name, indicator, fill } = value;
  if (kind === 'category') return { kind, name, indicator, categories: parseCategories(value.categories) };
  if ((kind !== 'number' && kind !== 'date') || !isNumber(fill))
    throw new FormatError(`[TableEncoder] expected a number, date or category for '${name}', received ${String(kind)}`);
  return { kind, name, indicator, fill, ...parseScale(value) };
}
