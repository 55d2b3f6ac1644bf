import { ArgumentError, ShapeError } from '../errors.js';
import { batchNorm as normalize } from '../ops/norm.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type ActivationLike, type ResolvedActivation, resolveActivation } from './activations.js';
import type { Context } from './context.js';
import { ChannelNormalization, type NormalizationOptions, normalizationOptions } from './normalization.js';
import { checkBoolean, checkOptions } from './options.js';
import { RunningStatistics } from './runningStatistics.js';

export interface BatchNormOptions extends NormalizationOptions {
  /** The weight of a new batch in the running statistics, default 0.1; null: all batches weigh alike. */
  momentum?: number | null;
  /** Whether running statistics are kept, for use; default true. Without, each batch has its own in use, too. */
  trackStatistics?: boolean;
  /** Whether the running statistics serve in training, too, and stay as they are; default false. */
  frozen?: boolean;
  /** Applied to the result; default 'linear'. */
  activation?: ActivationLike;
}

/**
 * Mean 0 and variance 1 of each channel over the batch and all positions (Ioffe and Szegedy 2015); in use, by the running mean and
 * variance of training. Parameters: `scale`, `shift` [channels]; buffers: `mean`, `variance` [channels], `batches`.
 */
export class BatchNorm extends ChannelNormalization {
  readonly momentum: number | null;
  /** See the option; may be set at any time. */
  frozen: boolean;
  private readonly activation: ResolvedActivation;
  private readonly trackStatistics: boolean;
  private running: RunningStatistics | null = null;
  private batches: Parameter | null = null;

  constructor(options: BatchNormOptions = {}) {
    checkOptions('BatchNorm', options, ['momentum', 'trackStatistics', 'frozen', 'activation', ...normalizationOptions]);
    super(options);
    const { momentum = 0.1, trackStatistics = true, frozen = false, activation = 'linear' } = options;
    if (momentum !== null && !(typeof momentum === 'number' && momentum >= 0 && momentum <= 1))
      throw new ArgumentError(`[${this.type}] expected momentum from 0 to 1 or null, received ${String(momentum)}`);
    checkBoolean(this.type, 'trackStatistics', trackStatistics);
    checkBoolean(this.type, 'frozen', frozen);
    if (frozen && !trackStatistics)
      throw new ArgumentError(`[${this.type}] expected trackStatistics where frozen, received frozen without`);
    this.momentum = momentum;
    this.frozen = frozen;
    this.trackStatistics = trackStatistics;
    this.activation = resolveActivation(this.type, activation);
  }

  /** Whether it keeps running statistics. */
  get tracksStatistics(): boolean {
    return this.trackStatistics;
  }

  protected override setup(inputShape: Shape): void {
    super.setup(inputShape);
    if (!this.trackStatistics) return;
    const shape = this.parameterShape(inputShape);
    this.running = new RunningStatistics(this.addBuffer('mean', shape, 0), this.addBuffer('variance', shape, 1));
    this.batches = this.addBuffer('batches', [], 0);
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    const y = this.normalize(x, context);
    return this.isRelu ? y : this.activation.apply(y);
  }

  /** Whether the activation is the one that the kernel applies as it writes. */
  private get isRelu(): boolean {
    return this.activation.name === 'relu';
  }

  private normalize(x: Tensor, context: Context): Tensor {
    const { scale, shift, epsilon, running } = this;
    const activation = this.isRelu ? 'relu' : 'linear';
    if (running !== null && (this.frozen || !context.training))
      return normalize(x, scale, shift, { epsilon, activation, statistics: running });
    if (!context.training) return normalize(x, scale, shift, { epsilon, activation });
    const count = x.size / (x.shape.at(-1) as number);
    if (count < 2)
      throw new ShapeError('[BatchNorm] expected more than one value a channel to learn from, received a batch with one');
    if (running === null) return normalize(x, scale, shift, { epsilon, activation });
    return normalize(x, scale, shift, { epsilon, activation, observe: (batch) => running.add(batch, count, this.nextRate()) });
  }

  /** The weight of the next batch. */
  private nextRate(): number {
    const counter = (this.batches as Parameter).floats;
    counter[0] = (counter[0] as number) + 1;
    return this.momentum ?? 1 / counter[0];
  }

  override config(): Record<string, unknown> {
    const { momentum, trackStatistics, frozen } = this;
    return { momentum, trackStatistics, frozen, activation: this.activation.config, ...super.config() };
  }
}

/** A batch normalisation, for inputs of any rank. */
export function batchNorm(options: BatchNormOptions = {}): BatchNorm {
  return new BatchNorm(options);
}
