import type { ConvAlgorithm } from '../backend/backend.js';
import type { Fan, Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import { checkAlgorithm } from '../ops/conv.js';
import type { Padding, PerAxis } from '../ops/index.js';
import { settle } from '../ops/planned.js';
import { perAxis, resolveWindows } from '../ops/window.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type ActivationLike, type ResolvedActivation, resolveActivation } from './activations.js';
import { defaultBias, defaultWeight } from './defaults.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

/** What all layers take that slide a kernel of weights over spatial axes. */
export interface ConvolutionOptions extends LayerOptions {
  /** Size of the kernel, one number for all spatial axes or one each. */
  kernelSize: PerAxis;
  /** Step of the window; default 1. */
  stride?: PerAxis;
  /**
   * 'valid' (default), 'same', 'causal' (1D), a number of cells on all sides, or one for each axis, or [before, after] for each.
   */
  padding?: Padding;
  /** Distance of neighbouring kernel elements; default 1. */
  dilation?: PerAxis;
  /** Default 'linear'. */
  activation?: ActivationLike;
  /** Whether a bias is added; default true. */
  bias?: boolean;
  /** Default by the activation: see docs/layers.md. */
  weightInitializer?: InitializerLike;
  biasInitializer?: InitializerLike;
  /** How it is computed; default 'auto', by the shapes. See docs/convolution.md. */
  algorithm?: ConvAlgorithm;
}

const optionNames: readonly (keyof ConvolutionOptions)[] = [
  'kernelSize',
  'stride',
  'padding',
  'dilation',
  'activation',
  'bias',
  'weightInitializer',
  'biasInitializer',
  'algorithm',
];

/** The number of spatial axes. */
export type SpatialRank = 1 | 2 | 3;

const samples: Readonly<Record<SpatialRank, string>> = {
  1: 'sequences [length, ',
  2: 'images [height, width, ',
  3: 'volumes [depth, height, width, ',
};

/** The shape of samples with these channels, as errors call it. */
export function samplesText(rank: SpatialRank, channels: string | number): string {
  return `${samples[rank]}${channels}]`;
}

/**
 * Kernels over samples [...spatial, channels], in 1, 2 or 3 dimensions. What is convolution, depthwise or transposed about it, the
 * classes below say: the shape of their weight, their shape rule, their op.
 */
export abstract class Convolution extends Layer {
  weight: Parameter | null = null;
  bias: Parameter | null = null;
  protected readonly kernel: readonly number[];
  protected readonly window: { stride: PerAxis; padding: Padding; dilation: PerAxis };
  protected readonly algorithm: ConvAlgorithm;
  protected readonly activation: ResolvedActivation;
  private readonly hasBias: boolean;
  private readonly weightInitializer: Initializer;
  private readonly biasInitializer: Initializer;

  constructor(
    protected readonly rank: SpatialRank,
    options: ConvolutionOptions,
    own: readonly string[],
  ) {
    checkOptions(new.target.name, options, [...own, ...optionNames]);
    super(options);
    const { kernelSize, stride = 1, padding = 'valid', dilation = 1, activation = 'linear', bias = true } = options;
    const { algorithm = 'auto' } = options;
    checkBoolean(this.type, 'bias', bias);
    checkAlgorithm(this.type, algorithm);
    this.kernel = perAxis(this.type, 'kernelSize', kernelSize, rank, 1);
    this.window = settle({ stride, padding, dilation });
    this.algorithm = algorithm;
    this.activation = resolveActivation(this.type, activation);
    this.hasBias = bias;
    this.weightInitializer = resolveInitializer(this.type, options.weightInitializer ?? defaultWeight(this.activation.name));
    this.biasInitializer = resolveInitializer(this.type, options.biasInitializer ?? defaultBias());
    // A stride or padding of the wrong kind is refused here and not at the first call: no kernel is larger than this sample.
    const apart = perAxis(this.type, 'dilation', dilation, rank, 1);
    const sample = this.kernel.map((size, axis) => (size - 1) * (apart[axis] as number) + 1);
    resolveWindows(this.type, sample, this.kernel, this.window);
  }

  /** @internal A softmax may go along any axis of the batch. */
  override get mapsSamples(): boolean {
    return this.activation.name !== 'softmax' && this.activation.name !== 'logSoftmax';
  }

  /** The shape of the weight for samples of so many channels. */
  protected abstract weightShape(channels: number): Shape;
  /** How many channels come out of so many. */
  protected abstract outputChannels(channels: number): number;
  /** What an output sums and an input reaches. */
  protected abstract fan(channels: number): Fan;
  /** The spatial shape of the result. */
  protected abstract outputSpatial(spatial: Shape): Shape;
  /** At how many positions of a sample the weight is applied. */
  protected abstract positions(inputShape: Shape): number;
  /** The op, with the activation that it applies itself. */
  protected abstract compute(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor;
  /** Of how many channels the number that comes in must be a multiple. */
  protected get channelMultiple(): number {
    return 1;
  }

  protected override setup(inputShape: Shape): void {
    const channels = inputShape[this.rank] as number;
    const fan = this.fan(channels);
    this.weight = this.addParameter('weight', this.weightShape(channels), this.weightInitializer, fan);
    if (this.hasBias) this.bias = this.addParameter('bias', [this.outputChannels(channels)], this.biasInitializer, fan);
  }

  protected override forward(x: Tensor): Tensor {
    const { after } = this.activation;
    const y = this.compute(x, this.weight as Parameter, this.bias);
    return after === null ? y : after(y);
  }

  override outputShape(inputShape: Shape): Shape {
    const channels = inputShape[this.rank] as number;
    const known = this.inputShape?.[this.rank];
    const multiple = this.channelMultiple;
    const wrong = known === undefined ? channels === 0 || channels % multiple !== 0 : channels !== known;
    if (inputShape.length !== this.rank + 1 || wrong) {
      const wanted = known ?? (multiple === 1 ? 'channels' : `a multiple of ${multiple} channels`);
      throw this.shapeError(samplesText(this.rank, wanted), inputShape);
    }
    return [...this.outputSpatial(inputShape.slice(0, -1)), this.outputChannels(channels)];
  }

  override flops(inputShape: Shape): number {
    return 2 * this.positions(inputShape) * sizeOf(this.weightShape(inputShape[this.rank] as number));
  }

  override config(): Record<string, unknown> {
    return {
      kernelSize: this.kernel,
      ...this.window,
      activation: this.activation.config,
      bias: this.hasBias,
      weightInitializer: describeInitializer(this.weightInitializer),
      biasInitializer: describeInitializer(this.biasInitializer),
      algorithm: this.algorithm,
    };
  }
}
