import { isTracked, record, recordNotDifferentiable } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { checkDType, type DType, isFloat } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import { checkTensor } from './operand.js';

/**
 * Converts the elements: to an integer type by truncation, saturating, NaN to 0; to bool by comparing with 0. Gradients pass
 * between float types.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor('cast', x);
  checkDType('cast', dtype);
  if (x.dtype === dtype) return record('cast', x.alias(), [x], (dy) => [dy]);
  const y = new Tensor(x.shape, dtype);
  if (dtype === 'bool') {
    const zero = new Tensor([], x.dtype);
    zero.array[0] = 0;
    backendFor(x.dtype).compare('notEqual', x.array, zero.array, y.array as Uint8Array, Int32Array.of(1, x.size, 1, 0));
    zero.dispose();
    return recordNotDifferentiable('cast', y, [x]);
  }
  backendFor(isFloat(dtype) ? dtype : x.dtype).cast(x.array, y.array);
  if (!isTracked(x)) return y;
  if (!isFloat(dtype)) return recordNotDifferentiable('cast', y, [x]);
  return record('cast', y, [x], (dy) => [noTapeCast(dy, x.dtype)]);
}

function noTapeCast(x: Tensor, dtype: DType): Tensor {
  const y = new Tensor(x.shape, dtype);
  backendFor('float64').cast(x.array, y.array);
  return y;
}
