import { layerNorm as normalize, rmsNorm as normalizeByRms } from '../ops/norm.js';
import { checkInteger } from '../ops/operand.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Normalization, type NormalizationOptions, normalizationOptions } from './normalization.js';
import { checkOptions } from './options.js';

export interface LayerNormOptions extends NormalizationOptions {
  /** How many axes are normalised together, counted from the last; default 1. */
  axes?: number;
}

export type RmsNormOptions = Omit<LayerNormOptions, 'shift' | 'shiftInitializer'>;

abstract class TrailingNormalization extends Normalization {
  readonly axes: number;

  constructor(options: LayerNormOptions, standardEpsilon?: number) {
    super(options, standardEpsilon);
    const { axes = 1 } = options;
    checkInteger(this.type, 'axes', axes, 1);
    this.axes = axes;
  }

  protected override parameterShape(inputShape: Shape): Shape {
    if (inputShape.length < this.axes) throw this.shapeError(`input with at least ${this.axes} axes`, inputShape);
    return inputShape.slice(inputShape.length - this.axes);
  }

  override config(): Record<string, unknown> {
    return { axes: this.axes, ...super.config() };
  }
}

/** Mean 0 and variance 1 over the last axes of each sample (Ba, Kiros and Hinton 2016). Parameters: `scale`, `shift` of the shape of these axes. */
export class LayerNorm extends TrailingNormalization {
  constructor(options: LayerNormOptions = {}) {
    checkOptions('LayerNorm', options, ['axes', ...normalizationOptions]);
    super(options);
  }

  protected override forward(x: Tensor): Tensor {
    return normalize(x, this.scale, this.shift, { axes: this.axes, epsilon: this.epsilon });
  }
}

/** Mean square 1 over the last axes of each sample (Zhang and Sennrich 2019). Parameter: `scale`. Epsilon is 2^-23 by default, as PyTorch's. */
export class RmsNorm extends TrailingNormalization {
  constructor(options: RmsNormOptions = {}) {
    checkOptions('RmsNorm', options, ['axes', 'epsilon', 'scale', 'scaleInitializer']);
    super({ ...options, shift: false }, 2 ** -23);
  }

  protected override forward(x: Tensor): Tensor {
    return normalizeByRms(x, this.scale, { axes: this.axes, epsilon: this.epsilon });
  }

  override config(): Record<string, unknown> {
    const { shift: _, shiftInitializer: __, ...config } = super.config();
    return config;
  }
}

/** A layer normalisation. */
export function layerNorm(options: LayerNormOptions = {}): LayerNorm {
  return new LayerNorm(options);
}

/** A normalisation by the root mean square. */
export function rmsNorm(options: RmsNormOptions = {}): RmsNorm {
  return new RmsNorm(options);
}
