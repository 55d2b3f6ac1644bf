import { ArgumentError } from '../errors.js';
import { checkShape, type Shape } from '../tensor/shape.js';
import type { AnyLayer } from './layer.js';
import { isShapeList, type ShapeOf, type Shapes, type Value } from './value.js';

/** One use of a layer in a graph. */
export interface Application {
  readonly layer: AnyLayer;
  readonly inputs: readonly Symbolic[];
  /** Whether the layer was given a list. */
  readonly list: boolean;
}

/** What will be a tensor when a graph runs: an input, or an output of a layer. It has a shape (of one sample) and no values. */
export class Symbolic {
  constructor(
    readonly shape: Shape,
    /** @internal What it comes from; null for an input. */
    readonly source: Application | null,
    /** @internal Which of several outputs it is. */
    readonly output: number,
  ) {}
}

/** Stand-ins for a value. */
export type SymbolicOf<V extends Value> = V extends unknown[] ? Symbolic[] : Symbolic;

/** An input of a graph, for samples of the given shape. */
export function input(shape: Shape): Symbolic {
  checkShape('input', shape);
  return new Symbolic([...shape], null, 0);
}

/** The symbolic result of `layer` for symbolic inputs. */
export function applyLayer(layer: AnyLayer, x: Symbolic | Symbolic[]): Symbolic | Symbolic[] {
  const list = Array.isArray(x);
  const inputs = list ? [...x] : [x];
  if (inputs.length === 0 || inputs.some((one) => !(one instanceof Symbolic))) {
    throw new ArgumentError(
      `[${layer.where}] expected apply to get what input() or apply() gave, received ${list ? 'a list of other things' : typeof x}`,
    );
  }
  const shapes: Shapes = list ? inputs.map((one) => one.shape) : (inputs[0] as Symbolic).shape;
  const source: Application = { layer, inputs, list };
  const result: Shapes = layer.outputShape(shapes as ShapeOf<Value>);
  if (isShapeList(result)) return result.map((shape, i) => new Symbolic(shape, source, i));
  return new Symbolic(result, source, 0);
}
