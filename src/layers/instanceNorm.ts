import { ArgumentError, ShapeError } from '../errors.js';
import { instanceNorm as normalize } from '../ops/norm.js';
import { mean } from '../ops/reduce.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Context } from './context.js';
import { ChannelNormalization, type NormalizationOptions, normalizationOptions } from './normalization.js';
import { checkBoolean, checkOptions } from './options.js';
import { RunningStatistics } from './runningStatistics.js';

export interface InstanceNormOptions extends NormalizationOptions {
  /** Whether running statistics are kept and serve in use; default false: each sample has its own there, too. */
  trackStatistics?: boolean;
  /** The weight of a new batch in the running statistics; default 0.1. */
  momentum?: number;
}

/**
 * Mean 0 and variance 1 of each channel of each sample over all positions (Ulyanov, Vedaldi and Lempitsky 2016). Parameters: `scale`,
 * `shift` [channels]; buffers, where statistics are tracked: `mean`, `variance` [channels].
 */
export class InstanceNorm extends ChannelNormalization {
  readonly momentum: number;
  private readonly trackStatistics: boolean;
  private running: RunningStatistics | null = null;

  constructor(options: InstanceNormOptions = {}) {
    checkOptions('InstanceNorm', options, ['trackStatistics', 'momentum', ...normalizationOptions]);
    super(options);
    const { trackStatistics = false, momentum = 0.1 } = options;
    checkBoolean(this.type, 'trackStatistics', trackStatistics);
    if (!(typeof momentum === 'number' && momentum >= 0 && momentum <= 1))
      throw new ArgumentError(`[${this.type}] expected momentum from 0 to 1, received ${String(momentum)}`);
    this.trackStatistics = trackStatistics;
    this.momentum = momentum;
  }

  protected override setup(inputShape: Shape): void {
    super.setup(inputShape);
    if (!this.trackStatistics) return;
    const shape = this.parameterShape(inputShape);
    this.running = new RunningStatistics(this.addBuffer('mean', shape, 0), this.addBuffer('variance', shape, 1));
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    const { scale, shift, epsilon, running } = this;
    if (running !== null && !context.training) return normalize(x, scale, shift, { epsilon, statistics: running });
    if (!context.training) return normalize(x, scale, shift, { epsilon });
    const count = x.size / ((x.shape[0] as number) * (x.shape.at(-1) as number));
    if (count < 2)
      throw new ShapeError('[InstanceNorm] expected more than one position to learn from, received samples with one');
    if (running === null) return normalize(x, scale, shift, { epsilon });
    return normalize(x, scale, shift, {
      epsilon,
      observe: (each) =>
        scope(() => running.add({ mean: mean(each.mean, 0), variance: mean(each.variance, 0) }, count, this.momentum)),
    });
  }

  override config(): Record<string, unknown> {
    return { trackStatistics: this.trackStatistics, momentum: this.momentum, ...super.config() };
  }
}

/** An instance normalisation. */
export function instanceNorm(options: InstanceNormOptions = {}): InstanceNorm {
  return new InstanceNorm(options);
}
