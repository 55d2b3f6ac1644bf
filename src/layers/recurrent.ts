import { type RecurrentState, recurrent, recurrentStates } from '../ops/index.js';
import type { RandomStream } from '../tensor/random.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { CarriedState } from './carriedState.js';
import type { Context } from './context.js';
import { mergeDirections, mergeSequences } from './directions.js';
import { dropChannels, dropWith, keptScale } from './dropout.js';
import { checkOptions, type LayerOptions } from './options.js';
import {
  type RecurrentCellLayer,
  type RecurrentCellOptions,
  recurrentCellOptions,
  sameStates,
  statesOf,
} from './recurrentCell.js';
import {
  type RecurrentLayerOptions,
  type RecurrentSettings,
  recurrentLayerOptions,
  recurrentSettings,
} from './recurrentOptions.js';
import { SequenceLayer } from './sequenceLayer.js';
import { type ShapeOf, type Shapes, shapeList, type Value } from './value.js';

/** What a call hands over. */
interface Given {
  readonly sequence: Tensor;
  readonly lengths: Tensor | readonly number[] | undefined;
  /** For each layer, direction by direction: h, and c where there is one. */
  readonly states: Tensor[] | null;
}

/**
 * Recurrent cells over whole sequences [time, features]. It takes the sequences alone or in a list, with what else there is: the
 * sequences, lengths (int32 [batch], the steps that count) where they differ, and the initial states of all cells.
 */
export abstract class Recurrent<Out extends Value = Tensor> extends SequenceLayer<Out> {
  readonly units: number;
  /** Its cells: layer by layer, forward before reverse. Each is a layer of its own, on which own loops can run. */
  readonly cells: readonly RecurrentCellLayer[];
  /** @internal */
  readonly settings: RecurrentSettings;
  private readonly carried = new CarriedState();
  private stream: RandomStream | null = null;

  constructor(
    options: RecurrentLayerOptions,
    own: readonly string[],
    makeCell: (options: RecurrentCellOptions) => RecurrentCellLayer,
  ) {
    checkOptions(new.target.name, options, [...recurrentCellOptions, ...recurrentLayerOptions, ...own]);
    // Penalties and constraints are those of the parameters in the cells.
    const { penalties, constraints, ...common } = options;
    super(commonOptions(common));
    this.takesList = 'either';
    this.settings = recurrentSettings(this.type, options);
    const { layers, bidirectional } = this.settings;
    const names = Array.from({ length: layers }, (_, i) =>
      bidirectional === false ? [`${i}`] : [`${i}`, `${i}_reverse`],
    ).flat();
    const ofCells = pick(options, [
      ...recurrentCellOptions,
      ...own,
      'penalties',
      'constraints',
    ]) as unknown as RecurrentCellOptions;
    this.cells = names.map((name) => this.addLayer(name, makeCell(ofCells)));
    this.units = (this.cells[0] as RecurrentCellLayer).units;
  }

  private get directions(): number {
    return this.settings.bidirectional === false ? 1 : 2;
  }

  private cellsOf(layer: number): readonly RecurrentCellLayer[] {
    return this.cells.slice(layer * this.directions, (layer + 1) * this.directions);
  }

  /** Size of the output of a layer. */
  private get width(): number {
    return (this.cells[0] as RecurrentCellLayer).outputs * (this.settings.bidirectional === 'concat' ? 2 : 1);
  }

  /** Shapes of the states of one sample: h, and c where there is one, of each cell. */
  get stateShapes(): readonly Shape[] {
    return this.cells.flatMap((cell) => cell.stateShapes);
  }

  protected override setup(inputShape: Shape): void {
    let features = inputShape[1] as number;
    for (let layer = 0; layer < this.settings.layers; layer++) {
      for (const cell of this.cellsOf(layer)) cell.build([[features]]);
      features = this.width;
    }
    this.stream = this.addStream('dropout');
  }

  /** @internal */
  override get takesLengths(): boolean {
    return true;
  }

  /** The next batch starts from zeros, or from the states that it brings. */
  resetState(): void {
    this.carried.reset();
  }

  protected override forward(x: Tensor | Tensor[], context: Context): Out {
    const { sequence, lengths, states } = takeApart(x);
    const { layers, stateful, returnSequences, returnState, reverse, bidirectional } = this.settings;
    const remembers = stateful && context.carry;
    const batch = sequence.shape[0] as number;
    const initial = states ?? (remembers ? this.carried.take(context.training, batch) : null);
    const final: Tensor[] = [];
    let below = sequence;
    let last: Tensor[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const cells = this.cellsOf(layer);
      const args = [
        (cells[0] as RecurrentCellLayer).cell,
        this.drop(below, layer, context),
        cells.map((cell) => cell.weights()),
        {
          reverse,
          ...(lengths === undefined ? {} : { lengths }),
          ...(initial === null ? {} : { initial: this.initialOf(initial, layer) }),
          ...this.masks(sequence, context),
        },
      ] as const;
      let reached: RecurrentState[];
      if (returnSequences || layer < layers - 1) {
        const result = recurrent(...args);
        reached = result.final;
        below = mergeSequences(result.output, bidirectional);
      } else {
        reached = recurrentStates(...args);
      }
      last = reached.map(({ h }) => h);
      final.push(...statesOf(reached));
    }
    if (remembers) this.carried.put(context.training, final);
    const output = returnSequences ? below : mergeDirections(last, bidirectional);
    return (returnState ? [output, ...final] : output) as Out;
  }

  /** What a layer sees of the sequence below it. */
  private drop(x: Tensor, layer: number, context: Context): Tensor {
    const { inputDropout, dropout, variational } = this.settings;
    const rate = layer === 0 ? inputDropout : dropout;
    if (rate === 0 || !context.dropout) return x;
    return (variational ? dropChannels : dropWith)(x, rate, this.stream as RandomStream);
  }

  /** For each direction, what multiplies the state on its way into the recurrent products. */
  private masks(x: Tensor, context: Context): { masks?: Tensor[] } {
    const { recurrentDropout } = this.settings;
    if (recurrentDropout === 0 || !context.dropout) return {};
    const { outputs } = this.cells[0] as RecurrentCellLayer;
    const mask = (): Tensor => keptScale(x, [x.shape[0] as number, outputs], recurrentDropout, this.stream as RandomStream);
    return { masks: Array.from({ length: this.directions }, mask) };
  }

  /** The states of one layer's cells. */
  private initialOf(states: readonly Tensor[], layer: number): RecurrentState[] {
    const each = this.stateShapes.length / this.cells.length;
    return this.cellsOf(layer).map((_, direction) => {
      const at = (layer * this.directions + direction) * each;
      return { h: states[at] as Tensor, c: each === 2 ? (states[at + 1] as Tensor) : null };
    });
  }

  override outputShape(inputShape: Shapes): ShapeOf<Out> {
    const [sequence, ...others] = shapeList(inputShape) as readonly [Shape, ...Shape[]];
    const known = this.cells[0]?.weightInput?.shape[0];
    const wrong = sequence.length !== 2 || (known === undefined ? sequence[1] === 0 : sequence[1] !== known);
    const states = others[0]?.length === 0 ? others.slice(1) : others;
    if (wrong || (states.length > 0 && !sameStates(states, this.stateShapes))) {
      const shapes = this.stateShapes.map((shape) => `[${shape.join(', ')}]`).join(', ');
      throw this.shapeError(
        `sequences [time, ${known ?? 'features'}], or a list of them, lengths [] where they differ, and states ${shapes} where given`,
        inputShape,
      );
    }
    const { returnSequences, returnState } = this.settings;
    const output = returnSequences ? [sequence[0] as number, this.width] : [this.width];
    return (returnState ? [output, ...this.stateShapes] : output) as Shapes as ShapeOf<Out>;
  }

  override flops(inputShape: Shapes): number {
    const [steps, features] = shapeList(inputShape)[0] as [number, number];
    return this.cells.reduce((sum, cell, i) => sum + steps * cell.flops([[i < this.directions ? features : this.width]]), 0);
  }

  override config(): Record<string, unknown> {
    const { penalties, constraints } = (this.cells[0] as RecurrentCellLayer).options;
    const regularized = {
      ...(penalties === undefined ? {} : { penalties }),
      ...(constraints === undefined ? {} : { constraints }),
    };
    return { ...(this.cells[0] as RecurrentCellLayer).config(), ...this.settings, ...regularized };
  }
}

/** Those of the options that every layer takes. */
function commonOptions(options: RecurrentLayerOptions): LayerOptions {
  return pick(options, ['name', 'inputShape', 'seed', 'dtype']);
}

function pick(options: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}

/** @internal The parts of what a call hands over: lengths are the one that has no axis beside that of the batch. */
export function takeApart(x: Tensor | Tensor[]): Given {
  if (!Array.isArray(x)) return { sequence: x, lengths: undefined, states: null };
  const [sequence, ...others] = x as [Tensor, ...Tensor[]];
  const lengths = others[0]?.rank === 1 ? others[0] : undefined;
  const states = lengths === undefined ? others : others.slice(1);
  // The op checks that other numbers than int32 are whole.
  const whole = lengths === undefined || lengths.dtype === 'int32' ? lengths : Array.from(lengths.array);
  return { sequence, lengths: whole, states: states.length === 0 ? null : states };
}
