import { isTracked, record } from '../autograd/tape.js';
import { type Activation, type Backend, type ConvAlgorithm, type ConvKind, convGeometryFields } from '../backend/backend.js';
import { convAlgorithms } from '../backend/reference/conv.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { type Shape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { activationGradient, biasGradient, checkActivation } from './gemm.js';
import { checkFloatTensor, checkInteger, checkSameType } from './operand.js';
import { constantOf, type PaddingMode, pad } from './padding.js';
import { planned } from './planned.js';
import { type Padding, type PerAxis, resolveWindows, type Windows } from './window.js';

/** What a convolution and its transpose have in common. */
export interface ConvSettings {
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

export interface ConvOptions extends ConvSettings {
  /** What stands in the padding; default 'zeros', which costs nothing. Others pad a copy of x. */
  paddingMode?: PaddingMode;
}

/** Throws unless `algorithm` is one that is known. */
export function checkAlgorithm(where: string, algorithm: unknown): asserts algorithm is ConvAlgorithm {
  if (typeof algorithm === 'string' && Object.hasOwn(convAlgorithms, algorithm)) return;
  throw new ArgumentError(
    `[${where}] expected algorithm to be one of ${Object.keys(convAlgorithms).join(', ')}, received ${describe(algorithm)}`,
  );
}

/** A convolution and its transpose as the kernels take them: both are passes over one geometry. */
export interface ConvCall {
  readonly backend: Backend;
  readonly activation: Activation;
  /** The algorithm asked for where this pass can take it, else the kernel's own choice. */
  algorithm(kind: ConvKind): ConvAlgorithm;
}

/** Throws unless x and weight are float tensors of one type and the settings that both directions share are of their kind. */
export function checkConv(where: string, x: Tensor, weight: Tensor, options: ConvSettings): void {
  checkFloatTensor(where, x);
  checkFloatTensor(where, weight);
  checkSameType(where, x, weight);
  checkOptions(where, options);
  const { groups = 1, activation = 'linear', algorithm = 'auto' } = options;
  checkAlgorithm(where, algorithm);
  checkActivation(where, activation);
  checkInteger(where, 'groups', groups, 1);
}

/** Throws unless bias is null or [out], of the type of x. */
export function checkBias(where: string, x: Tensor, bias: Tensor | null, out: number): void {
  if (bias === null) return;
  checkFloatTensor(where, bias);
  checkSameType(where, x, bias);
  if (bias.rank !== 1 || bias.shape[0] !== out)
    throw new ShapeError(`[${where}] expected bias [${out}], received ${shapeText(bias.shape)}`);
}

/** What the kernels are told: windows over [batch, ...w.input, channels] that give [batch, ...w.output, out]. */
export function convGeometry(batch: number, [channels, out]: readonly [number, number], w: Windows, groups: number): Int32Array {
  const fields = [[batch], w.input, [channels], w.output, [out], w.kernel, w.stride, w.padBefore, w.dilation, [groups]];
  const geometry = new Int32Array(convGeometryFields.length);
  let at = 0;
  for (const field of fields) for (const n of field) geometry[at++] = n;
  return geometry;
}

/** The call of a convolution, or of its transpose; `kind` is its forward pass. */
export function convCall(
  where: string,
  kind: ConvKind,
  x: Tensor,
  geometry: Int32Array,
  { activation = 'linear', algorithm = 'auto' }: ConvSettings,
): ConvCall {
  const backend = backendFor(x.dtype);
  const fits = (pass: ConvKind): boolean =>
    algorithm === 'auto' || backend.convAlgorithm(pass, geometry, algorithm) === algorithm;
  if (!fits(kind)) {
    throw new ArgumentError(
      `[${where}] expected an algorithm for x ${shapeText(x.shape)}, received '${algorithm}', which does not fit kernel, stride, dilation or groups`,
    );
  }
  return { backend, activation, algorithm: (pass) => (fits(pass) ? algorithm : 'auto') };
}

/** What a convolution works out before it computes. */
interface ConvPlan {
  readonly geometry: Int32Array;
  /** The shape of the result. */
  readonly shape: Shape;
  /** How a copy of x is padded first, with what `paddingMode` says; null where nothing is, or zeros, which cost nothing. */
  readonly pads: readonly (readonly [number, number])[] | null;
}

function planConv(x: Tensor, weight: Tensor, options: ConvOptions): ConvPlan {
  checkConv('conv', x, weight, options);
  const { groups = 1, paddingMode = 'zeros' } = options;
  const rank = x.rank - 2;
  const channels = x.shape[x.rank - 1] as number;
  const out = weight.shape[weight.rank - 1] as number;
  const fits = rank >= 1 && rank <= 3 && weight.rank === x.rank && weight.shape[rank] === channels / groups && out % groups === 0;
  if (!fits || weight.shape.some((n) => n === 0) || channels === 0) {
    throw new ShapeError(
      `[conv] expected x [batch, ...spatial, in] and weight [...kernel, in/groups, out] with 1 to 3 spatial axes, received ${shapeText(x.shape)} and ${shapeText(weight.shape)}, groups ${groups}`,
    );
  }
  const w = resolveWindows('conv', x.shape.slice(1, -1), weight.shape.slice(0, rank), options);
  const batch = x.shape[0] as number;
  const copies = constantOf('conv', paddingMode) !== 0 && [...w.padBefore, ...w.padAfter].some((n) => n > 0);
  const sides = w.padBefore.map((before, i): [number, number] => [before, w.padAfter[i] as number]).slice(3 - rank);
  return {
    geometry: convGeometry(batch, [channels, out], w, groups),
    shape: Object.freeze([batch, ...w.output.slice(3 - rank), out]),
    pads: copies ? [[0, 0], ...sides, [0, 0]] : null,
  };
}

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
  const { geometry, shape, pads } = planned('conv', options, x, weight, () => planConv(x, weight, options));
  const out = shape[shape.length - 1] as number;
  checkBias('conv', x, bias, out);
  if (pads !== null) {
    const padded = pad(x, pads, options.paddingMode);
    const y = conv(padded, weight, bias, { ...options, padding: 'valid' });
    if (!isTracked(y)) padded.dispose();
    return y;
  }
  const call = convCall('conv', 'forward', x, geometry, options);
  const { backend, activation } = call;
  const y = new Tensor(shape, x.dtype);
  const biases = bias === null ? null : bias.floats;
  backend.conv(x.floats, weight.floats, biases, y.floats, geometry, activation, call.algorithm('forward'));
  return record('conv', y, bias === null ? [x, weight] : [x, weight, bias], (dy, needs) => {
    const dz = activationGradient(activation, y, dy);
    let dx: Tensor | null = null;
    let dw: Tensor | null = null;
    if (needs[1]) {
      dw = new Tensor(weight.shape, x.dtype);
      backend.convGradWeight(x.floats, dz.floats, dw.floats, geometry, call.algorithm('gradWeight'));
    }
    const db = needs[2] ? biasGradient(dz, dz.size / out, out) : null;
    if (needs[0]) {
      dx = new Tensor(x.shape, x.dtype);
      backend.convGradInput(dz.floats, weight.floats, dx.floats, geometry, call.algorithm('gradInput'));
    }
    if (dz !== dy) dz.dispose();
    return [dx, dw, db];
  });
}
