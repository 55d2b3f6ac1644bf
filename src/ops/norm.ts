import { isTracked, record } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkFloatTensor, checkInteger, checkSameType } from './operand.js';

export interface NormOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

export interface TrailingNormOptions extends NormOptions {
  /** How many axes are normalised together, counted from the last; default 1. */
  axes?: number;
}

/** Mean and variance of each channel. */
export interface ChannelStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

export interface ChannelNormOptions extends NormOptions {
  /** [channels] each: taken as constants in place of those of x. */
  statistics?: ChannelStatistics;
  /** Sees mean and (biased) variance of x, [1, channels] for batchNorm and [batch, channels] for instanceNorm; to be kept, they must be copied. */
  observe?: (statistics: ChannelStatistics) => void;
  /** Applied as the result is written; default 'linear'. */
  activation?: 'linear' | 'relu';
}

/** What the kernel is told, see `norm` of backend.ts. */
interface Plan {
  readonly name: string;
  /** [outer, length, groups, width], the shape in which x is seen. */
  readonly geometry: readonly [number, number, number, number];
  /** That of scale and shift. */
  readonly parameters: Shape;
  readonly epsilon: number;
  readonly centred: boolean;
}

/** A variance of 0 needs it: PyTorch's default. */
const standardEpsilon = 1e-5;

function checkEpsilon(where: string, epsilon: unknown): asserts epsilon is number {
  if (typeof epsilon !== 'number' || !(epsilon >= 0))
    throw new ArgumentError(`[${where}] expected epsilon of at least 0, received ${describe(epsilon)}`);
}

function checkParameter(where: string, what: string, x: Tensor, parameter: Tensor, shape: Shape): void {
  checkFloatTensor(where, parameter);
  checkSameType(where, x, parameter);
  if (!sameShape(parameter.shape, shape))
    throw new ShapeError(`[${where}] expected ${what} of shape ${shapeText(shape)}, received ${shapeText(parameter.shape)}`);
}

function copyOf(x: Tensor): Tensor {
  const copy = new Tensor(x.shape, x.dtype);
  copy.array.set(x.array);
  return copy;
}

function normalize(plan: Plan, x: Tensor, scale: Tensor | null, shift: Tensor | null, options: ChannelNormOptions): Tensor {
  const { name, epsilon, centred } = plan;
  const { statistics, observe, activation = 'linear' } = options;
  if (activation !== 'linear' && activation !== 'relu')
    throw new ArgumentError(`[${name}] expected activation 'linear' or 'relu', received ${describe(activation)}`);
  const relu = activation === 'relu';
  checkEpsilon(name, epsilon);
  if (scale !== null) checkParameter(name, 'scale', x, scale, plan.parameters);
  if (shift !== null) checkParameter(name, 'shift', x, shift, plan.parameters);
  const geometry = Int32Array.from(plan.geometry);
  const [outer, , groups] = plan.geometry;
  const fixed = statistics !== undefined;
  if (fixed) {
    checkParameter(name, 'a mean', x, statistics.mean, [groups]);
    checkParameter(name, 'a variance', x, statistics.variance, [groups]);
  }
  const inputs = [x, scale, shift].filter((input) => input !== null);
  const tracked = inputs.some(isTracked);
  // Statistics that are given may have changed by the time the gradient is taken: running ones do.
  const taken = (given: Tensor | undefined): Tensor =>
    given === undefined ? new Tensor([outer, groups], x.dtype) : tracked ? copyOf(given) : given;
  const mean = centred ? taken(statistics?.mean) : null;
  const variance = taken(statistics?.variance);
  const y = new Tensor(x.shape, x.dtype);
  const backend = backendFor(x.dtype);
  const arrayOf = (t: Tensor | null) => (t === null ? null : t.floats);
  backend.norm(
    x.floats,
    arrayOf(scale),
    arrayOf(shift),
    arrayOf(mean),
    variance.floats,
    y.floats,
    geometry,
    epsilon,
    fixed,
    relu,
  );
  if (observe !== undefined && mean !== null) observe({ mean, variance });
  if (!tracked) {
    if (!fixed) {
      mean?.dispose();
      variance.dispose();
    }
    return y;
  }
  return record(name, y, inputs, (dy, needs) => {
    const wants = (input: Tensor | null): boolean => input !== null && needs[inputs.indexOf(input)] === true;
    const gradientOf = (input: Tensor | null) => (input !== null && wants(input) ? new Tensor(input.shape, x.dtype) : null);
    const dx = wants(x) && dy.storage.refs === 1 ? dy : gradientOf(x);
    const [dscale, dshift] = [gradientOf(scale), gradientOf(shift)];
    backend.normGrad(
      x.floats,
      dy.floats,
      arrayOf(scale),
      arrayOf(mean),
      variance.floats,
      arrayOf(dx),
      arrayOf(dscale),
      arrayOf(dshift),
      geometry,
      epsilon,
      fixed,
      relu ? y.floats : null,
    );
    return [dx, ...(scale === null ? [] : [dscale]), ...(shift === null ? [] : [dshift])];
  });
}

/** The shape of x without the last `axes` of it, and these. */
function splitAxes(where: string, x: Tensor, axes: number): { rows: number; last: Shape } {
  checkFloatTensor(where, x);
  checkInteger(where, 'axes', axes, 1);
  if (axes > x.rank) throw new ShapeError(`[${where}] expected x with at least ${axes} axes, received ${shapeText(x.shape)}`);
  return { rows: sizeOf(x.shape.slice(0, x.rank - axes)), last: x.shape.slice(x.rank - axes) };
}

/** x as [batch, positions, channels]. */
function splitChannels(where: string, x: Tensor): { batch: number; positions: number; channels: number } {
  checkFloatTensor(where, x);
  if (x.rank < 2) throw new ShapeError(`[${where}] expected x of shape [batch, ..., channels], received ${shapeText(x.shape)}`);
  return { batch: x.shape[0] as number, positions: sizeOf(x.shape.slice(1, -1)), channels: x.shape.at(-1) as number };
}

/**
 * (x - mean) / sqrt(variance + epsilon) * scale + shift, with mean and variance over the last axes (Ba, Kiros and Hinton 2016).
 *
 * @param x [..., last axes]
 * @param scale, shift of the shape of the last axes, or null for 1 and 0
 */
export function layerNorm(
  x: Tensor,
  scale: Tensor | null = null,
  shift: Tensor | null = null,
  options: TrailingNormOptions = {},
): Tensor {
  checkOptions('layerNorm', options);
  const { axes = 1, epsilon = standardEpsilon } = options;
  const { rows, last } = splitAxes('layerNorm', x, axes);
  const plan: Plan = { name: 'layerNorm', geometry: [rows, 1, 1, sizeOf(last)], parameters: last, epsilon, centred: true };
  return normalize(plan, x, scale, shift, {});
}

/** x / sqrt(mean(x^2) + epsilon) * scale, with the mean over the last axes (Zhang and Sennrich 2019); epsilon is 2^-23 by default, as PyTorch's. */
export function rmsNorm(x: Tensor, scale: Tensor | null = null, options: TrailingNormOptions = {}): Tensor {
  checkOptions('rmsNorm', options);
  const { axes = 1, epsilon = 2 ** -23 } = options;
  const { rows, last } = splitAxes('rmsNorm', x, axes);
  const plan: Plan = { name: 'rmsNorm', geometry: [rows, 1, 1, sizeOf(last)], parameters: last, epsilon, centred: false };
  return normalize(plan, x, scale, null, {});
}

/**
 * As layerNorm, with mean and variance of each sample over all positions and a group of neighbouring channels (Wu and He 2018).
 *
 * @param x [batch, ..., channels]
 * @param groups into which the channels are dealt, a divisor of them
 * @param scale, shift [channels], or null
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  scale: Tensor | null = null,
  shift: Tensor | null = null,
  options: NormOptions = {},
): Tensor {
  checkOptions('groupNorm', options);
  const { epsilon = standardEpsilon } = options;
  const { batch, positions, channels } = splitChannels('groupNorm', x);
  checkInteger('groupNorm', 'groups', groups, 1);
  if (channels % groups !== 0)
    throw new ShapeError(`[groupNorm] expected a number of channels that ${groups} divides, received ${shapeText(x.shape)}`);
  const geometry = [batch, positions, groups, channels / groups] as const;
  return normalize({ name: 'groupNorm', geometry, parameters: [channels], epsilon, centred: true }, x, scale, shift, {});
}

/** As groupNorm, with each channel a group (Ulyanov, Vedaldi and Lempitsky 2016). */
export function instanceNorm(
  x: Tensor,
  scale: Tensor | null = null,
  shift: Tensor | null = null,
  options: ChannelNormOptions = {},
): Tensor {
  checkOptions('instanceNorm', options);
  const { epsilon = standardEpsilon } = options;
  const { batch, positions, channels } = splitChannels('instanceNorm', x);
  const geometry =
    options.statistics === undefined
      ? ([batch, positions, channels, 1] as const)
      : ([1, batch * positions, channels, 1] as const);
  return normalize({ name: 'instanceNorm', geometry, parameters: [channels], epsilon, centred: true }, x, scale, shift, options);
}

/**
 * As groupNorm, with mean and variance of each channel over the batch and all positions (Ioffe and Szegedy 2015), or with given ones.
 *
 * @param x [batch, ..., channels]
 * @param scale, shift [channels], or null
 */
export function batchNorm(
  x: Tensor,
  scale: Tensor | null = null,
  shift: Tensor | null = null,
  options: ChannelNormOptions = {},
): Tensor {
  checkOptions('batchNorm', options);
  const { epsilon = standardEpsilon } = options;
  const { batch, positions, channels } = splitChannels('batchNorm', x);
  const geometry = [1, batch * positions, channels, 1] as const;
  return normalize({ name: 'batchNorm', geometry, parameters: [channels], epsilon, centred: true }, x, scale, shift, options);
}
