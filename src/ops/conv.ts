import { record } from '../autograd/tape.js';
import type { Activation } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import { checkOptions, ShapeError } from '../errors.js';
import { shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { activationGradient, biasGradient, checkActivation } from './gemm.js';
import { checkFloatTensor, checkInteger, checkSameType } from './operand.js';
import { type Padding, type PerAxis, resolveWindows } from './window.js';

export interface ConvOptions {
  /** Step of the window; default 1. */
  stride?: PerAxis;
  /** Default 'valid'. */
  padding?: Padding;
  /** Distance of neighbouring kernel elements; default 1. */
  dilation?: PerAxis;
  /** Channels in groups that do not see each other; default 1. */
  groups?: number;
  /** Applied as the result is written; default 'linear'. */
  activation?: Activation;
}

/**
 * Convolution (as all frameworks have it, cross-correlation) over 1, 2 or 3 spatial axes, channels last.
 *
 * @param x [batch, ...spatial, in]
 * @param weight [...kernel, in / groups, out]
 * @param bias [out] or null
 * @returns [batch, ...output, out], output sizes by `resolveWindows`
 * @throws ShapeError naming both shapes if they do not fit
 */
export function conv(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  checkFloatTensor('conv', x);
  checkFloatTensor('conv', weight);
  checkSameType('conv', x, weight);
  checkOptions('conv', options);
  const { groups = 1, activation = 'linear' } = options;
  checkActivation('conv', activation);
  checkInteger('conv', 'groups', groups, 1);
  const rank = x.rank - 2;
  const channels = x.shape[x.rank - 1] as number;
  const out = weight.shape[weight.rank - 1] as number;
  const fits = rank >= 1 && rank <= 3 && weight.rank === x.rank && weight.shape[rank] === channels / groups && out % groups === 0;
  if (!fits || weight.shape.some((n) => n === 0) || channels === 0) {
    throw new ShapeError(
      `[conv] expected x [batch, ...spatial, in] and weight [...kernel, in/groups, out] with 1 to 3 spatial axes, received ${shapeText(x.shape)} and ${shapeText(weight.shape)}, groups ${groups}`,
    );
  }
  if (bias !== null) {
    checkFloatTensor('conv', bias);
    checkSameType('conv', x, bias);
    if (bias.rank !== 1 || bias.shape[0] !== out)
      throw new ShapeError(`[conv] expected bias [${out}], received ${shapeText(bias.shape)}`);
  }
  const w = resolveWindows('conv', x.shape.slice(1, -1), weight.shape.slice(0, rank), options);
  const batch = x.shape[0] as number;
  const geometry = Int32Array.of(
    batch,
    ...w.input,
    channels,
    ...w.output,
    out,
    ...w.kernel,
    ...w.stride,
    ...w.padBefore,
    ...w.dilation,
    groups,
  );
  const y = new Tensor([batch, ...w.output.slice(3 - rank), out], x.dtype);
  const backend = backendFor(x.dtype);
  backend.conv(x.floats, weight.floats, bias === null ? null : bias.floats, y.floats, geometry, activation);
  return record('conv', y, bias === null ? [x, weight] : [x, weight, bias], (dy, needs) => {
    const dz = activationGradient(activation, y, dy);
    let dx: Tensor | null = null;
    let dw: Tensor | null = null;
    if (needs[1]) {
      dw = new Tensor(weight.shape, x.dtype);
      backend.convGradWeight(x.floats, dz.floats, dw.floats, geometry);
    }
    const db = needs[2] ? biasGradient(dz, dz.size / out, out) : null;
    if (needs[0]) {
      dx = new Tensor(x.shape, x.dtype);
      backend.convGradInput(dz.floats, weight.floats, dx.floats, geometry);
    }
    if (dz !== dy) dz.dispose();
    return [dx, dw, db];
  });
}
