import { checkOptions } from '../errors.js';
import { checkNumber } from '../ops/operand.js';
import { sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { GainOptions } from './fan.js';
import type { Initializer } from './initializer.js';

type Rows = Float64Array[];

/** How many rows' parts are taken at a time: so many sums go on side by side, where one alone would wait for each addition. */
const together = 4;

/** Subtracts from `row` its parts along the rows before it, which have length 1 and are orthogonal. */
function subtractProjections(rows: Rows, row: Float64Array, before: number): void {
  const { length } = row;
  const nothing = new Float64Array(length);
  for (let j = 0; j < before; j += together) {
    const [a, b, c, d] = Array.from({ length: together }, (_, i) => (j + i < before ? rows[j + i] : nothing)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    let [alongA, alongB, alongC, alongD] = [0, 0, 0, 0];
    for (let k = 0; k < length; k++) {
      const x = row[k] as number;
      alongA += x * (a[k] as number);
      alongB += x * (b[k] as number);
      alongC += x * (c[k] as number);
      alongD += x * (d[k] as number);
    }
    for (let k = 0; k < length; k++) {
      const parts = alongA * (a[k] as number) + alongB * (b[k] as number) + alongC * (c[k] as number) + alongD * (d[k] as number);
      row[k] = (row[k] as number) - parts;
    }
  }
}

function lengthOf(row: Float64Array): number {
  return Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
}

/** Of a row of which so little is left, what is left holds rounding errors that count. */
const little = 0.1;

/**
 * Makes rows orthonormal (Gram and Schmidt). Rows of which little is left are done twice, as Daniel et al. (1976) advise, so that no two
 * have more than some 1e-14 in common. Normal rows give every result evenly.
 */
function orthonormalize(rows: Rows): void {
  rows.forEach((row, i) => {
    const before = lengthOf(row);
    subtractProjections(rows, row, i);
    if (lengthOf(row) < little * before) subtractProjections(rows, row, i);
    const length = lengthOf(row);
    for (let k = 0; k < row.length; k++) row[k] = (row[k] as number) / length;
  });
}

/**
 * A random orthogonal matrix times `gain` (Saxe et al. 2014): signals keep their length. A weight [..., in, out] is read as a
 * matrix [... in, out]; its columns, or its rows where there are fewer of them, are orthogonal.
 */
export function orthogonal(options: GainOptions = {}): Initializer {
  checkOptions('orthogonal', options);
  const { gain = 1 } = options;
  checkNumber('orthogonal', 'gain', gain);
  return {
    name: 'orthogonal',
    config: { ...options },
    sample: (shape, _fan, stream, dtype) => {
      const columns = shape.at(-1) ?? 1;
      const height = columns === 0 ? 0 : sizeOf(shape) / columns;
      const [count, length] = height < columns ? [height, columns] : [columns, height];
      const drawn = stream.normal([count, length], 0, 1, 'float64');
      const rows = Array.from({ length: count }, (_, i) => drawn.floats.slice(i * length, (i + 1) * length) as Float64Array);
      drawn.dispose();
      orthonormalize(rows);
      const result = new Tensor([...shape], dtype);
      const array = result.floats;
      for (let r = 0; r < height; r++) {
        for (let c = 0; c < columns; c++) {
          array[r * columns + c] = gain * ((height < columns ? rows[r]?.[c] : rows[c]?.[r]) as number);
        }
      }
      return result;
    },
  };
}
