/** Windows over time series as examples to learn from: what was seen, and what came next. */
import { ArgumentError, describe, FormatError, ShapeError } from '../errors.js';
import { checkFloatTensor, checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { fitScale, parseScale } from './columnEncoder.js';
import { type RowRange, type Series, type SeriesValues, seriesValues } from './series.js';

/**
 * How values become numbers of a size that networks learn from well, for each variable:
 *
 * - `standard`: (v - mean) / deviation, `minMax`: (v - min) / (max - min), of the rows to train on;
 * - `relative`: (v - last value of the window) / size of a usual step: for series whose level wanders off;
 * - `difference`: the steps v - value before, standardised by those to train on: for the same;
 * - `none`: v.
 */
export type SeriesScale = 'standard' | 'minMax' | 'relative' | 'difference' | 'none';

const scales: readonly SeriesScale[] = ['standard', 'minMax', 'relative', 'difference', 'none'];

export interface SeriesWindowOptions {
  /** Steps that the model sees. */
  window: number;
  /** Steps that it predicts; default 1. */
  horizon?: number;
  /** Rows at the begin of the series that are trained on: scales come from these alone. */
  training: number;
  /** Default 'standard'. */
  scale?: SeriesScale;
  /** The variables (columns) that it predicts; default all. It sees all. */
  targets?: readonly number[];
}

export interface WindowRange {
  /** Rows that the targets lie in, end excluded; default all. What is seen may lie before them. */
  rows?: RowRange;
  /** Distance of neighbouring windows; default 1. */
  stride?: number;
}

/** Windows as a batch. */
export interface EncodedWindows {
  /** float32 [n, window, variables] */
  x: Tensor;
  /** float32 [n, horizon * targets], step by step. */
  y: Tensor;
  /** The row of the first target of each. */
  starts: Int32Array;
}

/** Shift and scale of a variable. */
interface Scaling {
  readonly shift: number;
  readonly scale: number;
}

/** Of the JSON form. */
const version = 1;

/** The scaling of a column, from its first `rows` values. */
function fitColumn({ values, columns }: SeriesValues, column: number, rows: number, scale: SeriesScale): Scaling {
  const own = Float64Array.from({ length: rows }, (_, row) => values[row * columns + column] as number);
  const bad = own.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError(`[SeriesWindows] expected finite numbers to train on, received ${own[bad]} in row ${bad}`);
  if (scale === 'standard' || scale === 'minMax' || scale === 'none') return fitScale(own, scale);
  const steps = own.slice(1).map((value, row) => value - (own[row] as number));
  if (scale === 'difference') return fitScale(steps, 'standard');
  const square = steps.reduce((sum, step) => sum + step * step, 0);
  return { shift: 0, scale: Math.sqrt(square / Math.max(1, steps.length)) || 1 };
}

/**
 * Fitted to the rows to train on; makes windows of any series of the same variables, and numbers of what a model says.
 *
 * @example
 * const { training, test } = splitSeries(series.length);
 * const windows = SeriesWindows.fit(series, { window: 24, training: training[1], scale: 'relative' });
 * await trainer.fit(windows.encode(series, { rows: training }));
 */
export class SeriesWindows {
  private constructor(
    readonly window: number,
    readonly horizon: number,
    readonly scale: SeriesScale,
    readonly targets: readonly number[],
    private readonly scalings: readonly Scaling[],
  ) {}

  static fit(series: Series, options: SeriesWindowOptions): SeriesWindows {
    const where = 'SeriesWindows';
    checkKeys(where, options, ['window', 'horizon', 'training', 'scale', 'targets']);
    const all = seriesValues(where, series);
    const { window, horizon = 1, training, scale = 'standard' } = options;
    checkInteger(where, 'window', window, 1);
    checkInteger(where, 'horizon', horizon, 1);
    checkInteger(where, 'training', training, 1, Math.max(1, all.rows));
    if (!scales.includes(scale))
      throw new ArgumentError(`[${where}] expected scale to be one of ${scales.join(', ')}, received ${describe(scale)}`);
    const columns = Array.from({ length: all.columns }, (_, column) => column);
    const { targets = columns } = options;
    checkTargets(targets, all.columns);
    const scalings = columns.map((column) => fitColumn(all, column, training, scale));
    return new SeriesWindows(window, horizon, scale, [...targets], scalings);
  }

  /** Windows as `toJSON` told them. */
  static fromJSON(json: unknown): SeriesWindows {
    const where = 'SeriesWindows';
    const value = json as { [Key in 'version' | 'window' | 'horizon' | 'scale' | 'targets' | 'scalings']?: unknown } | null;
    if (typeof value !== 'object' || value === null || value.version !== version || !Array.isArray(value.scalings))
      throw new FormatError(`[${where}] expected windows of version ${version}, received something else`);
    const { window, horizon, scale, targets, scalings } = value;
    try {
      checkInteger(where, 'window', window, 1);
      checkInteger(where, 'horizon', horizon, 1);
      checkTargets(targets, scalings.length);
    } catch (cause) {
      throw new FormatError((cause as Error).message, { cause });
    }
    if (!scales.includes(scale as SeriesScale))
      throw new FormatError(`[${where}] expected scale to be one of ${scales.join(', ')}, received ${describe(scale)}`);
    return new SeriesWindows(
      window,
      horizon,
      scale as SeriesScale,
      [...targets],
      scalings.map((one) => parseScale(one ?? {}, where)),
    );
  }

  /** Plain JSON: all that is needed to encode other series alike. */
  toJSON(): Record<string, unknown> {
    const { window, horizon, scale, targets, scalings } = this;
    return { version, window, horizon, scale, targets, scalings };
  }

  /** How many variables the series has. */
  get variables(): number {
    return this.scalings.length;
  }

  /** How many numbers a model predicts: horizon * targets. */
  get outputs(): number {
    return this.horizon * this.targets.length;
  }

  /** Rows before the first target that a window needs. */
  get reach(): number {
    return this.window + (this.scale === 'difference' ? 1 : 0);
  }

  /** All windows whose targets lie in a part of the series. */
  encode(series: Series, range: WindowRange = {}): EncodedWindows {
    checkKeys('SeriesWindows', range, ['rows', 'stride']);
    const all = this.valuesOf(series);
    const { rows = [0, all.rows], stride = 1 } = range;
    if (!Array.isArray(rows))
      throw new ArgumentError(`[SeriesWindows] expected rows as [start, end], received ${describe(rows)}`);
    checkInteger('SeriesWindows', 'the first row', rows[0], 0, all.rows);
    checkInteger('SeriesWindows', 'the end of the rows', rows[1], rows[0], all.rows);
    checkInteger('SeriesWindows', 'stride', stride, 1);
    const first = Math.max(rows[0], this.reach);
    const count = Math.max(0, Math.floor((rows[1] - this.horizon - first) / stride) + 1);
    const starts = Int32Array.from({ length: count }, (_, i) => first + i * stride);
    const x = new Tensor([count, this.window, this.variables], 'float32');
    const y = new Tensor([count, this.outputs], 'float32');
    for (const [i, start] of starts.entries()) {
      this.writeInputs(all, start, x.floats, i);
      this.writeTargets(all, start, y.floats, i);
    }
    return { x, y, starts };
  }

  /** The last window of a series, float32 [1, window, variables]: what comes behind its end is to be predicted from it. */
  last(series: Series): Tensor {
    const all = this.valuesOf(series);
    if (all.rows < this.reach)
      throw new ArgumentError(`[SeriesWindows] expected at least ${this.reach} rows to predict from, received ${all.rows}`);
    const x = new Tensor([1, this.window, this.variables], 'float32');
    this.writeInputs(all, all.rows, x.floats, 0);
    return x;
  }

  /**
   * What a model's outputs mean, as values of the series: for each window, step by step, the targets.
   *
   * @param outputs [n, horizon * targets]
   * @param starts the row of the first target of each window, as `encode` told it; for `last` the length of the series
   */
  decode(outputs: Tensor, series: Series, starts: ArrayLike<number>): number[][][] {
    const where = 'SeriesWindows';
    checkFloatTensor(where, outputs);
    const all = this.valuesOf(series);
    if (outputs.rank !== 2 || outputs.shape[1] !== this.outputs || outputs.shape[0] !== starts?.length)
      throw new ShapeError(
        `[${where}] expected outputs [${starts?.length ?? 'n'}, ${this.outputs}], received shape ${shapeText(outputs.shape)}`,
      );
    const { floats } = outputs;
    return Array.from(starts, (start, i) => {
      checkInteger(where, 'a start', start, this.reach, all.rows);
      const before = this.targets.map((column) => all.values[(start - 1) * all.columns + column] as number);
      return Array.from({ length: this.horizon }, (_, step) =>
        this.targets.map((column, k) => {
          const { shift, scale } = this.scalings[column] as Scaling;
          const value = (floats[i * this.outputs + step * this.targets.length + k] as number) * scale + shift;
          if (this.scale === 'relative') return (before[k] as number) + value;
          if (this.scale !== 'difference') return value;
          before[k] = (before[k] as number) + value;
          return before[k];
        }),
      );
    });
  }

  private valuesOf(series: Series): SeriesValues {
    const all = seriesValues('SeriesWindows', series);
    if (all.columns !== this.variables)
      throw new ShapeError(`[SeriesWindows] expected a series of ${this.variables} variables, received ${all.columns}`);
    return all;
  }

  /** A value as the model sees it, in a window whose first target is in row `start`. */
  private scaled({ values, columns }: SeriesValues, row: number, column: number, start: number): number {
    const { shift, scale } = this.scalings[column] as Scaling;
    const value = values[row * columns + column] as number;
    if (!Number.isFinite(value))
      throw new ArgumentError(`[SeriesWindows] expected finite numbers, received ${value} in row ${row}, column ${column}`);
    if (this.scale === 'relative') return (value - (values[(start - 1) * columns + column] as number)) / scale;
    if (this.scale === 'difference') return (value - (values[(row - 1) * columns + column] as number) - shift) / scale;
    return (value - shift) / scale;
  }

  private writeInputs(all: SeriesValues, start: number, out: { [index: number]: number }, i: number): void {
    let at = i * this.window * this.variables;
    for (let row = start - this.window; row < start; row++)
      for (let column = 0; column < this.variables; column++) out[at++] = this.scaled(all, row, column, start);
  }

  private writeTargets(all: SeriesValues, start: number, out: { [index: number]: number }, i: number): void {
    let at = i * this.outputs;
    for (let row = start; row < start + this.horizon; row++)
      for (const column of this.targets) out[at++] = this.scaled(all, row, column, start);
  }
}

function checkTargets(targets: unknown, columns: number): asserts targets is readonly number[] {
  const where = 'SeriesWindows';
  if (!Array.isArray(targets) || targets.length === 0 || new Set(targets).size < targets.length)
    throw new ArgumentError(`[${where}] expected targets to be distinct columns, received ${describe(targets)}`);
  for (const column of targets) checkInteger(where, 'a target', column, 0, columns - 1);
}
