import { record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, DTypeError, describe, ShapeError } from '../errors.js';
import { isFloat } from '../tensor/dtype.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor, checkInteger, checkTensor } from './operand.js';

export interface EmbeddingLookup {
  /** The row that gets no gradient: it stands for padding. It is read as it is. */
  paddingIndex?: number;
  /** Divides the gradient of a row by how often its index occurs; default false. */
  scaleGradByFrequency?: boolean;
}

/** The elements as indices below `size`: int32 and uint8 as they are, floats if they are whole numbers. */
function indicesOf(where: string, x: Tensor, size: number): Int32Array {
  checkTensor(where, x);
  if (x.dtype === 'bool') throw new DTypeError(`[${where}] expected indices of int32, uint8 or whole floats, received bool`);
  const array = x.dtype === 'int32' ? (x.array as Int32Array) : Int32Array.from(x.array);
  for (let i = 0; i < array.length; i++) {
    const index = array[i] as number;
    if (index < 0 || index >= size || (isFloat(x.dtype) && x.array[i] !== index)) {
      throw new ArgumentError(`[${where}] expected indices from 0 to ${size - 1}, received ${describe(x.array[i])} at ${i}`);
    }
  }
  return array;
}

/** How often each index occurs. */
function countsOf(indices: Int32Array, size: number): Int32Array {
  const counts = new Int32Array(size);
  for (const index of indices) counts[index] = (counts[index] as number) + 1;
  return counts;
}

/**
 * The row of a table for each index: y[i...] = weight[indices[i...]].
 *
 * @param weight [tokens, units]
 * @param indices of any shape: int32, uint8, or floats that are whole numbers
 * @returns [...indices, units]
 */
export function embedding(weight: Tensor, indices: Tensor, options: EmbeddingLookup = {}): Tensor {
  const where = 'embedding';
  checkFloatTensor(where, weight);
  if (weight.rank !== 2)
    throw new ShapeError(`[${where}] expected a table [tokens, units], received shape ${shapeText(weight.shape)}`);
  const [tokens, units] = weight.shape as [number, number];
  checkOptions(where, options);
  const { paddingIndex, scaleGradByFrequency = false } = options;
  if (paddingIndex !== undefined) checkInteger(where, 'paddingIndex', paddingIndex, 0, tokens - 1);
  const array = indicesOf(where, indices, tokens);
  const y = new Tensor([...indices.shape, units], weight.dtype);
  const backend = backendFor(weight.dtype);
  backend.gatherRows(weight.array, array, y.array, units);
  return record(where, y, [weight], (dy) => {
    const gradient = new Tensor(weight.shape, weight.dtype);
    const rows = gradient.floats;
    backend.fill(rows, 0);
    backend.scatterAddRows(dy.floats, array, rows, units);
    if (paddingIndex !== undefined) rows.fill(0, paddingIndex * units, (paddingIndex + 1) * units);
    if (scaleGradByFrequency) {
      for (const [index, count] of countsOf(array, tokens).entries()) {
        if (count > 1) for (let i = index * units; i < (index + 1) * units; i++) rows[i] = (rows[i] as number) / count;
      }
    }
    return [gradient];
  });
}
