import { pixelShuffle as shuffle, pixelUnshuffle as unshuffle } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { shuffledShape, unshuffledShape } from '../ops/pixelShuffle.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface PixelShuffleOptions extends LayerOptions {
  /** By how much spatial axes grow, or shrink. */
  factor: number;
}

abstract class Shuffle extends Layer {
  protected readonly factor: number;

  constructor(options: PixelShuffleOptions) {
    checkOptions(new.target.name, options, ['factor']);
    super(options);
    checkInteger(this.type, 'factor', options.factor, 1);
    this.factor = options.factor;
  }

  override config(): Record<string, unknown> {
    return { factor: this.factor };
  }
}

/** Channels become cells (Shi et al. 2016): [...spatial, channels * factor^d] to [...spatial * factor, channels]. */
export class PixelShuffle extends Shuffle {
  protected override forward(x: Tensor): Tensor {
    return shuffle(x, this.factor);
  }

  override outputShape(inputShape: Shape): Shape {
    return shuffledShape(this.where, inputShape, this.factor);
  }
}

/** Cells become channels: [...spatial, channels] to [...spatial / factor, channels * factor^d]. */
export class PixelUnshuffle extends Shuffle {
  protected override forward(x: Tensor): Tensor {
    return unshuffle(x, this.factor);
  }

  override outputShape(inputShape: Shape): Shape {
    return unshuffledShape(this.where, inputShape, this.factor);
  }
}

/** A layer that makes finer grids of channels, as the end of a super-resolution network. */
export function pixelShuffle(options: PixelShuffleOptions): PixelShuffle {
  return new PixelShuffle(options);
}

/** A layer that makes channels of neighbouring cells. */
export function pixelUnshuffle(options: PixelShuffleOptions): PixelUnshuffle {
  return new PixelUnshuffle(options);
}
