import { activeTape } from '../autograd/tape.js';
import { ArgumentError } from '../errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { nameLayers } from './container.js';
import type { Context } from './context.js';
import { type AnyLayer, Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';
import { planSlices, runSlices, type SampleSlices } from './sampleSlices.js';
import { SequenceLayer } from './sequenceLayer.js';
import { type Shapes, shapeList } from './value.js';

function takesLengths(layer: AnyLayer): layer is SequenceLayer {
  return layer instanceof SequenceLayer && layer.takesLengths;
}

/** Layers one after the other. Where there are recurrent ones, it also takes [sequences, lengths]: each of these layers gets the lengths. */
export class Sequential extends SequenceLayer {
  private readonly chain: readonly Layer[];
  private slices: SampleSlices | null = null;

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
    if (this.takesLengths) this.takesList = 'either';
  }

  /** @internal */
  override get takesLengths(): boolean {
    return this.chain.some(takesLengths);
  }

  static fromLayers(_config: Record<string, unknown>, layers: ReadonlyMap<string, AnyLayer>, options: LayerOptions): AnyLayer {
    return new Sequential(layers as ReadonlyMap<string, Layer>, options);
  }

  protected override setup(inputShape: Shape): void {
    let shape = inputShape;
    for (const layer of this.chain) shape = layer.build(shape).outputShape(shape);
    this.slices = planSlices(this.chain, inputShape);
  }

  protected override forward(x: Tensor | Tensor[], context: Context): Tensor {
    let [y, ...lengths] = (Array.isArray(x) ? x : [x]) as [Tensor, ...Tensor[]];
    let rest = this.chain;
    // Whoever looks at the layers, or needs gradients, gets each layer's result for the whole batch.
    const whole = context.training || context.observe !== null || activeTape() !== null;
    if (this.slices !== null && !whole && (y.shape[0] as number) >= 2 * this.slices.samples) {
      y = runSlices(this.chain, this.slices, y, context);
      rest = this.chain.slice(this.slices.layers);
    }
    for (const layer of rest) {
      y = lengths.length > 0 && takesLengths(layer) ? layer.call([y, ...lengths], context) : layer.call(y, context);
    }
    return y;
  }

  override outputShape(inputShape: Shapes): Shape {
    const [first, ...lengths] = shapeList(inputShape) as [Shape, ...Shape[]];
    if (lengths.length > 0 && !(this.takesLengths && lengths.length === 1 && lengths[0]?.length === 0)) {
      const expected = this.takesLengths ? 'sequences alone, or with lengths []' : 'the shape of one input';
      throw this.shapeError(expected, inputShape);
    }
    return this.chain.reduce((shape, layer) => layer.outputShape(shape), first);
  }

  override flops(inputShape: Shapes): number {
    let shape = shapeList(inputShape)[0] as Shape;
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
