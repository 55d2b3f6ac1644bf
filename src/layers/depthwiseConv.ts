import { checkInteger } from '../ops/operand.js';
import { type PaddedConvOptions, PaddedConvolution } from './conv.js';
import type { SpatialRank } from './convolution.js';

export interface DepthwiseConvOptions extends PaddedConvOptions {
  /** How many filters each channel has of its own; default 1. */
  depthMultiplier?: number;
}

/**
 * Convolution of each channel by itself (Sifre 2014): a convolution with as many groups as channels. Parameters: `weight` [...kernel, 1,
 * in * depthMultiplier], whose filters of the first channel come first, `bias` [in * depthMultiplier].
 */
export abstract class DepthwiseConv extends PaddedConvolution {
  readonly depthMultiplier: number;

  constructor(rank: SpatialRank, options: DepthwiseConvOptions) {
    super(rank, options, ['depthMultiplier']);
    const { depthMultiplier = 1 } = options;
    checkInteger(this.type, 'depthMultiplier', depthMultiplier, 1);
    this.depthMultiplier = depthMultiplier;
  }

  protected groupsFor(channels: number): number {
    return channels;
  }

  protected outputChannels(channels: number): number {
    return channels * this.depthMultiplier;
  }

  override config(): Record<string, unknown> {
    return { depthMultiplier: this.depthMultiplier, ...super.config() };
  }
}

/** Depthwise convolution of sequences [length, channels]. */
export class DepthwiseConv1d extends DepthwiseConv {
  constructor(options: DepthwiseConvOptions) {
    super(1, options);
  }
}

/** Depthwise convolution of images [height, width, channels]. */
export class DepthwiseConv2d extends DepthwiseConv {
  constructor(options: DepthwiseConvOptions) {
    super(2, options);
  }
}

/** A depthwise convolution over sequences. */
export function depthwiseConv1d(options: DepthwiseConvOptions): DepthwiseConv1d {
  return new DepthwiseConv1d(options);
}

/** A depthwise convolution over images. */
export function depthwiseConv2d(options: DepthwiseConvOptions): DepthwiseConv2d {
  return new DepthwiseConv2d(options);
}
