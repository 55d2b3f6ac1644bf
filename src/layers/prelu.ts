import type { Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import { prelu as apply } from '../ops/index.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

export interface PReluOptions extends LayerOptions {
  /** One slope for all channels instead of one for each; default false. */
  shared?: boolean;
  /** Default the constant 0.25. */
  slopeInitializer?: InitializerLike;
}

/** x where x > 0, slope x below, with a slope that is learnt (He et al. 2015). Parameter: `slope` [channels], or [1] where shared. */
export class PRelu extends Layer {
  slope: Parameter | null = null;
  private readonly shared: boolean;
  private readonly slopeInitializer: Initializer;

  constructor(options: PReluOptions = {}) {
    checkOptions('PRelu', options, ['shared', 'slopeInitializer']);
    super(options);
    const { shared = false, slopeInitializer = { name: 'constant', config: { value: 0.25 } } } = options;
    checkBoolean(this.type, 'shared', shared);
    this.shared = shared;
    this.slopeInitializer = resolveInitializer(this.type, slopeInitializer);
  }

  protected override setup(inputShape: Shape): void {
    this.slope = this.addParameter('slope', [this.shared ? 1 : (inputShape.at(-1) as number)], this.slopeInitializer);
  }

  protected override forward(x: Tensor): Tensor {
    return apply(x, this.slope as Parameter);
  }

  override outputShape(inputShape: Shape): Shape {
    const known = this.slope === null || this.shared ? undefined : this.slope.size;
    if (!this.shared && (inputShape.length === 0 || (known !== undefined && inputShape.at(-1) !== known))) {
      throw this.shapeError(`input of shape [..., ${known ?? 'channels'}]`, inputShape);
    }
    return inputShape;
  }

  override config(): Record<string, unknown> {
    return { shared: this.shared, slopeInitializer: describeInitializer(this.slopeInitializer) };
  }
}

/** A leaky ReLU with learnt slopes. */
export function prelu(options: PReluOptions = {}): PRelu {
  return new PRelu(options);
}
