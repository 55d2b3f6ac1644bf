import { ArgumentError } from '../errors.js';
import type { Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sameShape } from '../tensor/shape.js';
import { Layer } from './layer.js';
import { checkBoolean, type LayerOptions } from './options.js';

/** What all layers of normalisation take. */
export interface NormalizationOptions extends LayerOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
  /** Whether the result is multiplied by a parameter `scale`; default true. */
  scale?: boolean;
  /** Whether a parameter `shift` is added; default true. */
  shift?: boolean;
  /** Default ones. */
  scaleInitializer?: InitializerLike;
  /** Default zeros. */
  shiftInitializer?: InitializerLike;
}

/** The names of the options above. */
export const normalizationOptions: readonly string[] = ['epsilon', 'scale', 'shift', 'scaleInitializer', 'shiftInitializer'];

/** A layer that normalises, then scales and shifts by parameters of its own. */
export abstract class Normalization extends Layer {
  readonly epsilon: number;
  scale: Parameter | null = null;
  shift: Parameter | null = null;
  private readonly hasScale: boolean;
  private readonly hasShift: boolean;
  private readonly scaleInitializer: Initializer;
  private readonly shiftInitializer: Initializer;

  constructor(options: NormalizationOptions, standardEpsilon = 1e-5) {
    super(options);
    const { epsilon = standardEpsilon, scale = true, shift = true } = options;
    if (!(typeof epsilon === 'number' && epsilon >= 0))
      throw new ArgumentError(`[${this.type}] expected epsilon of at least 0, received ${String(epsilon)}`);
    checkBoolean(this.type, 'scale', scale);
    checkBoolean(this.type, 'shift', shift);
    this.epsilon = epsilon;
    this.hasScale = scale;
    this.hasShift = shift;
    this.scaleInitializer = resolveInitializer(this.type, options.scaleInitializer ?? 'ones');
    this.shiftInitializer = resolveInitializer(this.type, options.shiftInitializer ?? 'zeros');
  }

  /** The part of a sample's shape that scale and shift have. */
  protected abstract parameterShape(inputShape: Shape): Shape;

  protected override setup(inputShape: Shape): void {
    const shape = this.parameterShape(inputShape);
    if (this.hasScale) this.scale = this.addParameter('scale', shape, this.scaleInitializer);
    if (this.hasShift) this.shift = this.addParameter('shift', shape, this.shiftInitializer);
  }

  override outputShape(inputShape: Shape): Shape {
    const expected = this.inputShape === null ? null : this.parameterShape(this.inputShape);
    if (expected !== null && !sameShape(this.parameterShape(inputShape), expected)) {
      throw this.shapeError(`input of shape [..., ${expected.join(', ')}]`, inputShape);
    }
    return inputShape;
  }

  override config(): Record<string, unknown> {
    return {
      epsilon: this.epsilon,
      scale: this.hasScale,
      shift: this.hasShift,
      scaleInitializer: describeInitializer(this.scaleInitializer),
      shiftInitializer: describeInitializer(this.shiftInitializer),
    };
  }
}

/** Normalisation of channels: scale and shift have one element each. */
export abstract class ChannelNormalization extends Normalization {
  protected override parameterShape(inputShape: Shape): Shape {
    if (inputShape.length === 0 || inputShape.at(-1) === 0) throw this.shapeError('input of shape [..., channels]', inputShape);
    return [inputShape.at(-1) as number];
  }
}
