import type { RecurrentCell } from '../backend/backend.js';
import { ArgumentError, describe } from '../errors.js';
import type { Fan, Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import { type RecurrentWeights, recurrentStates, reshape } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { zeros } from '../tensor/create.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { gatewise, raisedGate } from './gates.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

/**
 * How a cell's first values are drawn. `orthogonal`, as Keras: weights of the input by Glorot, recurrent ones orthogonal, both gate
 * by gate, biases 0. `uniform`, as PyTorch: everything evenly on +-1 / sqrt(units).
 */
export type RecurrentInitialization = 'orthogonal' | 'uniform';

/** What all recurrent cells take. */
export interface RecurrentCellOptions extends LayerOptions {
  /** Size of the state. */
  units: number;
  /** Whether biases are added: one to the product with the input, one to that with the state, as PyTorch has them; default true. */
  bias?: boolean;
  /** Default 'orthogonal'; the initialisers below replace parts of it. */
  initialization?: RecurrentInitialization;
  /** Of the weights of the input, drawn gate by gate. */
  inputInitializer?: InitializerLike;
  /** Of the weights of the state, drawn gate by gate. */
  recurrentInitializer?: InitializerLike;
  biasInitializer?: InitializerLike;
}

/** The names of the options above. */
export const recurrentCellOptions: readonly string[] = [
  'units',
  'bias',
  'initialization',
  'inputInitializer',
  'recurrentInitializer',
  'biasInitializer',
];

/** What sets one cell apart from another. */
export interface CellKind {
  readonly cell: RecurrentCell;
  readonly gates: number;
  /** Whether there is a state c beside h. */
  readonly memory: boolean;
}

/**
 * One step of a recurrent network, for loops of one's own: call([x, ...states]) gives the states after it; without states it starts
 * from zeros. The same kernel as that of the layer over sequences, to the bit. Parameters: `weightInput` [in, gates * units],
 * `weightRecurrent` [out, gates * units], `biasInput` and `biasRecurrent` [gates * units].
 */
export abstract class RecurrentCellLayer extends Layer<Tensor[], Tensor[]> {
  readonly units: number;
  /** Which equations it computes. */
  readonly cell: RecurrentCell;
  readonly gates: number;
  weightInput: Parameter | null = null;
  weightRecurrent: Parameter | null = null;
  biasInput: Parameter | null = null;
  biasRecurrent: Parameter | null = null;
  protected readonly memory: boolean;
  protected readonly initialization: RecurrentInitialization;
  private readonly hasBias: boolean;
  private readonly inputInitializer: Initializer;
  private readonly recurrentInitializer: Initializer;
  private readonly biasInitializer: Initializer;

  constructor(options: RecurrentCellOptions, own: readonly string[], kind: CellKind) {
    checkOptions(new.target.name, options, [...recurrentCellOptions, ...own]);
    super(options);
    const { units, bias = true, initialization = 'orthogonal' } = options;
    checkInteger(this.type, 'units', units, 1);
    checkBoolean(this.type, 'bias', bias);
    if (initialization !== 'orthogonal' && initialization !== 'uniform') {
      throw new ArgumentError(
        `[${this.type}] expected initialization to be 'orthogonal' or 'uniform', received ${describe(initialization)}`,
      );
    }
    this.takesList = true;
    this.units = units;
    this.cell = kind.cell;
    this.gates = kind.gates;
    this.memory = kind.memory;
    this.hasBias = bias;
    this.initialization = initialization;
    this.inputInitializer = resolveInitializer(this.type, options.inputInitializer ?? this.standard('glorotUniform'));
    this.recurrentInitializer = resolveInitializer(this.type, options.recurrentInitializer ?? this.standard('orthogonal'));
    this.biasInitializer = resolveInitializer(this.type, options.biasInitializer ?? this.standard('zeros'));
  }

  /** The initialiser of this name, or that of the uniform initialisation. */
  protected standard(orthogonal: string): InitializerLike {
    const bound = 1 / Math.sqrt(this.units);
    return this.initialization === 'orthogonal' ? orthogonal : { name: 'uniform', config: { low: -bound, high: bound } };
  }

  /** Size of the output h. */
  get outputs(): number {
    return this.units;
  }

  /** Shapes of the states of one sample: [h], or [h, c]. */
  get stateShapes(): readonly Shape[] {
    return this.memory ? [[this.outputs], [this.units]] : [[this.outputs]];
  }

  /** States of zeros for a batch. */
  zeroState(batch: number): Tensor[] {
    checkInteger(this.where, 'batch', batch, 0);
    const dtype = this.weightInput?.dtype ?? 'float32';
    return this.stateShapes.map((shape) => zeros([batch, ...shape], { dtype }));
  }

  /** @internal Its parameters, as the op takes them. */
  weights(): RecurrentWeights {
    const { weightInput, weightRecurrent, biasInput, biasRecurrent } = this;
    return { weightInput: weightInput as Parameter, weightRecurrent: weightRecurrent as Parameter, biasInput, biasRecurrent };
  }

  /** How much more than drawn the bias of one gate is at first; null for cells without such a gate. */
  protected raisedBias(): { gate: number; amount: number } | null {
    return null;
  }

  protected override setup(inputShapes: readonly Shape[]): void {
    const { gates, units, outputs } = this;
    const features = (inputShapes[0] as Shape)[0] as number;
    const width = gates * units;
    const add = (name: string, rows: number, initializer: Initializer): Parameter =>
      this.addParameter(name, [rows, width], gatewise(initializer, gates), { in: rows, out: units });
    this.weightInput = add('weightInput', features, this.inputInitializer);
    this.weightRecurrent = add('weightRecurrent', outputs, this.recurrentInitializer);
    if (!this.hasBias) return;
    const bias = gatewise(this.biasInitializer, gates);
    const fan: Fan = { in: units, out: units };
    const raised = this.raisedBias();
    const first = raised === null ? bias : raisedGate(bias, raised.gate, units, raised.amount);
    this.biasInput = this.addParameter('biasInput', [width], first, fan);
    this.biasRecurrent = this.addParameter('biasRecurrent', [width], bias, fan);
  }

  protected override forward(inputs: Tensor[]): Tensor[] {
    const [x, h, c] = inputs as [Tensor, Tensor?, Tensor?];
    const [batch, features] = x.shape as [number, number];
    const initial = h === undefined ? null : { h, c: c ?? null };
    return statesOf(recurrentStates(this.cell, reshape(x, [batch, 1, features]), [this.weights()], { initial: [initial] }));
  }

  override outputShape(inputShapes: readonly Shape[]): readonly Shape[] {
    const [x, ...states] = inputShapes as [Shape, ...Shape[]];
    const known = this.weightInput?.shape[0];
    const wrong = x.length !== 1 || (known === undefined ? x[0] === 0 : x[0] !== known);
    if (wrong || (states.length > 0 && !sameStates(states, this.stateShapes))) {
      const shapes = [[known ?? 'features'], ...this.stateShapes].map((shape) => `[${shape.join(', ')}]`);
      throw this.shapeError(`${shapes[0]}, alone or with ${shapes.slice(1).join(' and ')}`, inputShapes);
    }
    return this.stateShapes;
  }

  override flops(inputShapes: readonly Shape[]): number {
    const features = (inputShapes[0] as Shape)[0] as number;
    return 2 * (features + this.outputs) * this.gates * this.units;
  }

  override config(): Record<string, unknown> {
    return {
      units: this.units,
      bias: this.hasBias,
      initialization: this.initialization,
      inputInitializer: describeInitializer(this.inputInitializer),
      recurrentInitializer: describeInitializer(this.recurrentInitializer),
      biasInitializer: describeInitializer(this.biasInitializer),
    };
  }
}

/** h, and c where there is one, of each direction in turn. */
export function statesOf(final: readonly { h: Tensor; c?: Tensor | null }[]): Tensor[] {
  return final.flatMap(({ h, c }) => (c == null ? [h] : [h, c]));
}

/** Whether states have the shapes that they should. */
export function sameStates(states: readonly Shape[], expected: readonly Shape[]): boolean {
  return states.length === expected.length && states.every((shape, i) => sameShape(shape, expected[i] as Shape));
}
