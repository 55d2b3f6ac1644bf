import { ArgumentError, describe } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { Recurrent } from './recurrent.js';
import { RecurrentCellLayer, type RecurrentCellOptions } from './recurrentCell.js';
import type { RecurrentLayerOptions } from './recurrentOptions.js';
import type { Value } from './value.js';

interface OwnOptions {
  /** 'tanh' (default) or 'relu'. */
  activation?: 'tanh' | 'relu';
}

export interface RnnCellOptions extends RecurrentCellOptions, OwnOptions {}
export interface SimpleRnnOptions extends RecurrentLayerOptions, OwnOptions {}

const own: readonly (keyof OwnOptions)[] = ['activation'];

/** One step of a simple recurrent network (Elman 1990): h' = activation(x weightInput + biasInput + h weightRecurrent + biasRecurrent). */
export class RnnCell extends RecurrentCellLayer {
  readonly activation: 'tanh' | 'relu';

  constructor(options: RnnCellOptions) {
    const { activation = 'tanh' } = options ?? {};
    if (activation !== 'tanh' && activation !== 'relu')
      throw new ArgumentError(`[RnnCell] expected activation to be 'tanh' or 'relu', received ${describe(activation)}`);
    super(options, own, { cell: activation === 'tanh' ? 'rnnTanh' : 'rnnRelu', gates: 1, memory: false });
    this.activation = activation;
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), activation: this.activation };
  }
}

/** A simple recurrent network over sequences: see `RnnCell` for its equation, `Recurrent` for what it takes and gives. */
export class SimpleRnn<Out extends Value = Tensor> extends Recurrent<Out> {
  constructor(options: SimpleRnnOptions) {
    super(options, own, (ofCell) => new RnnCell(ofCell));
  }
}

/** One step of a simple recurrent network. */
export function rnnCell(options: RnnCellOptions): RnnCell {
  return new RnnCell(options);
}

/** A simple recurrent network: the output of the last step of sequences [time, features], or of all steps. */
export function simpleRnn(options: SimpleRnnOptions & { returnState: true }): SimpleRnn<Tensor[]>;
export function simpleRnn(options: SimpleRnnOptions): SimpleRnn;
export function simpleRnn(options: SimpleRnnOptions): SimpleRnn<Value> {
  return new SimpleRnn(options);
}
