import { ArgumentError, checkOptions, describe } from '../errors.js';
import { checkNumber } from '../ops/operand.js';
import type { Fan, Initializer } from './initializer.js';
import { truncated } from './truncated.js';

/**
 * Initialisers that keep the variance of signals near one from layer to layer: a sum of n products grows the variance n-fold,
 * so weights have variance gain^2 / n. A uniform distribution on +-b has variance b^2 / 3.
 */
type Distribution = 'uniform' | 'normal' | 'truncatedNormal';

/** What n counts: the inputs that an output sums, the outputs that an input reaches, or their mean. */
export type FanMode = 'in' | 'out' | 'average';

export interface GainOptions {
  /** Factor of the standard deviation; see `gainFor`. */
  gain?: number;
}

export interface HeOptions extends GainOptions {
  /** Default 'in', which keeps the variance of the forward pass; 'out' keeps that of gradients. */
  mode?: FanMode;
}

const sizes: Record<FanMode, (fan: Fan) => number> = {
  in: (fan) => fan.in,
  out: (fan) => fan.out,
  average: (fan) => (fan.in + fan.out) / 2,
};

function scaled(
  name: string,
  distribution: Distribution,
  mode: FanMode,
  gain: number,
  config: Initializer['config'],
): Initializer {
  checkNumber(name, 'gain', gain);
  if (!(gain > 0 && gain < Infinity)) throw new ArgumentError(`[${name}] expected a finite gain > 0, received ${gain}`);
  if (!Object.hasOwn(sizes, mode)) {
    throw new ArgumentError(`[${name}] expected mode to be 'in', 'out' or 'average', received ${describe(mode)}`);
  }
  return {
    name,
    config,
    sample: (shape, fan, stream, dtype) => {
      const std = gain / Math.sqrt(Math.max(1, sizes[mode](fan)));
      const bound = std * Math.sqrt(3);
      if (distribution === 'uniform') return stream.uniform(shape, -bound, bound, dtype);
      if (distribution === 'normal') return stream.normal(shape, 0, std, dtype);
      return truncated(shape, { mean: 0, std: std / cutDeviation, low: -2, high: 2, inDeviations: true }, stream, dtype);
    },
  };
}

/** The standard deviation of a normal distribution of deviation 1 that is cut at -2 and 2. */
const cutDeviation = 0.8796256610342398;

/** The settings that are given, so that a description holds no defaults. */
function given<Options extends object>(name: string, options: Options): Initializer['config'] {
  checkOptions(name, options);
  return { ...options } as Initializer['config'];
}

/** Uniform with variance 2 gain^2 / (in + out) (Glorot and Bengio 2010; also "Xavier"): for tanh, sigmoid, softmax and linear layers. */
export function glorotUniform(options: GainOptions = {}): Initializer {
  const config = given('glorotUniform', options);
  return scaled('glorotUniform', 'uniform', 'average', options.gain ?? 1, config);
}

/** Normal with variance 2 gain^2 / (in + out). */
export function glorotNormal(options: GainOptions = {}): Initializer {
  const config = given('glorotNormal', options);
  return scaled('glorotNormal', 'normal', 'average', options.gain ?? 1, config);
}

/**
 * Uniform with variance gain^2 / in, by default 2 / in (He et al. 2015; also "Kaiming"): for layers followed by relu, which halves
 * the variance.
 */
export function heUniform(options: HeOptions = {}): Initializer {
  const config = given('heUniform', options);
  return scaled('heUniform', 'uniform', options.mode ?? 'in', options.gain ?? Math.SQRT2, config);
}

/** Normal with variance gain^2 / in, by default 2 / in. */
export function heNormal(options: HeOptions = {}): Initializer {
  const config = given('heNormal', options);
  return scaled('heNormal', 'normal', options.mode ?? 'in', options.gain ?? Math.SQRT2, config);
}

/** Uniform with variance gain^2 / in, by default 1 / in (LeCun et al. 1998): for selu. */
export function lecunUniform(options: GainOptions = {}): Initializer {
  const config = given('lecunUniform', options);
  return scaled('lecunUniform', 'uniform', 'in', options.gain ?? 1, config);
}

/** Normal, cut at two standard deviations, with variance gain^2 / in, by default 1 / in. */
export function lecunNormal(options: GainOptions = {}): Initializer {
  const config = given('lecunNormal', options);
  return scaled('lecunNormal', 'truncatedNormal', 'in', options.gain ?? 1, config);
}

/** Uniform on +-1 / sqrt(in): what PyTorch gives to the weights and biases of its linear and convolution layers. */
export function fanInUniform(): Initializer {
  return scaled('fanInUniform', 'uniform', 'in', 1 / Math.sqrt(3), {});
}

const gains: Readonly<Record<string, number>> = {
  linear: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  selu: 3 / 4,
};

/**
 * The factor by which weights before an activation are larger than those of a linear layer, so that signals keep their size; as
 * PyTorch recommends them.
 *
 * @param slope of leakyRelu below 0
 */
export function gainFor(activation: 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'selu' | 'leakyRelu', slope = 0.01): number {
  if (activation === 'leakyRelu') {
    checkNumber('gainFor', 'slope', slope);
    return Math.sqrt(2 / (1 + slope * slope));
  }
  const gain = Object.hasOwn(gains, activation) ? gains[activation] : undefined;
  if (gain === undefined) {
    throw new ArgumentError(
      `[gainFor] expected one of ${Object.keys(gains).join(', ')}, leakyRelu, received ${describe(activation)}`,
    );
  }
  return gain;
}
