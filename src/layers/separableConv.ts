import type { InitializerLike } from '../initializers/resolve.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Context } from './context.js';
import { Conv1d, Conv2d, type ConvLayerOptions, type PaddedConvOptions } from './conv.js';
import { DepthwiseConv1d, DepthwiseConv2d, type DepthwiseConvOptions } from './depthwiseConv.js';
import { Layer } from './layer.js';
import { checkOptions } from './options.js';

export interface SeparableConvOptions extends Omit<PaddedConvOptions, 'weightInitializer' | 'penalties' | 'constraints'> {
  /** How many output channels. */
  filters: number;
  /** How many channels the depthwise part makes of each; default 1. */
  depthMultiplier?: number;
  /** Defaults as those of layers with no activation, and with this one. */
  depthwiseInitializer?: InitializerLike;
  pointwiseInitializer?: InitializerLike;
}

type Depthwise = DepthwiseConv1d | DepthwiseConv2d;
type Pointwise = Conv1d | Conv2d;

/**
 * Depthwise, then pointwise convolution (Sifre 2014; Chollet 2017): a kernel for each channel, then all channels mixed at each
 * position. Bias and activation belong to the second. Parameters: `depthwise.weight`, `pointwise.weight`, `pointwise.bias`.
 */
export abstract class SeparableConv extends Layer {
  readonly depthwise: Depthwise;
  readonly pointwise: Pointwise;

  constructor(
    options: SeparableConvOptions,
    depthwiseClass: new (options: DepthwiseConvOptions) => Depthwise,
    pointwiseClass: new (options: ConvLayerOptions) => Pointwise,
  ) {
    const { filters, activation, bias, pointwiseInitializer, depthwiseInitializer, biasInitializer, ...rest } = options ?? {};
    const { kernelSize, depthMultiplier, stride, padding, paddingMode, dilation, algorithm, ...common } = rest;
    const ofDepthwise = { kernelSize, depthMultiplier, stride, padding, paddingMode, dilation };
    const ofPointwise = { filters, activation, bias, biasInitializer };
    const own = { ...ofDepthwise, ...ofPointwise, algorithm, depthwiseInitializer, pointwiseInitializer };
    checkOptions(new.target.name, options, Object.keys(own));
    super(common);
    const weight = (weightInitializer?: InitializerLike): { weightInitializer?: InitializerLike } =>
      weightInitializer === undefined ? {} : { weightInitializer };
    this.depthwise = this.addLayer(
      'depthwise',
      new depthwiseClass({ ...ofDepthwise, algorithm, bias: false, ...weight(depthwiseInitializer) }),
    );
    this.pointwise = this.addLayer(
      'pointwise',
      new pointwiseClass({ ...ofPointwise, kernelSize: 1, ...weight(pointwiseInitializer) }),
    );
  }

  get filters(): number {
    return this.pointwise.filters;
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    return this.pointwise.call(this.depthwise.call(x, context), context);
  }

  override outputShape(inputShape: Shape): Shape {
    return this.pointwise.outputShape(this.depthwise.outputShape(inputShape));
  }

  override config(): Record<string, unknown> {
    const { weightInitializer: depthwiseInitializer, ...first } = this.depthwise.config();
    const { filters, activation, bias, biasInitializer, weightInitializer: pointwiseInitializer } = this.pointwise.config();
    return { ...first, filters, activation, bias, biasInitializer, depthwiseInitializer, pointwiseInitializer };
  }
}

/** Separable convolution of sequences [length, channels]. */
export class SeparableConv1d extends SeparableConv {
  constructor(options: SeparableConvOptions) {
    super(options, DepthwiseConv1d, Conv1d);
  }
}

/** Separable convolution of images [height, width, channels]. */
export class SeparableConv2d extends SeparableConv {
  constructor(options: SeparableConvOptions) {
    super(options, DepthwiseConv2d, Conv2d);
  }
}

/** A separable convolution over sequences. */
export function separableConv1d(options: SeparableConvOptions): SeparableConv1d {
  return new SeparableConv1d(options);
}

/** A separable convolution over images. */
export function separableConv2d(options: SeparableConvOptions): SeparableConv2d {
  return new SeparableConv2d(options);
}
