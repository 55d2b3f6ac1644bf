import { type PaddingMode, pad } from '../ops/index.js';
import { constantOf } from '../ops/padding.js';
import { explicitPairs } from '../ops/window.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type SpatialRank, samplesText } from './convolution.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface PadOptions extends LayerOptions {
  /** Cells on all sides, or one number for each axis, or [before, after] for each. */
  padding: number | readonly number[] | readonly (readonly [before: number, after: number])[];
  /** What stands there: 'zeros' (default), 'reflect', 'replicate', 'circular' or { constant }. */
  mode?: PaddingMode;
}

/** Cells around samples [...spatial, channels]. */
export abstract class Pad extends Layer {
  private readonly pairs: readonly [number, number][];
  private readonly mode: PaddingMode;

  constructor(
    private readonly rank: SpatialRank,
    options: PadOptions,
  ) {
    checkOptions(new.target.name, options, ['padding', 'mode']);
    super(options);
    const { padding, mode = 'zeros' } = options;
    constantOf(this.type, mode);
    this.pairs = explicitPairs(this.type, padding, rank);
    this.mode = mode;
  }

  protected override forward(x: Tensor): Tensor {
    return pad(x, [[0, 0], ...this.pairs, [0, 0]], this.mode);
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length !== this.rank + 1) throw this.shapeError(samplesText(this.rank, 'channels'), inputShape);
    return inputShape.map((size, axis) => size + (this.pairs[axis] ?? []).reduce((sum, n) => sum + n, 0));
  }

  override config(): Record<string, unknown> {
    return { padding: this.pairs, mode: this.mode };
  }
}

/** Cells before and after sequences [length, channels]. */
export class Pad1d extends Pad {
  constructor(options: PadOptions) {
    super(1, options);
  }
}

/** Cells around images [height, width, channels]. */
export class Pad2d extends Pad {
  constructor(options: PadOptions) {
    super(2, options);
  }
}

/** Cells around volumes [depth, height, width, channels]. */
export class Pad3d extends Pad {
  constructor(options: PadOptions) {
    super(3, options);
  }
}

/** A layer that pads sequences. */
export function pad1d(options: PadOptions): Pad1d {
  return new Pad1d(options);
}

/** A layer that pads images. */
export function pad2d(options: PadOptions): Pad2d {
  return new Pad2d(options);
}

/** A layer that pads volumes. */
export function pad3d(options: PadOptions): Pad3d {
  return new Pad3d(options);
}
