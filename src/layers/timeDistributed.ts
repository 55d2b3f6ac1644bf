import { ArgumentError } from '../errors.js';
import { reshape } from '../ops/index.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkConfig } from './container.js';
import type { Context } from './context.js';
import { type AnyLayer, Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

/** A layer at each step of a sequence, with the same parameters: from [time, ...in] to [time, ...out]. */
export class TimeDistributed extends Layer {
  readonly inner: Layer;

  constructor(inner: Layer, options: LayerOptions = {}, key = inner?.name ?? 'inner') {
    checkOptions('TimeDistributed', options, []);
    super(options);
    if (!(inner instanceof Layer)) throw new ArgumentError(`[${this.type}] expected a layer, received ${typeof inner}`);
    this.inner = this.addLayer(key, inner);
  }

  static fromLayers(_config: Record<string, unknown>, layers: ReadonlyMap<string, AnyLayer>, options: LayerOptions): AnyLayer {
    const [inner, ...others] = layers;
    checkConfig(inner !== undefined && others.length === 0, 'TimeDistributed', 'one layer');
    return new TimeDistributed(inner[1] as Layer, options, inner[0]);
  }

  protected override setup(inputShape: Shape): void {
    this.inner.build(inputShape.slice(1));
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    const [batch, steps, ...rest] = x.shape as [number, number, ...number[]];
    const y = this.inner.call(reshape(x, [batch * steps, ...rest]), context);
    return reshape(y, [batch, steps, ...y.shape.slice(1)]);
  }

  override outputShape(inputShape: Shape): Shape {
    const [steps, ...rest] = inputShape;
    if (steps === undefined) throw this.shapeError('a sequence [time, ...]', inputShape);
    return [steps, ...this.inner.outputShape(rest)];
  }

  override flops(inputShape: Shape): number {
    return (inputShape[0] as number) * this.inner.flops(inputShape.slice(1));
  }
}

/**
 * Applies a layer at each step of a sequence; the batch that it sees is that of all steps. Layers that take inputs of any rank,
 * such as `dense`, do so by themselves.
 *
 * @example
 * timeDistributed(conv2d({ filters: 8, kernelSize: 3 })); // from [time, h, w, c]
 */
export function timeDistributed(inner: Layer, options: LayerOptions = {}): TimeDistributed {
  return new TimeDistributed(inner, options);
}
