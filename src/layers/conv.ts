import { ArgumentError } from '../errors.js';
import type { Fan } from '../initializers/initializer.js';
import { type ConvOptions, conv, type PaddingMode } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { constantOf } from '../ops/padding.js';
import { settle } from '../ops/planned.js';
import { resolveWindows } from '../ops/window.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Convolution, type ConvolutionOptions, type SpatialRank } from './convolution.js';

export interface PaddedConvOptions extends ConvolutionOptions {
  /** What stands in the padding: 'zeros' (default), 'reflect', 'replicate', 'circular' or { constant }. */
  paddingMode?: PaddingMode;
}

export interface ConvLayerOptions extends PaddedConvOptions {
  /** How many output channels. */
  filters: number;
  /** Channels in groups that do not see each other; default 1. */
  groups?: number;
}

/** What convolution and depthwise convolution share: the op, its windows and the modes of its padding. */
export abstract class PaddedConvolution extends Convolution {
  private readonly paddingMode: PaddingMode;
  private op: ConvOptions = {};

  constructor(rank: SpatialRank, options: PaddedConvOptions, own: readonly string[]) {
    super(rank, options, [...own, 'paddingMode']);
    const { paddingMode = 'zeros' } = options;
    constantOf(this.type, paddingMode);
    this.paddingMode = paddingMode;
  }

  protected abstract groupsFor(channels: number): number;

  protected weightShape(channels: number): Shape {
    return [...this.kernel, channels / this.groupsFor(channels), this.outputChannels(channels)];
  }

  protected fan(channels: number): Fan {
    const receptive = sizeOf(this.kernel) / this.groupsFor(channels);
    return { in: receptive * channels, out: receptive * this.outputChannels(channels) };
  }

  protected outputSpatial(spatial: Shape): Shape {
    return resolveWindows(this.where, spatial, this.kernel, this.window).output.slice(3 - this.rank);
  }

  protected positions(inputShape: Shape): number {
    return sizeOf(this.outputShape(inputShape).slice(0, -1));
  }

  protected override setup(inputShape: Shape): void {
    super.setup(inputShape);
    const { algorithm, paddingMode } = this;
    const groups = this.groupsFor(inputShape[this.rank] as number);
    this.op = settle({ ...this.window, groups, paddingMode, algorithm, activation: this.activation.fused });
  }

  protected compute(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
    return conv(x, weight, bias, this.op);
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), paddingMode: this.paddingMode };
  }
}

/**
 * Convolution over samples [...spatial, channels]. Parameters: `weight` [...kernel, in / groups, filters], `bias` [filters]. The
 * classes for 1, 2 and 3 spatial axes differ in nothing else.
 */
export abstract class Conv extends PaddedConvolution {
  readonly filters: number;
  readonly groups: number;

  constructor(rank: SpatialRank, options: ConvLayerOptions) {
    super(rank, options, ['filters', 'groups']);
    const { filters, groups = 1 } = options;
    checkInteger(this.type, 'filters', filters, 1);
    checkInteger(this.type, 'groups', groups, 1);
    if (filters % groups !== 0)
      throw new ArgumentError(`[${this.type}] expected filters to be a multiple of groups ${groups}, received ${filters}`);
    this.filters = filters;
    this.groups = groups;
  }

  protected override get channelMultiple(): number {
    return this.groups;
  }

  protected groupsFor(): number {
    return this.groups;
  }

  protected outputChannels(): number {
    return this.filters;
  }

  override config(): Record<string, unknown> {
    return { filters: this.filters, groups: this.groups, ...super.config() };
  }
}

/** Convolution of sequences [length, channels]. */
export class Conv1d extends Conv {
  constructor(options: ConvLayerOptions) {
    super(1, options);
  }
}

/** Convolution of images [height, width, channels]. */
export class Conv2d extends Conv {
  constructor(options: ConvLayerOptions) {
    super(2, options);
  }
}

/** Convolution of volumes [depth, height, width, channels]. */
export class Conv3d extends Conv {
  constructor(options: ConvLayerOptions) {
    super(3, options);
  }
}

/** A convolution layer over sequences. */
export function conv1d(options: ConvLayerOptions): Conv1d {
  return new Conv1d(options);
}

/** A convolution layer over images. */
export function conv2d(options: ConvLayerOptions): Conv2d {
  return new Conv2d(options);
}

/** A convolution layer over volumes. */
export function conv3d(options: ConvLayerOptions): Conv3d {
  return new Conv3d(options);
}
