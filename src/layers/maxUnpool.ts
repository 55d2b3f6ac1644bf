import { maxPoolWithIndices, maxUnpool, type PerAxis } from '../ops/index.js';
import { unpooledSizes } from '../ops/pool.js';
import { perAxis } from '../ops/window.js';
import { type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type SpatialRank, samplesText } from './convolution.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';
import { Pool, type PoolLayerOptions } from './pool.js';

/** Maximum of each window, and its place: two outputs, the second for unpooling. */
export abstract class MaxPoolWithIndices extends Pool<Tensor[]> {
  protected override forward(x: Tensor): Tensor[] {
    const { values, indices } = maxPoolWithIndices(x, this.window);
    return [values, indices];
  }

  override outputShape(inputShape: Shape): readonly Shape[] {
    const shape = this.pooledShape(inputShape);
    return [shape, shape];
  }
}

export interface MaxUnpoolLayerOptions extends LayerOptions {
  /** Size of the window of the pooling; default 2. */
  poolSize?: PerAxis;
  /** Its step; default its size. */
  stride?: PerAxis;
  /** Its padding, on all sides or one number for each axis; default 0. */
  padding?: PerAxis;
  /** Sizes of the spatial axes; default (input - 1) * stride - 2 * padding + poolSize. */
  outputSize?: PerAxis;
}

/** Puts maxima back where they stood, 0 around them. Its inputs are the two outputs of `MaxPoolWithIndices`. */
export abstract class MaxUnpool extends Layer<Tensor[], Tensor> {
  private readonly window: { size: readonly number[]; stride: readonly number[]; padding: readonly number[] };
  private readonly outputSize: readonly number[] | undefined;

  constructor(
    private readonly rank: SpatialRank,
    options: MaxUnpoolLayerOptions,
  ) {
    checkOptions(new.target.name, options, ['poolSize', 'stride', 'padding', 'outputSize']);
    super(options);
    const { poolSize = 2, padding = 0, outputSize } = options;
    const size = perAxis(this.type, 'poolSize', poolSize, rank, 1);
    const stride = perAxis(this.type, 'stride', options.stride ?? size, rank, 1);
    this.window = { size, stride, padding: perAxis(this.type, 'padding', padding, rank, 0) };
    this.outputSize = outputSize === undefined ? undefined : perAxis(this.type, 'outputSize', outputSize, rank, 1);
    this.takesList = true;
  }

  private get settings(): typeof this.window & { outputSize?: readonly number[] } {
    return this.outputSize === undefined ? this.window : { ...this.window, outputSize: this.outputSize };
  }

  protected override forward([values, indices]: Tensor[]): Tensor {
    return maxUnpool(values as Tensor, indices as Tensor, this.settings);
  }

  override outputShape(inputShapes: readonly Shape[]): Shape {
    const [values, indices] = inputShapes;
    if (values?.length !== this.rank + 1 || indices === undefined || !sameShape(values, indices))
      throw this.shapeError(`maxima and indices of one shape, ${samplesText(this.rank, 'channels')}`, inputShapes);
    return [...unpooledSizes(this.where, values.slice(0, -1), this.settings), values.at(-1) as number];
  }

  override config(): Record<string, unknown> {
    const { size, ...rest } = this.settings;
    return { poolSize: size, ...rest };
  }
}

/** Maximum of each window, and its place, of sequences [length, channels]. */
export class MaxPoolWithIndices1d extends MaxPoolWithIndices {
  constructor(options: PoolLayerOptions = {}) {
    super(1, options);
  }
}

/** Maximum of each window, and its place, of images [height, width, channels]. */
export class MaxPoolWithIndices2d extends MaxPoolWithIndices {
  constructor(options: PoolLayerOptions = {}) {
    super(2, options);
  }
}

/** Maximum of each window, and its place, of volumes [depth, height, width, channels]. */
export class MaxPoolWithIndices3d extends MaxPoolWithIndices {
  constructor(options: PoolLayerOptions = {}) {
    super(3, options);
  }
}

/** Maximum pooling over sequences that also tells where the maxima stood. */
export function maxPoolWithIndices1d(options: PoolLayerOptions = {}): MaxPoolWithIndices1d {
  return new MaxPoolWithIndices1d(options);
}

/** Maximum pooling over images that also tells where the maxima stood. */
export function maxPoolWithIndices2d(options: PoolLayerOptions = {}): MaxPoolWithIndices2d {
  return new MaxPoolWithIndices2d(options);
}

/** Maximum pooling over volumes that also tells where the maxima stood. */
export function maxPoolWithIndices3d(options: PoolLayerOptions = {}): MaxPoolWithIndices3d {
  return new MaxPoolWithIndices3d(options);
}

/** Maxima at their places, 0 around them, of sequences [length, channels]. */
export class MaxUnpool1d extends MaxUnpool {
  constructor(options: MaxUnpoolLayerOptions = {}) {
    super(1, options);
  }
}

/** Maxima at their places, 0 around them, of images [height, width, channels]. */
export class MaxUnpool2d extends MaxUnpool {
  constructor(options: MaxUnpoolLayerOptions = {}) {
    super(2, options);
  }
}

/** Maxima at their places, 0 around them, of volumes [depth, height, width, channels]. */
export class MaxUnpool3d extends MaxUnpool {
  constructor(options: MaxUnpoolLayerOptions = {}) {
    super(3, options);
  }
}

/** The partial inverse of maximum pooling over sequences. */
export function maxUnpool1d(options: MaxUnpoolLayerOptions = {}): MaxUnpool1d {
  return new MaxUnpool1d(options);
}

/** The partial inverse of maximum pooling over images. */
export function maxUnpool2d(options: MaxUnpoolLayerOptions = {}): MaxUnpool2d {
  return new MaxUnpool2d(options);
}

/** The partial inverse of maximum pooling over volumes. */
export function maxUnpool3d(options: MaxUnpoolLayerOptions = {}): MaxUnpool3d {
  return new MaxUnpool3d(options);
}
