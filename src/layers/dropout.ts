import { ArgumentError } from '../errors.js';
import { dropout as drop } from '../ops/index.js';
import type { RandomStream } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Context } from './context.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface DropoutOptions extends LayerOptions {
  /** Share of the elements that become 0, from 0 to below 1. */
  rate: number;
}

/** In training, sets elements to 0 at random and scales the others by 1 / (1 - rate); otherwise it passes its input on. */
export class Dropout extends Layer {
  readonly rate: number;
  private stream: RandomStream | null = null;

  constructor(options: DropoutOptions) {
    checkOptions('Dropout', options, ['rate']);
    super(options);
    if (!(typeof options.rate === 'number' && options.rate >= 0 && options.rate < 1)) {
      throw new ArgumentError(`[${this.type}] expected a rate from 0 to below 1, received ${String(options.rate)}`);
    }
    this.rate = options.rate;
  }

  protected override setup(): void {
    this.stream = this.addStream('mask');
  }

  protected override forward(x: Tensor, context: Context): Tensor {
    if (!context.dropout || this.rate === 0) return x;
    const stream = this.stream as RandomStream;
    const y = drop(x, this.rate, stream.state);
    stream.advance();
    return y;
  }

  override config(): Record<string, unknown> {
    return { rate: this.rate };
  }
}

/** A dropout layer. */
export function dropout(options: DropoutOptions): Dropout {
  return new Dropout(options);
}
