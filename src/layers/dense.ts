import type { Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import { linear } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import { sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type ActivationLike, type ResolvedActivation, resolveActivation } from './activations.js';
import { defaultBias, defaultWeight } from './defaults.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

export interface DenseOptions extends LayerOptions {
  /** How many outputs. */
  units: number;
  /** Default 'linear'. */
  activation?: ActivationLike;
  /** Whether a bias is added; default true. */
  bias?: boolean;
  /** Default by the activation: see docs/layers.md. */
  weightInitializer?: InitializerLike;
  biasInitializer?: InitializerLike;
}

/** activation(x weight + bias), from [..., in] to [..., units]. Parameters: `weight` [in, units], `bias` [units]. */
export class Dense extends Layer {
  readonly units: number;
  weight: Parameter | null = null;
  bias: Parameter | null = null;
  private readonly activation: ResolvedActivation;
  private readonly hasBias: boolean;
  private readonly weightInitializer: Initializer;
  private readonly biasInitializer: Initializer;

  constructor(options: DenseOptions) {
    checkOptions('Dense', options, ['units', 'activation', 'bias', 'weightInitializer', 'biasInitializer']);
    super(options);
    const { units, activation = 'linear', bias = true } = options;
    checkInteger(this.type, 'units', units, 1);
    checkBoolean(this.type, 'bias', bias);
    this.units = units;
    this.activation = resolveActivation(this.type, activation);
    this.hasBias = bias;
    this.weightInitializer = resolveInitializer(this.type, options.weightInitializer ?? defaultWeight(this.activation.name));
    this.biasInitializer = resolveInitializer(this.type, options.biasInitializer ?? defaultBias());
  }

  protected override setup(inputShape: Shape): void {
    const size = inputShape.at(-1) as number;
    this.weight = this.addParameter('weight', [size, this.units], this.weightInitializer);
    if (this.hasBias) this.bias = this.addParameter('bias', [this.units], this.biasInitializer, { in: size, out: this.units });
  }

  protected override forward(x: Tensor): Tensor {
    const { fused, after } = this.activation;
    const y = linear(x, this.weight as Parameter, this.bias, fused);
    return after === null ? y : after(y);
  }

  override outputShape(inputShape: Shape): Shape {
    const known = this.weight?.shape[0];
    if (known === undefined ? inputShape.length === 0 || inputShape.at(-1) === 0 : inputShape.at(-1) !== known) {
      throw this.shapeError(`input of shape [..., ${known ?? 'features'}]`, inputShape);
    }
    return [...inputShape.slice(0, -1), this.units];
  }

  override flops(inputShape: Shape): number {
    return 2 * sizeOf(inputShape) * this.units;
  }

  override config(): Record<string, unknown> {
    return {
      units: this.units,
      activation: this.activation.config,
      bias: this.hasBias,
      weightInitializer: describeInitializer(this.weightInitializer),
      biasInitializer: describeInitializer(this.biasInitializer),
    };
  }
}

/** A fully connected layer. */
export function dense(options: DenseOptions): Dense {
  return new Dense(options);
}
