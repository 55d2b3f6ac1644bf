import { ArgumentError } from '../errors.js';
import type { Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import { type ConvOptions, conv, type Padding, type PerAxis } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { perAxis, resolveWindows } from '../ops/window.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type ActivationLike, type ResolvedActivation, resolveActivation } from './activations.js';
import { defaultBias, defaultWeight } from './defaults.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

export interface Conv2dOptions extends LayerOptions {
  /** How many output channels. */
  filters: number;
  /** [height, width], or one number for both. */
  kernelSize: PerAxis;
  /** Step of the window; default 1. */
  stride?: PerAxis;
  /** 'valid' (default), 'same', a number of zeros on all sides, or one for each axis, or [before, after] for each. */
  padding?: Padding;
  /** Distance of neighbouring kernel elements; default 1. */
  dilation?: PerAxis;
  /** Channels in groups that do not see each other; default 1. */
  groups?: number;
  /** Default 'linear'. */
  activation?: ActivationLike;
  /** Whether a bias is added; default true. */
  bias?: boolean;
  /** Default by the activation: see docs/layers.md. */
  weightInitializer?: InitializerLike;
  biasInitializer?: InitializerLike;
}

/** Convolution of images [height, width, channels]. Parameters: `weight` [kernel height, kernel width, in / groups, filters], `bias` [filters]. */
export class Conv2d extends Layer {
  readonly filters: number;
  weight: Parameter | null = null;
  bias: Parameter | null = null;
  private readonly kernel: readonly number[];
  private readonly window: { stride: PerAxis; padding: Padding; dilation: PerAxis };
  private readonly groups: number;
  private readonly activation: ResolvedActivation;
  private readonly hasBias: boolean;
  private readonly weightInitializer: Initializer;
  private readonly biasInitializer: Initializer;
  private readonly op: ConvOptions;

  constructor(options: Conv2dOptions) {
    checkOptions('Conv2d', options, [
      'filters',
      'kernelSize',
      'stride',
      'padding',
      'dilation',
      'groups',
      'activation',
      'bias',
      'weightInitializer',
      'biasInitializer',
    ]);
    super(options);
    const {
      filters,
      kernelSize,
      stride = 1,
      padding = 'valid',
      dilation = 1,
      groups = 1,
      activation = 'linear',
      bias = true,
    } = options;
    checkInteger(this.type, 'filters', filters, 1);
    checkInteger(this.type, 'groups', groups, 1);
    checkBoolean(this.type, 'bias', bias);
    if (filters % groups !== 0)
      throw new ArgumentError(`[${this.type}] expected filters to be a multiple of groups ${groups}, received ${filters}`);
    this.filters = filters;
    this.kernel = perAxis(this.type, 'kernelSize', kernelSize, 2, 1);
    this.window = { stride, padding, dilation };
    this.groups = groups;
    this.activation = resolveActivation(this.type, activation);
    this.hasBias = bias;
    this.weightInitializer = resolveInitializer(this.type, options.weightInitializer ?? defaultWeight(this.activation.name));
    this.biasInitializer = resolveInitializer(this.type, options.biasInitializer ?? defaultBias());
    this.op = { ...this.window, groups, activation: this.activation.fused };
    // A stride or padding of the wrong kind is refused here and not at the first call: no kernel is larger than this image.
    const extent = (size: number, axis: number): number =>
      (size - 1) * (perAxis(this.type, 'dilation', dilation, 2, 1)[axis] as number) + 1;
    resolveWindows(this.type, this.kernel.map(extent), this.kernel, this.window);
  }

  protected override setup(inputShape: Shape): void {
    const channels = (inputShape[2] as number) / this.groups;
    this.weight = this.addParameter('weight', [...this.kernel, channels, this.filters], this.weightInitializer);
    const receptive = sizeOf(this.kernel);
    const fan = { in: receptive * channels, out: receptive * this.filters };
    if (this.hasBias) this.bias = this.addParameter('bias', [this.filters], this.biasInitializer, fan);
  }

  protected override forward(x: Tensor): Tensor {
    const { after } = this.activation;
    const y = conv(x, this.weight as Parameter, this.bias, this.op);
    return after === null ? y : after(y);
  }

  override outputShape(inputShape: Shape): Shape {
    const channels = inputShape[2] as number;
    const known = this.weight === null ? undefined : (this.weight.shape[2] as number) * this.groups;
    if (
      inputShape.length !== 3 ||
      channels === 0 ||
      channels % this.groups !== 0 ||
      (known !== undefined && channels !== known)
    ) {
      const wanted = known ?? (this.groups === 1 ? 'channels' : `a multiple of ${this.groups} channels`);
      throw this.shapeError(`images [height, width, ${wanted}]`, inputShape);
    }
    const { output } = resolveWindows(this.where, inputShape.slice(0, 2), this.kernel, this.window);
    return [...output.slice(1), this.filters];
  }

  override flops(inputShape: Shape): number {
    return 2 * sizeOf(this.outputShape(inputShape)) * sizeOf(this.kernel) * ((inputShape[2] as number) / this.groups);
  }

  override config(): Record<string, unknown> {
    return {
      filters: this.filters,
      kernelSize: this.kernel,
      ...this.window,
      groups: this.groups,
      activation: this.activation.config,
      bias: this.hasBias,
      weightInitializer: describeInitializer(this.weightInitializer),
      biasInitializer: describeInitializer(this.biasInitializer),
    };
  }
}

/** A convolution layer over images. */
export function conv2d(options: Conv2dOptions): Conv2d {
  return new Conv2d(options);
}
