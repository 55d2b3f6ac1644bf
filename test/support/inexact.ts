import { eps } from './tolerance.js';

/**
 * A running analysis of rounding errors: vectors of numbers in double, each with a bound of how far float32 arithmetic may be off.
 * Computing with them as a kernel computes gives bounds for its results. Each operation adds its own rounding.
 */
export interface Inexact {
  readonly value: Float64Array;
  readonly error: Float64Array;
}

function build(length: number, element: (i: number) => readonly [value: number, error: number]): Inexact {
  const [value, error] = [new Float64Array(length), new Float64Array(length)];
  for (let i = 0; i < length; i++) [value[i], error[i]] = element(i) as [number, number];
  return { value, error };
}

/** What is given: no error. */
export function exact(values: ArrayLike<number>): Inexact {
  return build(values.length, (i) => [values[i] as number, 0]);
}

/** The sum of vectors. */
export function plus(...terms: readonly Inexact[]): Inexact {
  return terms.reduce((a, b) =>
    build(a.value.length, (i) => {
      const sum = a.value[i]! + b.value[i]!;
      return [sum, a.error[i]! + b.error[i]! + eps * (Math.abs(a.value[i]!) + Math.abs(b.value[i]!))];
    }),
  );
}

/** The product of vectors, element by element. */
export function times(...factors: readonly Inexact[]): Inexact {
  return factors.reduce((a, b) =>
    build(a.value.length, (i) => {
      const [x, y, dx, dy] = [a.value[i]!, b.value[i]!, a.error[i]!, b.error[i]!];
      return [x * y, Math.abs(x) * dy + Math.abs(y) * dx + dx * dy + eps * Math.abs(x * y)];
    }),
  );
}

/** f of each element, f accurate to 4 ulps, its second derivative at most 2. */
export function through(x: Inexact, f: (x: number) => number, slope: (y: number) => number): Inexact {
  return build(x.value.length, (i) => {
    const y = f(x.value[i]!);
    return [y, Math.abs(slope(y)) * x.error[i]! + x.error[i]! ** 2 + 4 * eps * Math.abs(y)];
  });
}

/** A matrix [rows, cols]. */
export interface Matrix {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  readonly cols: number;
}

/** x times columns [first, first + count) of the matrix: count sums over its rows. */
export function product(x: Inexact, { values, rows, cols }: Matrix, first = 0, count = cols): Inexact {
  return build(count, (j) => {
    let [sum, error, terms] = [0, 0, 0];
    for (let k = 0; k < rows; k++) {
      const factor = values[k * cols + first + j]!;
      sum += x.value[k]! * factor;
      error += x.error[k]! * Math.abs(factor);
      terms += Math.abs(x.value[k]! * factor);
    }
    return [sum, error + eps * (rows + 1) * terms];
  });
}

/** Columns [first, first + x.length) of the matrix times x: a sum over them for each row. */
export function productBack(x: Inexact, { values, rows, cols }: Matrix, first = 0): Inexact {
  const count = x.value.length;
  return build(rows, (k) => {
    let [sum, error, terms] = [0, 0, 0];
    for (let j = 0; j < count; j++) {
      const factor = values[k * cols + first + j]!;
      sum += x.value[j]! * factor;
      error += x.error[j]! * Math.abs(factor);
      terms += Math.abs(x.value[j]! * factor);
    }
    return [sum, error + eps * (count + 1) * terms];
  });
}

/** Elements [first, first + count). */
export function part(x: Inexact, first: number, count: number): Inexact {
  return { value: x.value.slice(first, first + count), error: x.error.slice(first, first + count) };
}

/** Vectors one after the other. */
export function joined(...xs: readonly Inexact[]): Inexact {
  return {
    value: Float64Array.from(xs.flatMap((x) => [...x.value])),
    error: Float64Array.from(xs.flatMap((x) => [...x.error])),
  };
}
