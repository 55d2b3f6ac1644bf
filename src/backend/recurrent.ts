/**
 * Cells of recurrent layers, with sigma the logistic function, * elementwise, x the step's input, h and c the states before it. Each
 * gate's pre-activation is a = x W + biasInput + h R + biasRecurrent unless said otherwise.
 *
 * - rnnTanh, rnnRelu (Elman 1990): h' = tanh(a), max(a, 0).
 * - lstm (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000), gates i, f, g, o: i, f, o = sigma(a), g = tanh(a);
 *   c' = f * c + i * g; h' = o * tanh(c'). With peepholes (Gers and Schmidhuber 2000) i and f see p * c, o sees p * c'. With a
 *   projection P (Sak, Senior and Beaufays 2014) h' = (o * tanh(c')) P.
 * - gru (as PyTorch and cuDNN have it), gates r, z, n: r, z = sigma(a); n = tanh(x W + biasInput + r * (h R + biasRecurrent));
 *   h' = (1 - z) * n + z * h.
 * - gruResetBefore (Cho et al. 2014): the same but n = tanh(x W + biasInput + (r * h) R + biasRecurrent).
 */
export type RecurrentCell = 'rnnTanh' | 'rnnRelu' | 'lstm' | 'gru' | 'gruResetBefore';

/** How many gates lie side by side in a cell's weights. */
export const recurrentGates: Readonly<Record<RecurrentCell, number>> = {
  rnnTanh: 1,
  rnnRelu: 1,
  lstm: 4,
  gru: 3,
  gruResetBefore: 3,
};

/**
 * Geometry of a recurrent layer, one Int32Array with these fields. `out` is the width of h: that of the projection, else `units`.
 * `directions` 2: the first runs forward, the second from the last valid step to the first. `reverse` 1 with one direction: that one
 * runs backwards.
 */
export const recurrentGeometryFields = ['batch', 'steps', 'in', 'units', 'out', 'directions', 'reverse'] as const;

/**
 * The arrays of one direction, in this order, each null where absent (the weights never are): weightInput [in, gates*units],
 * weightRecurrent [out, gates*units], biasInput and biasRecurrent [gates*units], peephole [3, units] (i, f, o) and projection
 * [units, out] (lstm only), h0 [batch, out], c0 [batch, units] (lstm only), and mask [batch, out], which multiplies h on its way into
 * the products with R at every step (variational dropout, Gal and Ghahramani 2016), but not into h' or z * h.
 */
export const recurrentArrays = [
  'weightInput',
  'weightRecurrent',
  'biasInput',
  'biasRecurrent',
  'peephole',
  'projection',
  'h0',
  'c0',
  'mask',
] as const;
