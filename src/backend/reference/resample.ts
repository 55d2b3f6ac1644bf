import { ArgumentError } from '../../errors.js';
import { type FloatArray, resampleGeometryFields } from '../backend.js';
import { checkIndices } from './indexing.js';
import { readGeometry } from './windows.js';

/** The entries of row `row` of the stacked matrices: calls visit(cell, weight). */
type Rows = (row: number, visit: (cell: number, weight: number) => void) => void;

function rowsOf(starts: Int32Array, cells: Int32Array, weights: FloatArray): Rows {
  return (row, visit) => {
    for (let k = starts[row]; k < starts[row + 1]; k++) visit(cells[k], weights[k]);
  };
}

/** Throws unless the lists are matrices for these axes. */
function check(starts: Int32Array, cells: Int32Array, axes: readonly (readonly [input: number, output: number])[]): void {
  let row = 0;
  let last = 0;
  for (const [input, output] of axes) {
    const first = last;
    for (const end = row + output; row < end; row++) {
      if (starts[row] !== last || starts[row + 1] < last || starts[row + 1] > cells.length)
        throw new ArgumentError(
          `[resample] expected starts from 0 to ${cells.length} in ascending order, received ${starts[row + 1]}`,
        );
      last = starts[row + 1];
    }
    checkIndices('resample', 'cells', cells.subarray(first, last), input);
  }
}

export function resample(
  x: FloatArray,
  y: FloatArray,
  geometry: Int32Array,
  starts: Int32Array,
  cells: Int32Array,
  weights: FloatArray,
  divisors: FloatArray,
): void {
  const g = readGeometry(resampleGeometryFields, geometry);
  check(starts, cells, [
    [g.inD, g.outD],
    [g.inH, g.outH],
    [g.inW, g.outW],
  ]);
  const rows = rowsOf(starts, cells, weights);
  const pixel = new Float64Array(g.channels);
  let to = 0;
  for (let n = 0; n < g.batch; n++) {
    for (let d = 0; d < g.outD; d++) {
      for (let h = g.outD; h < g.outD + g.outH; h++) {
        for (let w = g.outD + g.outH; w < g.outD + g.outH + g.outW; w++) {
          pixel.fill(0);
          rows(d, (depth, weightD) => {
            rows(h, (height, weightH) => {
              rows(w, (width, weightW) => {
                const from = (((n * g.inD + depth) * g.inH + height) * g.inW + width) * g.channels;
                const weight = weightD * weightH * weightW;
                for (let c = 0; c < g.channels; c++) pixel[c] = pixel[c] + weight * x[from + c];
              });
            });
          });
          const divisor = divisors[d] * divisors[h] * divisors[w];
          for (let c = 0; c < g.channels; c++) y[to++] = pixel[c] / divisor;
        }
      }
    }
  }
}
