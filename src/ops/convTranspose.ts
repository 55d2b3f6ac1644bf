import { record } from '../autograd/tape.js';
import { ShapeError } from '../errors.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { type ConvSettings, checkBias, checkConv, convCall, convGeometry } from './conv.js';
import { activationGradient, biasGradient } from './gemm.js';
import { resolveTransposedWindows, type TransposedSize } from './window.js';

export interface ConvTransposeOptions extends ConvSettings, TransposedSize {}

/**
 * Transposed convolution over 1, 2 or 3 spatial axes (Zeiler et al. 2010, there "deconvolution"): the gradient to its input of the
 * convolution with these settings, so the adjoint of that: <conv(x), y> = <x, convTranspose(y)>. Every input cell adds its multiple of
 * the kernel to the output.
 *
 * @param x [batch, ...spatial, in]
 * @param weight [...kernel, out / groups, in]
 * @param bias [out] or null
 * @returns [batch, ...output, out], output sizes by `resolveTransposedWindows`
 * @throws ShapeError naming both shapes if they do not fit
 */
export function convTranspose(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTransposeOptions = {}): Tensor {
  checkConv('convTranspose', x, weight, options);
  const { groups = 1 } = options;
  const rank = x.rank - 2;
  const channels = x.shape[x.rank - 1] as number;
  const fits = rank >= 1 && rank <= 3 && weight.rank === x.rank && weight.shape[rank + 1] === channels && channels % groups === 0;
  if (!fits || weight.shape.some((n) => n === 0)) {
    throw new ShapeError(
      `[convTranspose] expected x [batch, ...spatial, in] and weight [...kernel, out/groups, in] with 1 to 3 spatial axes, received ${shapeText(x.shape)} and ${shapeText(weight.shape)}, groups ${groups}`,
    );
  }
  const out = (weight.shape[rank] as number) * groups;
  checkBias('convTranspose', x, bias, out);
  const w = resolveTransposedWindows('convTranspose', x.shape.slice(1, -1), weight.shape.slice(0, rank), options);
  const geometry = convGeometry(x.shape[0] as number, [out, channels], w, groups);
  const call = convCall('convTranspose', 'gradInput', x, geometry, options);
  const { backend, activation } = call;
  const y = new Tensor([x.shape[0] as number, ...w.input.slice(3 - rank), out], x.dtype);
  backend.convGradInput(x.floats, weight.floats, y.floats, geometry, call.algorithm('gradInput'));
  if (bias !== null) backend.binary('add', y.floats, bias.floats, y.floats, Int32Array.of(2, y.size / out, out, out, 1, 0, 1));
  if (activation !== 'linear') backend.unary(activation, y.floats, y.floats, 0, 0);
  return record('convTranspose', y, bias === null ? [x, weight] : [x, weight, bias], (dy, needs) => {
    const dz = activationGradient(activation, y, dy);
    let dx: Tensor | null = null;
    let dw: Tensor | null = null;
    if (needs[1]) {
      dw = new Tensor(weight.shape, x.dtype);
      backend.convGradWeight(dz.floats, x.floats, dw.floats, geometry, call.algorithm('gradWeight'));
    }
    const db = needs[2] ? biasGradient(dz, dz.size / out, out) : null;
    if (needs[0]) {
      dx = new Tensor(x.shape, x.dtype);
      backend.conv(dz.floats, weight.floats, null, dx.floats, geometry, 'linear', call.algorithm('forward'));
    }
    if (dz !== dy) dz.dispose();
    return [dx, dw, db];
  });
}
