/** Between tables and tensors: fitted to rows to train on, applied to any others, kept as plain JSON beside the model. */
import { ArgumentError, describe, FormatError, ShapeError } from '../errors.js';
import { softmax } from '../ops/index.js';
import { checkInteger, checkTensor } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { scope } from '../tensor/scope.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { ColumnKind } from './column.js';
import {
  type ColumnEncoding,
  encodeColumn,
  featureNames,
  fitColumn,
  type Impute,
  imputes,
  parseEncoding,
  type Scale,
  scales,
} from './columnEncoder.js';
import type { Batch } from './dataset.js';
import { checkRows, checkTable, type Table } from './table.js';
import { encodeTarget, fitTarget, parseTarget, type Target, type Task, taskOf, tasks } from './targetEncoder.js';

export interface TableEncoderOptions {
  /** The column to predict. */
  target: string;
  /** Default: classify texts and columns of few whole numbers (at most ten, in four rows each on average), regress others. */
  task?: Task;
  /** The columns to predict from; default all others. */
  columns?: readonly string[];
  /** The rows that scales, categories and fillings are taken from: those to train on. Default all. */
  rows?: ArrayLike<number>;
  /** Of numbers; default 'standard'. */
  scale?: Scale;
  /** Of missing numbers; default 'mean'. */
  impute?: Impute;
  /** Columns with more categories are left out: names and other texts that hardly ever come again. Default 50. */
  maxCategories?: number;
}

/** A column that was left out, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** What a model says of a row: a number, or a class and how sure it is. */
export interface Decoded {
  readonly value: number | string;
  /** One for each class, in the order of `encoder.classes`; none for numbers. */
  readonly probabilities: readonly number[];
}

/** Of the JSON form. */
const version = 1;

/**
 * Numbers are standardised, categories become one feature each, missing values are filled in and marked; the target becomes labels,
 * or a standardised number.
 *
 * @example
 * const { training, test } = splitRows(table.length, { seed: 0 });
 * const encoder = TableEncoder.fit(table, { target: 'species', rows: training });
 * await trainer.fit(encoder.encode(table.take(training)));
 */
export class TableEncoder {
  private constructor(
    private readonly encodings: readonly ColumnEncoding[],
    private readonly goal: Target,
    /** Columns that it does not use, as found when it was fitted. */
    readonly leftOut: readonly LeftOut[],
  ) {}

  static fit(table: Table, options: TableEncoderOptions): TableEncoder {
    const where = 'TableEncoder';
    checkTable(where, table);
    checkKeys(where, options, ['target', 'task', 'columns', 'rows', 'scale', 'impute', 'maxCategories']);
    const { target, task = taskOf(table, target), scale = 'standard', impute = 'mean', maxCategories = 50 } = options;
    for (const [name, value, choices] of [
      ['task', task, tasks],
      ['scale', scale, scales],
      ['impute', impute, imputes],
    ] as const) {
      if (!(choices as readonly string[]).includes(value))
        throw new ArgumentError(`[${where}] expected ${name} to be one of ${choices.join(', ')}, received ${describe(value)}`);
    }
    checkInteger(where, 'maxCategories', maxCategories, 1);
    const everyRow = Int32Array.from({ length: table.length }, (_, row) => row);
    if (options.rows !== undefined) checkRows(where, options.rows, table.length);
    const rows = options.rows === undefined ? everyRow : Int32Array.from(options.rows);
    const columns = options.columns ?? table.names.filter((name) => name !== target);
    if (!Array.isArray(columns))
      throw new ArgumentError(`[${where}] expected columns to be a list of names, received ${describe(columns)}`);
    if (columns.includes(target))
      throw new ArgumentError(`[${where}] expected columns other than the target, received '${target}' among them`);
    const encodings: ColumnEncoding[] = [];
    const leftOut: LeftOut[] = [];
    for (const name of columns) {
      const encoding = fitColumn(name, table.column(name), rows, scale, impute);
      const count = encoding.kind === 'category' ? encoding.categories.length : 1;
      if (count === 0) leftOut.push({ name, reason: 'no values' });
      else if (count > maxCategories) leftOut.push({ name, reason: `${count} different texts` });
      else encodings.push(encoding);
    }
    if (encodings.length === 0)
      throw new ArgumentError(`[${where}] expected columns to predict '${target}' from, received none that can be used`);
    return new TableEncoder(encodings, fitTarget(table, target, task, rows), leftOut);
  }

  /** An encoder as `toJSON` told it. */
  static fromJSON(json: unknown): TableEncoder {
    const value = json as { version?: unknown; columns?: unknown; target?: unknown } | null;
    if (typeof value !== 'object' || value === null || value.version !== version || !Array.isArray(value.columns))
      throw new FormatError(`[TableEncoder] expected an encoder of version ${version}, received something else`);
    const encodings = value.columns.map(parseEncoding);
    if (encodings.length === 0 || new Set(encodings.map(({ name }) => name)).size < encodings.length)
      throw new FormatError('[TableEncoder] expected columns with distinct names, received something else');
    return new TableEncoder(encodings, parseTarget(value.target), []);
  }

  /** Plain JSON: all that is needed to encode other tables alike. */
  toJSON(): Record<string, unknown> {
    return { version, columns: this.encodings, target: this.goal };
  }

  get target(): string {
    return this.goal.name;
  }

  get task(): Task {
    return this.goal.task;
  }

  /** The classes by label; none for numbers. */
  get classes(): readonly string[] {
    return this.goal.task === 'classify' ? this.goal.categories : [];
  }

  /** Names of the numbers of an encoded row. */
  get features(): string[] {
    return this.encodings.flatMap(featureNames);
  }

  /** The kinds of the columns that it reads: the option `types` of a table to be encoded. */
  get types(): Record<string, ColumnKind> {
    const target: [string, ColumnKind] = [this.goal.name, this.goal.task === 'classify' ? 'category' : 'number'];
    return Object.fromEntries([...this.encodings.map(({ name, kind }): [string, ColumnKind] => [name, kind]), target]);
  }

  /** The inputs of all rows, float32 [n, features]. */
  inputs(table: Table): Tensor {
    checkTable('TableEncoder', table);
    const missing = this.encodings.filter(({ name }) => !table.has(name)).map(({ name }) => name);
    if (missing.length > 0)
      throw new ArgumentError(
        `[TableEncoder] expected a table with the columns ${missing.join(', ')}, received one with ${table.names.join(', ')}`,
      );
    const widths = this.encodings.map((encoding) => featureNames(encoding).length);
    const stride = widths.reduce((sum, width) => sum + width, 0);
    const x = new Tensor([table.length, stride], 'float32');
    const out = x.array as Float32Array;
    out.fill(0);
    let offset = 0;
    for (const [i, encoding] of this.encodings.entries()) {
      encodeColumn(encoding, table.columnAs(encoding.name, encoding.kind), out, stride, offset);
      offset += widths[i] as number;
    }
    return x;
  }

  /** The targets of all rows: int32 [n] labels, or float32 [n, 1] standardised numbers. */
  targets(table: Table): Tensor {
    checkTable('TableEncoder', table);
    return encodeTarget(this.goal, table);
  }

  /** Inputs and targets. */
  encode(table: Table): Batch {
    return { x: this.inputs(table), y: this.targets(table) };
  }

  /** What a model's outputs mean: logits [n, classes], or standardised numbers [n, 1]. */
  decode(outputs: Tensor): Decoded[] {
    checkTensor('TableEncoder', outputs);
    const width = this.goal.task === 'classify' ? this.goal.categories.length : 1;
    if (outputs.rank !== 2 || outputs.shape[1] !== width)
      throw new ShapeError(`[TableEncoder] expected outputs [n, ${width}], received shape ${shapeText(outputs.shape)}`);
    const { goal } = this;
    if (goal.task === 'regress')
      return Array.from(outputs.array, (value) => ({ value: value * goal.scale + goal.shift, probabilities: [] }));
    const shares = scope(() => softmax(outputs).toArray() as number[][]);
    return shares.map((probabilities) => {
      const best = probabilities.indexOf(Math.max(...probabilities));
      return { value: goal.categories[best] as string, probabilities };
    });
  }
}
