import type { Fan, Initializer } from './initializer.js';

/**
 * Initialisers that keep the variance of signals near one from layer to layer: a sum of n products grows the variance n-fold,
 * so weights have variance gain / n. A uniform distribution on +-b has variance b^2 / 3.
 */
function scaled(name: string, distribution: 'uniform' | 'normal', variance: (fan: Fan) => number): Initializer {
  return {
    name,
    config: {},
    sample: (shape, fan, stream, dtype) => {
      const std = Math.sqrt(variance(fan));
      const bound = std * Math.sqrt(3);
      return distribution === 'normal' ? stream.normal(shape, 0, std, dtype) : stream.uniform(shape, -bound, bound, dtype);
    },
  };
}

const glorot = (fan: Fan): number => 2 / Math.max(1, fan.in + fan.out);
const he = (fan: Fan): number => 2 / Math.max(1, fan.in);

/** Uniform on +-sqrt(6 / (in + out)) (Glorot and Bengio 2010; also "Xavier"): for tanh, sigmoid, softmax and linear layers. */
export function glorotUniform(): Initializer {
  return scaled('glorotUniform', 'uniform', glorot);
}

/** Normal with variance 2 / (in + out). */
export function glorotNormal(): Initializer {
  return scaled('glorotNormal', 'normal', glorot);
}

/** Uniform on +-sqrt(6 / in) (He et al. 2015; also "Kaiming"): for layers followed by relu, which halves the variance. */
export function heUniform(): Initializer {
  return scaled('heUniform', 'uniform', he);
}

/** Normal with variance 2 / in. */
export function heNormal(): Initializer {
  return scaled('heNormal', 'normal', he);
}

/** Uniform on +-1 / sqrt(in): what PyTorch gives to the weights and biases of its linear and convolution layers. */
export function fanInUniform(): Initializer {
  return scaled('fanInUniform', 'uniform', (fan) => 1 / (3 * Math.max(1, fan.in)));
}
