import { record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, describe } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor } from './operand.js';

/**
 * Sets each element to 0 with probability `rate` and scales the others by 1 / (1 - rate) (Srivastava et al., 2014). The same
 * state gives the same mask; the caller moves it on between calls.
 *
 * @param rate in [0, 1)
 * @param state of a random stream, four 32-bit words
 */
export function dropout(x: Tensor, rate: number, state: Uint32Array): Tensor {
  checkFloatTensor('dropout', x);
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1))
    throw new ArgumentError(`[dropout] expected a rate from 0 to below 1, received ${describe(rate)}`);
  if (state?.length !== 4) throw new ArgumentError(`[dropout] expected a state of 4 words, received ${describe(state?.length)}`);
  const own = state.slice();
  const y = new Tensor(x.shape, x.dtype);
  backendFor(x.dtype).dropout(x.floats, y.floats, rate, own);
  return record('dropout', y, [x], (dy) => {
    const dx = dy.storage.refs === 1 ? dy : new Tensor(dy.shape, dy.dtype);
    backendFor(dy.dtype).dropout(dy.floats, dx.floats, rate, own);
    return [dx];
  });
}
