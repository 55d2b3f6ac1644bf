/** The column that a network predicts: a class, or a number that is standardised for training and brought back afterwards. */
import { ArgumentError, FormatError } from '../errors.js';
import { tensor } from '../tensor/create.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CategoryColumn, NumberColumn } from './column.js';
import { fitScale, parseCategories, parseScale } from './columnEncoder.js';
import type { Table } from './table.js';

export type Task = 'classify' | 'regress';
export const tasks: readonly Task[] = ['classify', 'regress'];

export interface ClassTarget {
  readonly task: 'classify';
  readonly name: string;
  readonly categories: readonly string[];
}

export interface NumberTarget {
  readonly task: 'regress';
  readonly name: string;
  readonly shift: number;
  readonly scale: number;
}

export type Target = ClassTarget | NumberTarget;

/** Whole numbers of no more values than this, each of them in four rows on average, are taken for classes. */
const mostNumberedClasses = 10;
const fewestRows = 4;

/** What there is to learn about a column: classes of texts and of few whole numbers, else a number. */
export function taskOf(table: Table, name: string): Task {
  const column = table.column(name);
  if (column.kind === 'category') return 'classify';
  if (column.kind === 'date')
    throw new ArgumentError(`[TableEncoder] expected a target of numbers or texts, received dates in '${name}'`);
  const known = column.values.filter((value) => !Number.isNaN(value));
  const values = new Set(known).size;
  const few = values <= mostNumberedClasses && values * fewestRows <= known.length;
  return few && known.every(Number.isInteger) ? 'classify' : 'regress';
}

/** Numbers of the target, scaled by those of the rows given; or its classes, which are those of the whole table. */
export function fitTarget(table: Table, name: string, task: Task, rows: Int32Array): Target {
  if (task === 'classify') return { task, name, categories: (table.columnAs(name, 'category') as CategoryColumn).categories };
  const { values } = table.columnAs(name, 'number') as NumberColumn;
  return {
    task,
    name,
    ...fitScale(
      Float64Array.from(rows, (row) => values[row] as number),
      'standard',
    ),
  };
}

/** The targets of all rows: int32 [n] classes, or float32 [n, 1] scaled numbers. */
export function encodeTarget(target: Target, table: Table): Tensor {
  const fail = (row: number, expected: string): never => {
    const received = JSON.stringify(table.take([row]).toRows()[0]?.[target.name] ?? null);
    throw new ArgumentError(`[TableEncoder] expected ${expected} in '${target.name}', received ${received} in row ${row + 1}`);
  };
  if (target.task === 'regress') {
    const { values } = table.columnAs(target.name, 'number') as NumberColumn;
    const missing = values.findIndex(Number.isNaN);
    if (missing >= 0) fail(missing, 'a number');
    return tensor(
      Float32Array.from(values, (value) => (value - target.shift) / target.scale),
      { shape: [values.length, 1] },
    );
  }
  const { codes, categories } = table.columnAs(target.name, 'category') as CategoryColumn;
  const places = categories.map((category) => target.categories.indexOf(category));
  const labels = codes.map((code) => places[code] ?? -1);
  const unknown = labels.indexOf(-1);
  if (unknown >= 0) fail(unknown, 'a known class');
  return tensor(labels);
}

/** A target from plain JSON. */
export function parseTarget(json: unknown): Target {
  const value = json as { [Key in keyof ClassTarget | keyof NumberTarget]?: unknown } | null;
  if (typeof value !== 'object' || value === null || typeof value.name !== 'string')
    throw new FormatError('[TableEncoder] expected a target with a name, received something else');
  const { task, name } = value;
  if (task === 'classify') return { task, name, categories: parseCategories(value.categories) };
  if (task === 'regress') return { task, name, ...parseScale(value) };
  throw new FormatError(`[TableEncoder] expected the task to be ${tasks.join(' or ')}, received ${String(task)}`);
}
