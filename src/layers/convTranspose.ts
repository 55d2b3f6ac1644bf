import { ArgumentError } from '../errors.js';
import type { Fan } from '../initializers/initializer.js';
import { type ConvTransposeOptions, convTranspose, type PerAxis } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { perAxis, resolveTransposedWindows, type TransposedSize } from '../ops/window.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Convolution, type ConvolutionOptions, type SpatialRank } from './convolution.js';

export interface ConvTransposeLayerOptions extends ConvolutionOptions {
  /** How many output channels. */
  filters: number;
  /** Channels in groups that do not see each other; default 1. */
  groups?: number;
  /** Cells more than the smallest output on each axis, fewer than stride or dilation; default 0. */
  outputPadding?: PerAxis;
  /** The spatial size of the result itself, in place of outputPadding. */
  outputSize?: PerAxis;
}

/**
 * Transposed convolution over samples [...spatial, channels]: it makes them larger where a convolution with the same settings makes
 * them smaller. Parameters: `weight` [...kernel, filters / groups, in], `bias` [filters].
 */
export abstract class ConvTranspose extends Convolution {
  readonly filters: number;
  readonly groups: number;
  private readonly size: TransposedSize;
  private readonly op: ConvTransposeOptions;

  constructor(rank: SpatialRank, options: ConvTransposeLayerOptions) {
    super(rank, options, ['filters', 'groups', 'outputPadding', 'outputSize']);
    const { filters, groups = 1, outputPadding, outputSize } = options;
    checkInteger(this.type, 'filters', filters, 1);
    checkInteger(this.type, 'groups', groups, 1);
    if (filters % groups !== 0)
      throw new ArgumentError(`[${this.type}] expected filters to be a multiple of groups ${groups}, received ${filters}`);
    this.filters = filters;
    this.groups = groups;
    this.size = {
      ...(outputPadding === undefined ? {} : { outputPadding: perAxis(this.type, 'outputPadding', outputPadding, rank, 0) }),
      ...(outputSize === undefined ? {} : { outputSize: perAxis(this.type, 'outputSize', outputSize, rank, 1) }),
    };
    const { algorithm, activation } = this;
    this.op = { ...this.window, ...this.size, groups, algorithm, activation: activation.fused };
  }

  protected override get channelMultiple(): number {
    return this.groups;
  }

  protected weightShape(channels: number): Shape {
    return [...this.kernel, this.filters / this.groups, channels];
  }

  protected outputChannels(): number {
    return this.filters;
  }

  /** With a stride an output lies under so many fewer cells of the kernel. */
  protected fan(channels: number): Fan {
    const receptive = sizeOf(this.kernel) / this.groups;
    const steps = sizeOf(perAxis(this.type, 'stride', this.window.stride, this.rank, 1));
    return { in: (receptive * channels) / steps, out: receptive * this.filters };
  }

  protected outputSpatial(spatial: Shape): Shape {
    const { input } = resolveTransposedWindows(this.where, spatial, this.kernel, { ...this.window, ...this.size });
    return input.slice(3 - this.rank);
  }

  protected positions(inputShape: Shape): number {
    return sizeOf(inputShape.slice(0, -1));
  }

  protected compute(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
    return convTranspose(x, weight, bias, this.op);
  }

  override config(): Record<string, unknown> {
    return { filters: this.filters, groups: this.groups, ...super.config(), ...this.size };
  }
}

/** Transposed convolution of sequences [length, channels]. */
export class ConvTranspose1d extends ConvTranspose {
  constructor(options: ConvTransposeLayerOptions) {
    super(1, options);
  }
}

/** Transposed convolution of images [height, width, channels]. */
export class ConvTranspose2d extends ConvTranspose {
  constructor(options: ConvTransposeLayerOptions) {
    super(2, options);
  }
}

/** Transposed convolution of volumes [depth, height, width, channels]. */
export class ConvTranspose3d extends ConvTranspose {
  constructor(options: ConvTransposeLayerOptions) {
    super(3, options);
  }
}

/** A transposed convolution over sequences. */
export function convTranspose1d(options: ConvTransposeLayerOptions): ConvTranspose1d {
  return new ConvTranspose1d(options);
}

/** A transposed convolution over images. */
export function convTranspose2d(options: ConvTransposeLayerOptions): ConvTranspose2d {
  return new ConvTranspose2d(options);
}

/** A transposed convolution over volumes. */
export function convTranspose3d(options: ConvTransposeLayerOptions): ConvTranspose3d {
  return new ConvTranspose3d(options);
}
