import { record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError } from '../errors.js';
import { checkAxis, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { permute } from './movement.js';
import { checkInteger, checkTensor, checkTensorType } from './operand.js';

function checkIndices(where: string, indices: Tensor, size: number): Int32Array {
  checkTensorType(where, indices, 'int32');
  const array = indices.array as Int32Array;
  for (let i = 0; i < array.length; i++) {
    const index = array[i] as number;
    if (index < 0 || index >= size)
      throw new ArgumentError(`[${where}] expected indices from 0 to ${size - 1}, received ${index} at ${i}`);
  }
  return array;
}

/**
 * Picks entries along an axis: result[..., i..., ...] = x[..., indices[i...], ...].
 *
 * @param indices int32, of any shape, which takes the place of the axis
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkTensor('gather', x);
  const at = checkAxis('gather', axis, x.rank);
  if (at !== 0) {
    const toFront = [at, ...x.shape.map((_, i) => i).filter((i) => i !== at)];
    const picked = gather(permute(x, toFront), indices, 0);
    const n = indices.rank;
    const axes = picked.shape.map((_, i) => i);
    return permute(picked, [...axes.slice(n, n + at), ...axes.slice(0, n), ...axes.slice(n + at)]);
  }
  const rows = x.shape[0] as number;
  const width = sizeOf(x.shape.slice(1));
  const array = checkIndices('gather', indices, rows);
  const y = new Tensor([...indices.shape, ...x.shape.slice(1)], x.dtype);
  backendFor(x.dtype).gatherRows(x.array, array, y.array, width);
  return record('gather', y, [x], (dy) => {
    const dx = new Tensor(x.shape, x.dtype);
    const backend = backendFor(x.dtype);
    backend.fill(dx.array, 0);
    backend.scatterAddRows(dy.floats, array, dx.floats, width);
    return [dx];
  });
}

/**
 * Rows of zeros with a one at each label.
 *
 * @param labels int32 [...]
 * @returns float32 [..., classes]
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  checkInteger('oneHot', 'classes', classes, 1);
  checkTensor('oneHot', labels);
  const array = checkIndices('oneHot', labels, classes);
  const y = new Tensor([...labels.shape, classes], 'float32');
  y.array.fill(0);
  for (let i = 0; i < array.length; i++) y.array[i * classes + (array[i] as number)] = 1;
  return y;
}
