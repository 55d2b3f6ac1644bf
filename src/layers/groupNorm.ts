import { groupNorm as normalize } from '../ops/norm.js';
import { checkInteger } from '../ops/operand.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { ChannelNormalization, type NormalizationOptions, normalizationOptions } from './normalization.js';
import { checkOptions } from './options.js';

export interface GroupNormOptions extends NormalizationOptions {
  /** Into how many groups the channels are dealt, neighbours together. */
  groups: number;
}

/**
 * Mean 0 and variance 1 of each sample over all positions and the channels of a group (Wu and He 2018). Parameters: `scale`, `shift`
 * [channels].
 */
export class GroupNorm extends ChannelNormalization {
  readonly groups: number;

  constructor(options: GroupNormOptions) {
    checkOptions('GroupNorm', options, ['groups', ...normalizationOptions]);
    super(options);
    checkInteger(this.type, 'groups', options.groups, 1);
    this.groups = options.groups;
  }

  protected override parameterShape(inputShape: Shape): Shape {
    const shape = super.parameterShape(inputShape);
    if ((shape[0] as number) % this.groups !== 0)
      throw this.shapeError(`input of shape [..., channels] with a number of channels that ${this.groups} divides`, inputShape);
    return shape;
  }

  protected override forward(x: Tensor): Tensor {
    return normalize(x, this.groups, this.scale, this.shift, { epsilon: this.epsilon });
  }

  override config(): Record<string, unknown> {
    return { groups: this.groups, ...super.config() };
  }
}

/** A group normalisation. */
export function groupNorm(options: GroupNormOptions): GroupNorm {
  return new GroupNorm(options);
}
