import { ArgumentError, describe } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { Recurrent } from './recurrent.js';
import { RecurrentCellLayer, type RecurrentCellOptions } from './recurrentCell.js';
import type { RecurrentLayerOptions } from './recurrentOptions.js';
import type { Value } from './value.js';

interface OwnOptions {
  /** Whether the reset gate acts behind the recurrent product, as in PyTorch ('after', the default), or on the state before it, as in Cho et al. 2014 ('before'). */
  reset?: 'after' | 'before';
}

export interface GruCellOptions extends RecurrentCellOptions, OwnOptions {}
export interface GruOptions extends RecurrentLayerOptions, OwnOptions {}

const own: readonly (keyof OwnOptions)[] = ['reset'];

/**
 * One step of a GRU (Cho et al. 2014): call([x, h]) gives [h'], with r, z = sigmoid of x weightInput + biasInput + h weightRecurrent +
 * biasRecurrent and h' = (1 - z) * n + z * h, where n = tanh(x Wn + bn + r * (h Rn + cn)), or, where the reset comes before,
 * n = tanh(x Wn + bn + (r * h) Rn + cn).
 */
export class GruCell extends RecurrentCellLayer {
  readonly reset: 'after' | 'before';

  constructor(options: GruCellOptions) {
    const { reset = 'after' } = options ?? {};
    if (reset !== 'after' && reset !== 'before')
      throw new ArgumentError(`[GruCell] expected reset to be 'after' or 'before', received ${describe(reset)}`);
    super(options, own, { cell: reset === 'after' ? 'gru' : 'gruResetBefore', gates: 3, memory: false });
    this.reset = reset;
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), reset: this.reset };
  }
}

/** A GRU over sequences: see `GruCell` for its equations, `Recurrent` for what it takes and gives. */
export class Gru<Out extends Value = Tensor> extends Recurrent<Out> {
  constructor(options: GruOptions) {
    super(options, own, (ofCell) => new GruCell(ofCell));
  }
}

/** One step of a GRU. */
export function gruCell(options: GruCellOptions): GruCell {
  return new GruCell(options);
}

/** A GRU: the output of the last step of sequences [time, features], or of all steps. */
export function gru(options: GruOptions & { returnState: true }): Gru<Tensor[]>;
export function gru(options: GruOptions): Gru;
export function gru(options: GruOptions): Gru<Value> {
  return new Gru(options);
}
