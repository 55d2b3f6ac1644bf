import { resolveInitializer } from '../initializers/resolve.js';
import type { RecurrentWeights } from '../ops/index.js';
import { checkInteger, checkNumber } from '../ops/operand.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkBoolean } from './options.js';
import { Recurrent } from './recurrent.js';
import { RecurrentCellLayer, type RecurrentCellOptions } from './recurrentCell.js';
import type { RecurrentLayerOptions } from './recurrentOptions.js';
import type { Value } from './value.js';

interface OwnOptions {
  /** Whether the gates see the state c, too (Gers and Schmidhuber 2000); default false. */
  peepholes?: boolean;
  /** Size of the output, where it is not `units`: a matrix makes it of o * tanh(c) (Sak et al. 2014). */
  projection?: number;
  /** What is added to the first bias of the forget gate, so that the cell remembers at first (Jozefowicz et al. 2015); default 1, with the uniform initialization 0. */
  forgetBias?: number;
}

export interface LstmCellOptions extends RecurrentCellOptions, OwnOptions {}
export interface LstmOptions extends RecurrentLayerOptions, OwnOptions {}

const own: readonly (keyof OwnOptions)[] = ['peepholes', 'projection', 'forgetBias'];

/** Places of the gates in the weights: i, f, g, o. */
const forgetGate = 1;

/**
 * One step of an LSTM (Hochreiter and Schmidhuber 1997; Gers et al. 2000): call([x, h, c]) gives [h', c'],
 * with i, f, o = sigmoid and g = tanh of x weightInput + biasInput + h weightRecurrent + biasRecurrent,
 * c' = f * c + i * g and h' = o * tanh(c'). Parameters besides: `peephole` [3, units] for i, f and o, `projection` [units, out].
 */
export class LstmCell extends RecurrentCellLayer {
  peephole: Parameter | null = null;
  projection: Parameter | null = null;
  private readonly peepholes: boolean;
  private readonly projected: number | null;
  private readonly forgetBias: number;

  constructor(options: LstmCellOptions) {
    super(options, own, { cell: 'lstm', gates: 4, memory: true });
    const { peepholes = false, projection, forgetBias = this.initialization === 'orthogonal' ? 1 : 0 } = options;
    checkBoolean(this.type, 'peepholes', peepholes);
    if (projection !== undefined) checkInteger(this.type, 'projection', projection, 1);
    checkNumber(this.type, 'forgetBias', forgetBias);
    this.peepholes = peepholes;
    this.projected = projection ?? null;
    this.forgetBias = forgetBias;
  }

  override get outputs(): number {
    return this.projected ?? this.units;
  }

  protected override raisedBias(): { gate: number; amount: number } {
    return { gate: forgetGate, amount: this.forgetBias };
  }

  protected override setup(inputShapes: readonly Shape[]): void {
    super.setup(inputShapes);
    const { units, outputs } = this;
    const standard = (name: string) => resolveInitializer(this.type, this.standard(name));
    if (this.peepholes) this.peephole = this.addParameter('peephole', [3, units], standard('zeros'), { in: units, out: units });
    if (this.projected !== null) this.projection = this.addParameter('projection', [units, outputs], standard('glorotUniform'));
  }

  override weights(): RecurrentWeights {
    return { ...super.weights(), peephole: this.peephole, projection: this.projection };
  }

  override flops(inputShapes: readonly Shape[]): number {
    return super.flops(inputShapes) + (this.projected === null ? 0 : 2 * this.units * this.projected);
  }

  override config(): Record<string, unknown> {
    const { peepholes, projected, forgetBias } = this;
    return { ...super.config(), peepholes, ...(projected === null ? {} : { projection: projected }), forgetBias };
  }
}

/** An LSTM over sequences: see `LstmCell` for its equations, `Recurrent` for what it takes and gives. */
export class Lstm<Out extends Value = Tensor> extends Recurrent<Out> {
  constructor(options: LstmOptions) {
    super(options, own, (ofCell) => new LstmCell(ofCell));
  }
}

/** One step of an LSTM. */
export function lstmCell(options: LstmCellOptions): LstmCell {
  return new LstmCell(options);
}

/**
 * An LSTM: the output of the last step of sequences [time, features], or of all steps.
 *
 * @example
 * const model = sequential([lstm({ units: 64 }), dense({ units: 10 })], { inputShape: [28, 28] });
 */
export function lstm(options: LstmOptions & { returnState: true }): Lstm<Tensor[]>;
export function lstm(options: LstmOptions): Lstm;
export function lstm(options: LstmOptions): Lstm<Value> {
  return new Lstm(options);
}
