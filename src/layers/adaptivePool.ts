import { type AdaptiveSize, adaptiveAvgPool, adaptiveMaxPool, reshape } from '../ops/index.js';
import { adaptiveSizes } from '../ops/pool.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type SpatialRank, samplesText } from './convolution.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

export interface AdaptivePoolOptions extends LayerOptions {
  /** Sizes of the spatial axes of the result, one number for all or one each; null keeps that of the input. */
  outputSize: AdaptiveSize;
}

/** Windows laid out so that samples of any size give one size. */
abstract class AdaptivePool extends Layer {
  private readonly outputSize: AdaptiveSize;

  constructor(
    private readonly rank: SpatialRank,
    options: AdaptivePoolOptions,
  ) {
    checkOptions(new.target.name, options, ['outputSize']);
    super(options);
    const { outputSize } = options;
    adaptiveSizes(this.type, new Array<number>(rank).fill(1), outputSize);
    this.outputSize = outputSize;
  }

  protected abstract pool(x: Tensor, outputSize: AdaptiveSize): Tensor;

  protected override forward(x: Tensor): Tensor {
    return this.pool(x, this.outputSize);
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length !== this.rank + 1) throw this.shapeError(samplesText(this.rank, 'channels'), inputShape);
    return [...adaptiveSizes(this.where, inputShape.slice(0, -1), this.outputSize), inputShape.at(-1) as number];
  }

  override flops(inputShape: Shape): number {
    return sizeOf(inputShape);
  }

  override config(): Record<string, unknown> {
    return { outputSize: this.outputSize };
  }
}

/** Mean of each window, of as many windows as asked for. */
export abstract class AdaptiveAvgPool extends AdaptivePool {
  protected override pool(x: Tensor, outputSize: AdaptiveSize): Tensor {
    return adaptiveAvgPool(x, outputSize);
  }
}

/** Maximum of each window, of as many windows as asked for. */
export abstract class AdaptiveMaxPool extends AdaptivePool {
  protected override pool(x: Tensor, outputSize: AdaptiveSize): Tensor {
    return adaptiveMaxPool(x, outputSize);
  }
}

/** Mean of each of so many windows of sequences [length, channels]. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  constructor(options: AdaptivePoolOptions) {
    super(1, options);
  }
}

/** Mean of each of so many windows of images [height, width, channels]. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  constructor(options: AdaptivePoolOptions) {
    super(2, options);
  }
}

/** Mean of each of so many windows of volumes [depth, height, width, channels]. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  constructor(options: AdaptivePoolOptions) {
    super(3, options);
  }
}

/** Average pooling of sequences of any size to one size. */
export function adaptiveAvgPool1d(options: AdaptivePoolOptions): AdaptiveAvgPool1d {
  return new AdaptiveAvgPool1d(options);
}

/** Average pooling of images of any size to one size. */
export function adaptiveAvgPool2d(options: AdaptivePoolOptions): AdaptiveAvgPool2d {
  return new AdaptiveAvgPool2d(options);
}

/** Average pooling of volumes of any size to one size. */
export function adaptiveAvgPool3d(options: AdaptivePoolOptions): AdaptiveAvgPool3d {
  return new AdaptiveAvgPool3d(options);
}

/** Maximum of each of so many windows of sequences [length, channels]. */
export class AdaptiveMaxPool1d extends AdaptiveMaxPool {
  constructor(options: AdaptivePoolOptions) {
    super(1, options);
  }
}

/** Maximum of each of so many windows of images [height, width, channels]. */
export class AdaptiveMaxPool2d extends AdaptiveMaxPool {
  constructor(options: AdaptivePoolOptions) {
    super(2, options);
  }
}

/** Maximum of each of so many windows of volumes [depth, height, width, channels]. */
export class AdaptiveMaxPool3d extends AdaptiveMaxPool {
  constructor(options: AdaptivePoolOptions) {
    super(3, options);
  }
}

/** Maximum pooling of sequences of any size to one size. */
export function adaptiveMaxPool1d(options: AdaptivePoolOptions): AdaptiveMaxPool1d {
  return new AdaptiveMaxPool1d(options);
}

/** Maximum pooling of images of any size to one size. */
export function adaptiveMaxPool2d(options: AdaptivePoolOptions): AdaptiveMaxPool2d {
  return new AdaptiveMaxPool2d(options);
}

/** Maximum pooling of volumes of any size to one size. */
export function adaptiveMaxPool3d(options: AdaptivePoolOptions): AdaptiveMaxPool3d {
  return new AdaptiveMaxPool3d(options);
}

export interface GlobalPoolOptions extends LayerOptions {
  /** Whether the spatial axes stay, with size 1; default false. */
  keepDims?: boolean;
}

/** One value for each channel, of samples [...spatial, channels] with 1 to 3 spatial axes. */
abstract class GlobalPool extends Layer {
  private readonly keepDims: boolean;

  constructor(options: GlobalPoolOptions = {}) {
    checkOptions(new.target.name, options, ['keepDims']);
    super(options);
    const { keepDims = false } = options;
    checkBoolean(this.type, 'keepDims', keepDims);
    this.keepDims = keepDims;
  }

  protected abstract pool(x: Tensor): Tensor;

  protected override forward(x: Tensor): Tensor {
    const y = this.pool(x);
    return this.keepDims ? y : reshape(y, [x.shape[0] as number, x.shape.at(-1) as number]);
  }

  override outputShape(inputShape: Shape): Shape {
    const spatial = inputShape.slice(0, -1);
    if (spatial.length < 1 || spatial.length > 3)
      throw this.shapeError('samples [...spatial, channels] with 1 to 3 spatial axes', inputShape);
    const ones = adaptiveSizes(this.where, spatial, 1);
    return [...(this.keepDims ? ones : []), inputShape.at(-1) as number];
  }

  override flops(inputShape: Shape): number {
    return sizeOf(inputShape);
  }

  override config(): Record<string, unknown> {
    return { keepDims: this.keepDims };
  }
}

/** Mean of each channel over all positions. */
export class GlobalAvgPool extends GlobalPool {
  protected override pool(x: Tensor): Tensor {
    return adaptiveAvgPool(x, 1);
  }
}

/** Maximum of each channel over all positions. */
export class GlobalMaxPool extends GlobalPool {
  protected override pool(x: Tensor): Tensor {
    return adaptiveMaxPool(x, 1);
  }
}

/** Average pooling over all positions: [...spatial, channels] to [channels]. */
export function globalAvgPool(options: GlobalPoolOptions = {}): GlobalAvgPool {
  return new GlobalAvgPool(options);
}

/** Maximum pooling over all positions: [...spatial, channels] to [channels]. */
export function globalMaxPool(options: GlobalPoolOptions = {}): GlobalMaxPool {
  return new GlobalMaxPool(options);
}
