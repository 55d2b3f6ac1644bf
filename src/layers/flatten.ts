import { flatten as flattenAxes } from '../ops/index.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

/** Joins all axes of a sample into one, e.g. [height, width, channels] into [height * width * channels]. Copies nothing. */
export class Flatten extends Layer {
  constructor(options: LayerOptions = {}) {
    checkOptions('Flatten', options, []);
    super(options);
  }

  protected override forward(x: Tensor): Tensor {
    return x.rank === 1 ? x.reshape([-1, 1]) : flattenAxes(x, 1);
  }

  override outputShape(inputShape: Shape): Shape {
    return [sizeOf(inputShape)];
  }
}

/** A layer that flattens each sample. */
export function flatten(options: LayerOptions = {}): Flatten {
  return new Flatten(options);
}
