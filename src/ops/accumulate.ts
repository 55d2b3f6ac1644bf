import { backendFor } from '../backend/select.js';
import { Tensor } from '../tensor/tensor.js';

/** One-dimensional dims of an elementwise call on two dense arrays of `n` elements. */
export function denseDims(n: number): Int32Array {
  return Int32Array.of(1, n, 1, 1);
}

/** The sum of two gradients of one shape. Both are given up: the sum takes over the memory of `a` where nobody shares it. */
export function addInto(a: Tensor, b: Tensor): Tensor {
  const sum = a.storage.refs === 1 ? a : new Tensor(a.shape, a.dtype);
  backendFor(a.dtype).binary('add', a.floats, b.floats, sum.floats, denseDims(a.size));
  if (sum !== a) a.dispose();
  b.dispose();
  return sum;
}
