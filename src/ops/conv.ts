import { record } from '../autograd/tape.js';
import type { Activation, Backend, ConvAlgorithm, ConvKind } from '../backend/backend.js';
import { convAlgorithms } from '../backend/reference/conv.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
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
  /**
   * How it is computed; default 'auto', by the shapes. 'gemm' leaves out Winograd's transforms, and with them their error. Gradients
   * take the algorithm asked for where they can, else their own choice.
   */
  algorithm?: ConvAlgorithm;
}

/** An algorithm that is asked for must be known, and fit the geometry. */
function checkAlgorithm(algorithm: ConvAlgorithm): void {
  if (typeof algorithm === 'string' && Object.hasOwn(convAlgorithms, algorithm)) return;
  throw new ArgumentError(
    `[conv] expected algorithm to be one of ${Object.keys(convAlgorithms).join(', ')}, received ${describe(algorithm)}`,
  );
}

const isEligible = (backend: Backend, kind: ConvKind, geometry: Int32Array, algorithm: ConvAlgorithm): boolean =>
  algorithm === 'auto' || backend.convAlgorithm(kind, geometry, algorithm) === algorithm;

/**
 * Convolution (as all frameworks have it, cross-correlation) over 1, 2 or 3 spatial axes, channels last.
 *
 * @param x [batch, ...spatial, in]
 * @param weight [...kernel, in / groups, out]
 * @param bias [out] or null
 * @returns [batch, ...output, out], output sizes by `resolveWindows`
 * @throws ShapeError naming both shapes if they do not fit
 * @throws ArgumentError if the algorithm asked for cannot compute such a convolution
 */
export function conv(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  checkFloatTensor('conv', x);
  checkFloatTensor('conv', weight);
  checkSameType('conv', x, weight);
  checkOptions('conv', options);
  const { groups = 1, activation = 'linear', algorithm = 'auto' } = options;
  checkAlgorithm(algorithm);
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
  const backend = backendFor(x.dtype);
  if (!isEligible(backend, 'forward', geometry, algorithm))
    throw new ArgumentError(
      `[conv] expected an algorithm for x ${shapeText(x.shape)} and weight ${shapeText(weight.shape)}, received '${algorithm}', which does not fit their kernel, stride, dilation or groups`,
    );
  const y = new Tensor([batch, ...w.output.slice(3 - rank), out], x.dtype);
  backend.conv(x.floats, weight.floats, bias === null ? null : bias.floats, y.floats, geometry, activation, algorithm);
  return record('conv', y, bias === null ? [x, weight] : [x, weight, bias], (dy, needs) => {
    const dz = activationGradient(activation, y, dy);
    const taken = (kind: ConvKind) => (isEligible(backend, kind, geometry, algorithm) ? algorithm : 'auto');
    let dx: Tensor | null = null;
    let dw: Tensor | null = null;
    if (needs[1]) {
      dw = new Tensor(weight.shape, x.dtype);
      backend.convGradWeight(x.floats, dz.floats, dw.floats, geometry, taken('gradWeight'));
    }
    const db = needs[2] ? biasGradient(dz, dz.size / out, out) : null;
    if (needs[0]) {
      dx = new Tensor(x.shape, x.dtype);
      backend.convGradInput(dz.floats, weight.floats, dx.floats, geometry, taken('gradInput'));
    }
    if (dz !== dy) dz.dispose();
    return [dx, dw, db];
  });
}
