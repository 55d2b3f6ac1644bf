import { avgPool, maxPool, type Padding, type PerAxis } from '../ops/index.js';
import { perAxis, resolveWindows } from '../ops/window.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

export interface Pool2dOptions extends LayerOptions {
  /** [height, width] of the window, or one number for both; default 2. */
  poolSize?: PerAxis;
  /** Step of the window; default its size. */
  stride?: PerAxis;
  /** As for convolutions; default 'valid'. */
  padding?: Padding;
}

export interface MaxPool2dOptions extends Pool2dOptions {
  /** Distance of neighbouring window cells; default 1. */
  dilation?: PerAxis;
}

export interface AvgPool2dOptions extends Pool2dOptions {
  /** Whether padding counts in the divisor; default true. */
  countPad?: boolean;
}

/** What both kinds share: windows over images [height, width, channels]. */
abstract class Pool2d extends Layer {
  protected readonly window: { size: readonly number[]; stride: PerAxis; padding: Padding; dilation: PerAxis };

  constructor(options: MaxPool2dOptions) {
    super(options);
    const { poolSize = 2, padding = 'valid', dilation = 1 } = options;
    const size = perAxis(this.type, 'poolSize', poolSize, 2, 1);
    this.window = { size, stride: options.stride ?? size, padding, dilation };
    // Wrong kinds of stride and padding are refused here: no window is larger than this image.
    const steps = perAxis(this.type, 'dilation', dilation, 2, 1);
    resolveWindows(
      this.type,
      size.map((n, i) => (n - 1) * (steps[i] as number) + 1),
      size,
      this.window,
    );
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length !== 3) throw this.shapeError('images [height, width, channels]', inputShape);
    const { output } = resolveWindows(this.where, inputShape.slice(0, 2), this.window.size, this.window);
    return [...output.slice(1), inputShape[2] as number];
  }

  override flops(inputShape: Shape): number {
    return sizeOf(this.outputShape(inputShape)) * sizeOf(this.window.size);
  }

  override config(): Record<string, unknown> {
    return { poolSize: this.window.size, stride: this.window.stride, padding: this.window.padding };
  }
}

/** Maximum of each window of an image. */
export class MaxPool2d extends Pool2d {
  constructor(options: MaxPool2dOptions = {}) {
    checkOptions('MaxPool2d', options, ['poolSize', 'stride', 'padding', 'dilation']);
    super(options);
  }

  protected override forward(x: Tensor): Tensor {
    return maxPool(x, this.window);
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), dilation: this.window.dilation };
  }
}

/** Mean of each window of an image. */
export class AvgPool2d extends Pool2d {
  private readonly countPad: boolean;

  constructor(options: AvgPool2dOptions = {}) {
    checkOptions('AvgPool2d', options, ['poolSize', 'stride', 'padding', 'countPad']);
    super(options);
    const { countPad = true } = options;
    checkBoolean(this.type, 'countPad', countPad);
    this.countPad = countPad;
  }

  protected override forward(x: Tensor): Tensor {
    const { size, stride, padding } = this.window;
    return avgPool(x, { size, stride, padding, countPad: this.countPad });
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), countPad: this.countPad };
  }
}

/** Maximum pooling over images, by default of 2 by 2 windows that do not overlap. */
export function maxPool2d(options: MaxPool2dOptions = {}): MaxPool2d {
  return new MaxPool2d(options);
}

/** Average pooling over images, by default of 2 by 2 windows that do not overlap. */
export function avgPool2d(options: AvgPool2dOptions = {}): AvgPool2d {
  return new AvgPool2d(options);
}
