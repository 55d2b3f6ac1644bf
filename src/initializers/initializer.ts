import type { FloatDType } from '../tensor/dtype.js';
import type { RandomStream } from '../tensor/random.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** How many inputs an output of the layer sums, and how many outputs an input reaches. */
export interface Fan {
  in: number;
  out: number;
}

/** How a parameter gets its first values. `name` and `config`, plain JSON, rebuild it from a file. */
export interface Initializer {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  sample(shape: Shape, fan: Fan, stream: RandomStream, dtype: FloatDType): Tensor;
}

/** The fan of a weight [kernel..., in, out]; both are 1 for a vector's absent axes. */
export function fanOf(shape: Shape): Fan {
  const receptive = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  return { in: (shape.at(-2) ?? 1) * receptive, out: (shape.at(-1) ?? 1) * receptive };
}
