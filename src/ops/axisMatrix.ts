/**
 * How the cells of one spatial axis come from those of another length: a sparse matrix. Averages over windows and interpolation are
 * such matrices on each axis, and their gradients are the transposed ones, so that one kernel (`resample`) serves all of them.
 */

/** Row i is (sum over k in [starts[i], starts[i + 1]) of weights[k] * x[cells[k]]) / divisors[i]. */
export interface AxisMatrix {
  /** Length of the axis that is read. */
  readonly columns: number;
  readonly starts: Int32Array;
  readonly cells: Int32Array;
  readonly weights: Float64Array;
  readonly divisors: Float64Array;
}

/** Tells the entries of a row, and answers by what the row is divided. */
type RowRule = (row: number, add: (cell: number, weight: number) => void) => number;

/** The matrix by its rows. Weights of 0 are left out: what does not count may be infinite. */
function matrixOf(rows: number, columns: number, rule: RowRule): AxisMatrix {
  const starts = new Int32Array(rows + 1);
  const divisors = new Float64Array(rows);
  const cells: number[] = [];
  const weights: number[] = [];
  const add = (cell: number, weight: number): void => {
    if (weight === 0) return;
    cells.push(cell);
    weights.push(weight);
  };
  for (let row = 0; row < rows; row++) {
    divisors[row] = rule(row, add);
    starts[row + 1] = cells.length;
  }
  return { columns, starts, cells: Int32Array.from(cells), weights: Float64Array.from(weights), divisors };
}

/** The way back of gradients: column j becomes row j, and what a row was divided by goes into its weights. */
export function transposed({ columns, starts, cells, weights, divisors }: AxisMatrix): AxisMatrix {
  const rows = divisors.length;
  const ends = new Int32Array(columns + 1);
  for (const cell of cells) ends[cell + 1] = (ends[cell + 1] as number) + 1;
  for (let i = 0; i < columns; i++) ends[i + 1] = (ends[i + 1] as number) + (ends[i] as number);
  const at = ends.slice();
  const back = { cells: new Int32Array(cells.length), weights: new Float64Array(cells.length) };
  for (let row = 0; row < rows; row++) {
    for (let k = starts[row] as number; k < (starts[row + 1] as number); k++) {
      const cell = cells[k] as number;
      const to = at[cell] as number;
      back.cells[to] = row;
      back.weights[to] = (weights[k] as number) / (divisors[row] as number);
      at[cell] = to + 1;
    }
  }
  return { columns: rows, starts: ends, ...back, divisors: new Float64Array(columns).fill(1) };
}

/** One axis of pooling: window i covers the cells i * stride - before + tap * dilation for `kernel` taps. */
export interface AxisWindows {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
}

/** Means over windows. Divided by the cells inside the input (none: by 1), or where `countPad` by those inside the padded input. */
export function windowMeans(
  { input, output, kernel, stride, before, after, dilation }: AxisWindows,
  countPad: boolean,
): AxisMatrix {
  return matrixOf(output, input, (row, add) => {
    const first = row * stride - before;
    let [inside, padded] = [0, 0];
    for (let tap = 0; tap < kernel; tap++) {
      const cell = first + tap * dilation;
      if (cell >= 0 && cell < input) {
        add(cell, 1);
        inside++;
      }
      if (cell < input + after) padded++;
    }
    return Math.max(1, countPad ? padded : inside);
  });
}

/** Sums over windows. */
export function windowSums(windows: AxisWindows): AxisMatrix {
  const means = windowMeans(windows, false);
  return { ...means, divisors: means.divisors.fill(1) };
}

/** Means over the windows [floor(i * input / output), ceil((i + 1) * input / output)). */
export function adaptiveMeans(input: number, output: number): AxisMatrix {
  return matrixOf(output, input, (row, add) => {
    const first = Math.floor((row * input) / output);
    const end = Math.ceil(((row + 1) * input) / output);
    for (let cell = first; cell < end; cell++) add(cell, 1);
    return Math.max(1, end - first);
  });
}

/** One axis of upsampling. */
export interface AxisScaling {
  readonly input: number;
  readonly output: number;
  /** Output cells to an input cell, where it is not output / input. */
  readonly scale?: number | undefined;
  /** Whether the centres of the outer cells fall on each other, rather than the outer sides. */
  readonly alignCorners: boolean;
}

/** Input cells to an output cell. */
function step({ input, output, scale, alignCorners }: AxisScaling): number {
  if (alignCorners) return output > 1 ? (input - 1) / (output - 1) : 0;
  return scale === undefined ? input / output : 1 / scale;
}

/** Where the centre of an output cell lies among those of the input. */
function centre(scaling: AxisScaling, row: number): number {
  return scaling.alignCorners ? step(scaling) * row : step(scaling) * (row + 0.5) - 0.5;
}

/** The cell at floor((i + shift) * input / output), in single precision as in PyTorch: where it falls on a boundary, rounding decides. */
export function nearestCells(scaling: AxisScaling, shift: 0 | 0.5): AxisMatrix {
  const { input, output } = scaling;
  const single = Math.fround(step({ ...scaling, alignCorners: false }));
  return matrixOf(output, input, (row, add) => {
    add(Math.min(Math.floor(Math.fround((row + shift) * single)), input - 1), 1);
    return 1;
  });
}

/** Between the two nearest cells in proportion to their distances; the outer cells go on beyond their centres. */
export function linearBetween(scaling: AxisScaling): AxisMatrix {
  const { input, output } = scaling;
  return matrixOf(output, input, (row, add) => {
    const at = Math.max(0, centre(scaling, row));
    const cell = Math.min(Math.floor(at), input - 1);
    const part = Math.min(at - cell, 1);
    const next = Math.min(cell + 1, input - 1);
    if (next === cell) add(cell, 1);
    else {
      add(cell, 1 - part);
      add(next, part);
    }
    return 1;
  });
}

/** Keys' cubic convolution (1981) of the four nearest cells, with the slope -3/4 of PyTorch and OpenCV; the outer cells repeat. */
export function cubicBetween(scaling: AxisScaling): AxisMatrix {
  const { input, output } = scaling;
  const slope = -0.75;
  const near = (d: number): number => ((slope + 2) * d - (slope + 3)) * d * d + 1;
  const far = (d: number): number => ((slope * d - 5 * slope) * d + 8 * slope) * d - 4 * slope;
  return matrixOf(output, input, (row, add) => {
    const at = centre(scaling, row);
    const cell = Math.floor(at);
    const part = at - cell;
    [far(part + 1), near(part), near(1 - part), far(2 - part)].forEach((weight, i) => {
      add(Math.min(Math.max(cell - 1 + i, 0), input - 1), weight);
    });
    return 1;
  });
}
