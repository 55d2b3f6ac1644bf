import { noGrad } from '../autograd/tape.js';
import type { FloatArray } from '../backend/backend.js';
import { type TextLevel, Vocabulary } from '../data/vocabulary.js';
import { ArgumentError, describe, NonFiniteError } from '../errors.js';
import { type Context, inferenceContext } from '../layers/context.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import { Recurrent } from '../layers/recurrent.js';
import { namedLayers } from '../layers/state.js';
import type { Value } from '../layers/value.js';
import { tanh } from '../ops/index.js';
import { tensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkKeys } from '../trainer/options.js';
import { type CellStates, cellStates } from './cellStates.js';

const where = 'cellActivations';

/** One cell of a recurrent layer, over a text. */
export interface RecordedCell {
  /** Its place in the model, such as `1.0`: layer 0 of the recurrent layer at 1; `1.0_reverse` reads backwards. */
  readonly path: string;
  /** Its class, such as `LstmCell`. */
  readonly type: string;
  readonly units: number;
  /** Whether it reads the text from its end. */
  readonly reverse: boolean;
  /** Whether activations lie within -1 and 1: in all cells but simple ones with relu. */
  readonly bounded: boolean;
  /** [tokens, units]: tanh(c) of an LSTM, h of other cells, after each token. */
  readonly activations: FloatArray;
}

/** A unit of a recorded cell. */
export interface RecordedUnit {
  /** The path of the cell and its place there, such as `1.0.17`. */
  readonly name: string;
  readonly cell: RecordedCell;
  readonly index: number;
}

/** Recurrent cells over a text: what `cellActivations` gives. */
export class CellActivations {
  constructor(
    /** The text, cut as its vocabulary does. */
    readonly tokens: readonly string[],
    readonly level: TextLevel,
    readonly cells: readonly RecordedCell[],
  ) {}

  /** All units, by name. */
  unitNames(): string[] {
    return this.cells.flatMap(({ path, units }) => Array.from({ length: units }, (_, i) => `${path}.${i}`));
  }

  /** The unit of a name such as `1.0.17`; where there is but one cell, its number will do. */
  find(unit: string | number): RecordedUnit {
    const [, path, digits] = /^(?:(.*)\.)?(\d{1,9})$/.exec(String(unit)) ?? [];
    const index = Number(digits);
    const [only] = this.cells.length === 1 ? this.cells : [];
    const cell = path === undefined ? only : this.cells.find((one) => one.path === path);
    if (cell !== undefined && index < cell.units) return { name: `${cell.path}.${index}`, cell, index };
    const names = this.cells.map((one) => `${one.path}.0 to ${one.path}.${one.units - 1}`);
    throw new ArgumentError(`[${where}] expected a unit of ${names.join(', ')}, received ${describe(unit)}`);
  }

  /** The activation of a unit after each token. */
  activations(unit: string | number): Float64Array {
    const { cell, index } = this.find(unit);
    const own = new Float64Array(this.tokens.length);
    for (let step = 0; step < own.length; step++) own[step] = cell.activations[step * cell.units + index] as number;
    return own;
  }
}

export interface CellActivationsOptions {
  /** That of the model: it turns the text into what the model takes. */
  vocabulary: Vocabulary;
}

/** What each recurrent layer is called with when the model reads the tokens, from states of zeros and without leaving any. */
function inputsOf(model: AnyLayer, tokens: Int32Array): Map<AnyLayer, Tensor | Tensor[]> {
  const found = new Map<AnyLayer, Tensor | Tensor[]>();
  const observe: Context['observe'] = (layer, _output, input) => {
    const [sequence] = (Array.isArray(input) ? input : [input]) as [Tensor];
    const isText = sequence.shape[0] === 1 && sequence.shape[1] === tokens.length;
    // Where a layer is used twice, its first use is shown.
    if (layer instanceof Recurrent && isText && !found.has(layer)) found.set(layer, input);
  };
  model.call(tensor(tokens, { shape: [1, tokens.length] }), { ...inferenceContext, carry: false, observe });
  return found;
}

function record(path: string, { cell, reverse, states }: CellStates): RecordedCell {
  const [h, c] = states as [Tensor, Tensor?];
  const activations = c === undefined ? h : tanh(c);
  const { units } = cell;
  const broken = activations.floats.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new NonFiniteError(
      `[${where}] expected finite activations, received ${activations.floats[broken]} from unit ${path}.${broken % units}`,
    );
  return { path, type: cell.type, units, reverse, bounded: cell.cell !== 'rnnRelu', activations: activations.floats.slice() };
}

/**
 * What each recurrent cell of a model holds after each token of a text, from a state of zeros: tanh(c) of an LSTM, as Karpathy,
 * Johnson and Fei-Fei (2015, Visualizing and Understanding Recurrent Networks) show it, h of others. `trackingUnits` tells what units
 * follow, `drawCellsHtml` and `drawCellsSvg` colour the text by them. The model and the states that it carries stay as they are.
 *
 * @param model takes indices [batch, tokens], and has a recurrent layer that sees one step for each
 * @param text at least one token
 * @throws ArgumentError for an empty text, or a model without such a layer
 * @example
 * const seen = cellActivations(model, 'In the beginning', { vocabulary });
 * seen.activations('1.0.17'); // of unit 17 in layer 1, after each character
 */
export function cellActivations(model: AnyLayer, text: string, options: CellActivationsOptions): CellActivations {
  if (!(model instanceof Layer)) throw new ArgumentError(`[${where}] expected a model, received ${describe(model)}`);
  checkKeys(where, options, ['vocabulary']);
  const { vocabulary } = options;
  if (!(vocabulary instanceof Vocabulary))
    throw new ArgumentError(`[${where}] expected a vocabulary, received ${describe(vocabulary)}`);
  const indices = vocabulary.encode(text);
  if (indices.length === 0) throw new ArgumentError(`[${where}] expected a text of at least one token, received an empty one`);
  if (model.inputShape === null) model.build([indices.length]);
  const paths = new Map<AnyLayer, string>([...namedLayers(model)].map(([path, layer]) => [layer, path]));
  const cells = noGrad(() =>
    scope(() =>
      [...inputsOf(model, indices)].flatMap(([layer, x]) =>
        cellStates(layer as Recurrent<Value> as Recurrent, x).map((one) => record(paths.get(one.cell) as string, one)),
      ),
    ),
  );
  if (cells.length === 0)
    throw new ArgumentError(
      `[${where}] expected a model with a recurrent layer that sees one step for each token, received none`,
    );
  return new CellActivations(vocabulary.split(text), vocabulary.level, cells);
}
