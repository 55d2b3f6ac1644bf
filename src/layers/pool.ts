import { ArgumentError } from '../errors.js';
import {
  type AvgPoolOptions as AvgOptions,
  avgPool,
  lpPool,
  maxPool,
  type Padding,
  type PerAxis,
  type PoolOptions,
} from '../ops/index.js';
import { checkNumber } from '../ops/operand.js';
import { settle } from '../ops/planned.js';
import { poolWindows } from '../ops/pool.js';
import { perAxis } from '../ops/window.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type SpatialRank, samplesText } from './convolution.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';
import type { Value } from './value.js';

/** What all layers take that pool over windows. */
export interface PoolLayerOptions extends LayerOptions {
  /** Size of the window, one number for all spatial axes or one each; default 2. */
  poolSize?: PerAxis;
  /** Step of the window; default its size. */
  stride?: PerAxis;
  /** As for convolutions; default 'valid'. */
  padding?: Padding;
  /** Distance of neighbouring window cells; default 1. */
  dilation?: PerAxis;
  /** Whether a last window may reach beyond the padded input; default false. See docs/pooling.md. */
  ceilMode?: boolean;
}

export interface AvgPoolLayerOptions extends PoolLayerOptions {
  /** Whether padding counts in the divisor; default true. */
  countPad?: boolean;
  /** Divides in place of the count of cells. */
  divisor?: number;
}

export interface LpPoolLayerOptions extends PoolLayerOptions {
  /** The exponent p; default 2. Infinity (in files 'Infinity') gives the greatest magnitude, -Infinity the smallest. */
  norm?: number | 'Infinity' | '-Infinity';
  /** Whether the sum is over |x|^p rather than x^p; default false. */
  absolute?: boolean;
  /** Whether a window cut short by ceil mode counts as if full; default true. */
  rescale?: boolean;
}

/** Windows over samples [...spatial, channels], in 1, 2 or 3 dimensions. What is made of a window, the classes below say. */
export abstract class Pool<Out extends Value = Tensor> extends Layer<Tensor, Out> {
  protected readonly window: Required<PoolOptions>;

  constructor(
    protected readonly rank: SpatialRank,
    options: PoolLayerOptions,
    own: readonly string[] = [],
  ) {
    checkOptions(new.target.name, options, [...own, 'poolSize', 'stride', 'padding', 'dilation', 'ceilMode']);
    super(options);
    const { poolSize = 2, padding = 'valid', dilation = 1, ceilMode = false } = options;
    checkBoolean(this.type, 'ceilMode', ceilMode);
    const size = perAxis(this.type, 'poolSize', poolSize, rank, 1);
    this.window = settle({ size, stride: options.stride ?? size, padding, dilation, ceilMode });
    // Wrong kinds of stride and padding are refused here: no window is larger than this sample.
    const apart = perAxis(this.type, 'dilation', dilation, rank, 1);
    this.outputSpatial(size.map((n, i) => (n - 1) * (apart[i] as number) + 1));
  }

  /** @internal */
  override get mapsSamples(): boolean {
    return true;
  }

  protected outputSpatial(spatial: Shape): Shape {
    return poolWindows(this.where, spatial, this.window).output.slice(3 - this.rank);
  }

  /** The shape of the pooled sample. */
  protected pooledShape(inputShape: Shape): Shape {
    if (inputShape.length !== this.rank + 1) throw this.shapeError(samplesText(this.rank, 'channels'), inputShape);
    return [...this.outputSpatial(inputShape.slice(0, -1)), inputShape.at(-1) as number];
  }

  override flops(inputShape: Shape): number {
    return sizeOf(this.pooledShape(inputShape)) * sizeOf(this.window.size as readonly number[]);
  }

  override config(): Record<string, unknown> {
    const { size, stride, padding, dilation, ceilMode } = this.window;
    return { poolSize: size, stride, padding, dilation, ceilMode };
  }
}

/** Maximum of each window. */
export abstract class MaxPool extends Pool {
  protected override forward(x: Tensor): Tensor {
    return maxPool(x, this.window);
  }

  override outputShape(inputShape: Shape): Shape {
    return this.pooledShape(inputShape);
  }
}

/** Mean of each window. */
export abstract class AvgPool extends Pool {
  private readonly countPad: boolean;
  private readonly divisor: number | undefined;

  constructor(rank: SpatialRank, options: AvgPoolLayerOptions) {
    super(rank, options, ['countPad', 'divisor']);
    const { countPad = true, divisor } = options;
    checkBoolean(this.type, 'countPad', countPad);
    if (divisor !== undefined) checkNumber(this.type, 'divisor', divisor);
    if (divisor === 0) throw new ArgumentError(`[${this.type}] expected a divisor other than 0, received 0`);
    this.countPad = countPad;
    this.divisor = divisor;
  }

  protected override forward(x: Tensor): Tensor {
    return avgPool(x, { ...this.window, ...this.counting() });
  }

  override outputShape(inputShape: Shape): Shape {
    return this.pooledShape(inputShape);
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), ...this.counting() };
  }

  private counting(): Pick<AvgOptions, 'countPad' | 'divisor'> {
    const { countPad, divisor } = this;
    return divisor === undefined ? { countPad } : { countPad, divisor };
  }
}

/** The p-norm of each window (for p = 2: L2 pooling). */
export abstract class LpPool extends Pool {
  private readonly norm: number;
  private readonly absolute: boolean;
  private readonly rescale: boolean;

  constructor(rank: SpatialRank, options: LpPoolLayerOptions) {
    super(rank, options, ['norm', 'absolute', 'rescale']);
    const { norm = 2, absolute = false, rescale = true } = options;
    this.norm = norm === 'Infinity' || norm === '-Infinity' ? Number(norm) : norm;
    checkNumber(this.type, 'norm', this.norm);
    if (norm === 0) throw new ArgumentError(`[${this.type}] expected a norm other than 0, received 0`);
    checkBoolean(this.type, 'absolute', absolute);
    checkBoolean(this.type, 'rescale', rescale);
    this.absolute = absolute;
    this.rescale = rescale;
  }

  protected override forward(x: Tensor): Tensor {
    const { norm, absolute, rescale } = this;
    return lpPool(x, { ...this.window, norm, absolute, rescale });
  }

  override outputShape(inputShape: Shape): Shape {
    return this.pooledShape(inputShape);
  }

  override config(): Record<string, unknown> {
    const { norm, absolute, rescale } = this;
    return { ...super.config(), norm: Number.isFinite(norm) ? norm : String(norm), absolute, rescale };
  }
}

/** Maximum of each window of sequences [length, channels]. */
export class MaxPool1d extends MaxPool {
  constructor(options: PoolLayerOptions = {}) {
    super(1, options);
  }
}

/** Maximum of each window of images [height, width, channels]. */
export class MaxPool2d extends MaxPool {
  constructor(options: PoolLayerOptions = {}) {
    super(2, options);
  }
}

/** Maximum of each window of volumes [depth, height, width, channels]. */
export class MaxPool3d extends MaxPool {
  constructor(options: PoolLayerOptions = {}) {
    super(3, options);
  }
}

/** Maximum pooling over sequences, by default of windows of 2 cells an axis that do not overlap. */
export function maxPool1d(options: PoolLayerOptions = {}): MaxPool1d {
  return new MaxPool1d(options);
}

/** Maximum pooling over images, by default of windows of 2 cells an axis that do not overlap. */
export function maxPool2d(options: PoolLayerOptions = {}): MaxPool2d {
  return new MaxPool2d(options);
}

/** Maximum pooling over volumes, by default of windows of 2 cells an axis that do not overlap. */
export function maxPool3d(options: PoolLayerOptions = {}): MaxPool3d {
  return new MaxPool3d(options);
}

/** Mean of each window of sequences [length, channels]. */
export class AvgPool1d extends AvgPool {
  constructor(options: AvgPoolLayerOptions = {}) {
    super(1, options);
  }
}

/** Mean of each window of images [height, width, channels]. */
export class AvgPool2d extends AvgPool {
  constructor(options: AvgPoolLayerOptions = {}) {
    super(2, options);
  }
}

/** Mean of each window of volumes [depth, height, width, channels]. */
export class AvgPool3d extends AvgPool {
  constructor(options: AvgPoolLayerOptions = {}) {
    super(3, options);
  }
}

/** Average pooling over sequences, by default of windows of 2 cells an axis that do not overlap. */
export function avgPool1d(options: AvgPoolLayerOptions = {}): AvgPool1d {
  return new AvgPool1d(options);
}

/** Average pooling over images, by default of windows of 2 cells an axis that do not overlap. */
export function avgPool2d(options: AvgPoolLayerOptions = {}): AvgPool2d {
  return new AvgPool2d(options);
}

/** Average pooling over volumes, by default of windows of 2 cells an axis that do not overlap. */
export function avgPool3d(options: AvgPoolLayerOptions = {}): AvgPool3d {
  return new AvgPool3d(options);
}

/** The p-norm of each window of sequences [length, channels]. */
export class LpPool1d extends LpPool {
  constructor(options: LpPoolLayerOptions = {}) {
    super(1, options);
  }
}

/** The p-norm of each window of images [height, width, channels]. */
export class LpPool2d extends LpPool {
  constructor(options: LpPoolLayerOptions = {}) {
    super(2, options);
  }
}

/** The p-norm of each window of volumes [depth, height, width, channels]. */
export class LpPool3d extends LpPool {
  constructor(options: LpPoolLayerOptions = {}) {
    super(3, options);
  }
}

/** Power-average pooling over sequences; L2 pooling by default. */
export function lpPool1d(options: LpPoolLayerOptions = {}): LpPool1d {
  return new LpPool1d(options);
}

/** Power-average pooling over images; L2 pooling by default. */
export function lpPool2d(options: LpPoolLayerOptions = {}): LpPool2d {
  return new LpPool2d(options);
}

/** Power-average pooling over volumes; L2 pooling by default. */
export function lpPool3d(options: LpPoolLayerOptions = {}): LpPool3d {
  return new LpPool3d(options);
}
