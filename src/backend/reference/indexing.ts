import { ArgumentError } from '../../errors.js';
import type { AnyArray, FloatArray } from '../backend.js';

export function checkIndices(where: string, what: string, indices: Int32Array, limit: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (index < 0 || index >= limit) {
      throw new ArgumentError(`[${where}] expected ${what} from 0 to ${limit - 1}, received ${index} at position ${i}`);
    }
  }
}

function rowCount(array: AnyArray, width: number): number {
  return width > 0 ? Math.floor(array.length / width) : 0;
}

export function gatherRows(x: AnyArray, indices: Int32Array, y: AnyArray, width: number): void {
  checkIndices('gatherRows', 'indices', indices, rowCount(x, width));
  for (let r = 0; r < indices.length; r++) {
    const from = indices[r] * width;
    for (let i = 0; i < width; i++) y[r * width + i] = x[from + i];
  }
}

export function scatterAddRows(y: FloatArray, indices: Int32Array, x: FloatArray, width: number): void {
  checkIndices('scatterAddRows', 'indices', indices, rowCount(x, width));
  for (let r = 0; r < indices.length; r++) {
    const to = indices[r] * width;
    for (let i = 0; i < width; i++) x[to + i] = x[to + i] + y[r * width + i];
  }
}
