import type { FloatDType } from '../../src/tensor/dtype.js';
import { Parameter } from '../../src/tensor/parameter.js';

/** A parameter with these values. */
export function parameter(values: readonly number[], name = 'p', dtype: FloatDType = 'float32'): Parameter {
  const made = new Parameter(name, [values.length], dtype);
  made.assign(Float64Array.from(values));
  return made;
}
