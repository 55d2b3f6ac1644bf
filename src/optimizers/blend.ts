import { backendFor } from '../backend/select.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * average += share * (scale * value - average), in one pass: a step of gradient descent on half the squared distance, whose
 * gradient is the average itself (a decay of 1) less the value.
 */
export function blend(average: Tensor, value: Tensor, share: number, scale = 1): void {
  const hyper = Float64Array.of(-scale, Number.POSITIVE_INFINITY, 1, 1, share, 0, 1, 0);
  backendFor(average.dtype).update('sgd', average.floats, value.floats, null, null, null, hyper);
}
