import { ArgumentError } from '../errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { nameLayers } from './container.js';
import type { Context } from './context.js';
import { type AnyLayer, Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';
import type { Shapes } from './value.js';

/** Layers one after the other. */
export class Sequential extends Layer {
  private readonly chain: readonly Layer[];

  constructor(layers: Iterable<readonly [string, Layer]>, options: LayerOptions = {}) {
    checkOptions('Sequential', options, []);
    super(options);
    const entries = [...layers];
    if (entries.length === 0) throw new ArgumentError(`[${this.type}] expected at least one layer, received none`);
    if (new Set(entries.map(([, layer]) => layer)).size < entries.length) {
      throw new ArgumentError(`[${this.type}] expected distinct layers, received one twice; a graph can share layers`);
    }
    for (const [name, layer] of entries) this.addLayer(name, layer);
    this.chain = entries.map(([, layer]) => layer);
  }

  static fromLayers(_config: Record<string, unknown>, layers: ReadonlyMap<string, AnyLayer>, options: LayerOptions): AnyLayer {
    return new Sequential(layers as ReadonlyMap<string, Layer>, options);
  }

  protected override setup(inputShape: Shape): void {
    let shape = inputShape;
    for (const layer of this.chain) shape = layer.build(shape).outputShape(shape);
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    let y = x;
    for (const layer of this.chain) y = layer.call(y, context);
    return y;
  }

  override outputShape(inputShape: Shape): Shape {
    return this.chain.reduce((shape, layer) => layer.outputShape(shape), inputShape);
  }

  override flops(inputShape: Shape): number {
    let shape = inputShape;
    let sum = 0;
    for (const layer of this.chain) {
      sum += layer.flops(shape);
      shape = layer.outputShape(shape);
    }
    return sum;
  }

  /** @internal */
  override declaredShape(): Shapes | undefined {
    return super.declaredShape() ?? this.chain[0]?.declaredShape();
  }
}

/**
 * A model of layers one after the other. They are named by position, or by their option `name`.
 *
 * @example
 * const model = sequential([dense({ units: 16, activation: 'relu' }), dense({ units: 1 })]);
 */
export function sequential(layers: readonly Layer[], options: LayerOptions = {}): Sequential {
  if (!Array.isArray(layers) || !layers.every((layer) => layer instanceof Layer)) {
    throw new ArgumentError('[sequential] expected an array of layers, received something else');
  }
  return new Sequential(nameLayers(layers), options);
}
