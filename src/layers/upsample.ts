import { type Interpolation, type UpsampleOptions, upsample } from '../ops/index.js';
import { checkInterpolation, scaledAxes, targetOf } from '../ops/upsample.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type SpatialRank, samplesText } from './convolution.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface UpsampleLayerOptions extends LayerOptions, UpsampleOptions {}

/** Samples [...spatial, channels] at another size, in 1, 2 or 3 dimensions. */
export abstract class Upsample extends Layer {
  private readonly target: UpsampleOptions & { interpolation: Interpolation; alignCorners: boolean };

  constructor(
    private readonly rank: SpatialRank,
    options: UpsampleLayerOptions,
  ) {
    checkOptions(new.target.name, options, ['size', 'scale', 'interpolation', 'alignCorners']);
    super(options);
    const { size, scale, interpolation = 'nearest', alignCorners = false } = options;
    checkInterpolation(this.type, interpolation);
    const sizes = { ...(size === undefined ? {} : { size }), ...(scale === undefined ? {} : { scale }) };
    this.target = { ...sizes, interpolation, alignCorners };
    targetOf(this.type, this.target, rank);
  }

  protected override forward(x: Tensor): Tensor {
    return upsample(x, this.target);
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length !== this.rank + 1) throw this.shapeError(samplesText(this.rank, 'channels'), inputShape);
    const axes = scaledAxes(this.where, inputShape.slice(0, -1), this.target);
    return [...axes.map(({ output }) => output), inputShape.at(-1) as number];
  }

  override config(): Record<string, unknown> {
    return { ...this.target };
  }
}

/** Other sizes of sequences [length, channels]. */
export class Upsample1d extends Upsample {
  constructor(options: UpsampleLayerOptions) {
    super(1, options);
  }
}

/** Other sizes of images [height, width, channels]. */
export class Upsample2d extends Upsample {
  constructor(options: UpsampleLayerOptions) {
    super(2, options);
  }
}

/** Other sizes of volumes [depth, height, width, channels]. */
export class Upsample3d extends Upsample {
  constructor(options: UpsampleLayerOptions) {
    super(3, options);
  }
}

/** Upsampling of sequences to a size or by a factor. */
export function upsample1d(options: UpsampleLayerOptions): Upsample1d {
  return new Upsample1d(options);
}

/** Upsampling of images to a size or by a factor. */
export function upsample2d(options: UpsampleLayerOptions): Upsample2d {
  return new Upsample2d(options);
}

/** Upsampling of volumes to a size or by a factor. */
export function upsample3d(options: UpsampleLayerOptions): Upsample3d {
  return new Upsample3d(options);
}
