import { noGrad } from '../autograd/tape.js';
import { ArgumentError, describe } from '../errors.js';
import { affine, cos, dropout as drop, greater, log, mul, reshape, sqrt, where } from '../ops/index.js';
import { full } from '../tensor/create.js';
import type { RandomStream } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Context } from './context.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface DropoutOptions extends LayerOptions {
  /** Share of the elements that become 0, from 0 to below 1. */
  rate: number;
}

/** Throws unless `value` is a share of elements to drop. */
export function checkRate(where: string, name: string, value: unknown): asserts value is number {
  if (!(typeof value === 'number' && value >= 0 && value < 1))
    throw new ArgumentError(`[${where}] expected ${name} to be a number from 0 to below 1, received ${describe(value)}`);
}

/** A layer that changes its input at random in training, and else passes it on. */
abstract class RandomLayer extends Layer {
  readonly rate: number;
  private stream: RandomStream | null = null;

  constructor(options: DropoutOptions) {
    checkOptions(new.target.name, options, ['rate']);
    super(options);
    checkRate(this.type, 'rate', options.rate);
    this.rate = options.rate;
  }

  protected override setup(): void {
    this.stream = this.addStream('mask');
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    if (!context.dropout || this.rate === 0) return x;
    return this.change(x, this.stream as RandomStream);
  }

  /** The result of training. The stream is advanced once a draw. */
  protected abstract change(x: Tensor, stream: RandomStream): Tensor;

  override config(): Record<string, unknown> {
    return { rate: this.rate };
  }
}

/** Drops elements, and moves the stream on. */
export function dropWith(x: Tensor, rate: number, stream: RandomStream): Tensor {
  const y = drop(x, rate, stream.state);
  stream.advance();
  return y;
}

/** 1 / (1 - rate) for what is kept, else 0. */
export function keptScale(x: Tensor, shape: readonly number[], rate: number, stream: RandomStream): Tensor {
  return noGrad(() => dropWith(full(shape, 1, { dtype: x.dtype }), rate, stream));
}

/** Drops whole channels of a sample: at all positions the same. */
export function dropChannels(x: Tensor, rate: number, stream: RandomStream): Tensor {
  const [batch, channels] = [x.shape[0] as number, x.shape.at(-1) as number];
  const kept = keptScale(x, [batch, channels], rate, stream);
  return mul(x, reshape(kept, [batch, ...x.shape.slice(1, -1).map(() => 1), channels]));
}

/** In training, sets elements to 0 at random and scales the others by 1 / (1 - rate) (Srivastava et al. 2014). */
export class Dropout extends RandomLayer {
  protected override change(x: Tensor, stream: RandomStream): Tensor {
    return dropWith(x, this.rate, stream);
  }
}

/** In training, sets whole channels of a sample to 0, at all positions: neighbouring positions hold much the same (Tompson et al. 2015). */
export class SpatialDropout extends RandomLayer {
  protected override change(x: Tensor, stream: RandomStream): Tensor {
    return dropChannels(x, this.rate, stream);
  }
}

/** What selu tends to, far below 0. */
const saturation = -1.0507009873554805 * 1.6732632423543772;

/**
 * In training, sets elements to the value where selu saturates and moves all such that mean 0 and variance 1 stay what they are
 * (Klambauer et al. 2017).
 */
export class AlphaDropout extends RandomLayer {
  protected override change(x: Tensor, stream: RandomStream): Tensor {
    const { rate } = this;
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * saturation ** 2));
    const kept = noGrad(() => greater(keptScale(x, x.shape, rate, stream), 0));
    return affine(where(kept, x, saturation), scale, -scale * rate * saturation);
  }
}

/** In training, multiplies by normal numbers of mean 1 and variance rate / (1 - rate), which is that of dropout (Srivastava et al. 2014). */
export class GaussianDropout extends RandomLayer {
  protected override change(x: Tensor, stream: RandomStream): Tensor {
    const deviation = Math.sqrt(this.rate / (1 - this.rate));
    const noise = noGrad(() => {
      // Box and Muller: -log(1 - u) of u in [0, 1) is finite.
      const radius = sqrt(affine(log(affine(stream.uniform(x.shape, 0, 1, floatTypeOf(x)), -1, 1)), -2, 0));
      const angle = stream.uniform(x.shape, 0, 2 * Math.PI, floatTypeOf(x));
      return affine(mul(radius, cos(angle)), deviation, 1);
    });
    return mul(x, noise);
  }
}

function floatTypeOf(x: Tensor): 'float32' | 'float64' {
  return x.dtype === 'float64' ? 'float64' : 'float32';
}

/** A dropout layer. */
export function dropout(options: DropoutOptions): Dropout {
  return new Dropout(options);
}

/** A dropout of whole channels. */
export function spatialDropout(options: DropoutOptions): SpatialDropout {
  return new SpatialDropout(options);
}

/** A dropout that goes with selu. */
export function alphaDropout(options: DropoutOptions): AlphaDropout {
  return new AlphaDropout(options);
}

/** A dropout by noise. */
export function gaussianDropout(options: DropoutOptions): GaussianDropout {
  return new GaussianDropout(options);
}
