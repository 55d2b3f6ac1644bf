import { concat, add as sum } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { checkAxis, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type ActivationLike, type ResolvedActivation, resolveActivation } from './activations.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface AddOptions extends LayerOptions {
  /** Applied to the sum; default 'linear'. */
  activation?: ActivationLike;
}

/** Adds its inputs, which have one shape: the end of a skip connection. */
export class Add extends Layer<Tensor[], Tensor> {
  private readonly activation: ResolvedActivation;

  constructor(options: AddOptions = {}) {
    checkOptions('Add', options, ['activation']);
    super(options);
    this.activation = resolveActivation(this.type, options.activation ?? 'linear');
    this.takesList = true;
  }

  protected override forward(x: Tensor[]): Tensor {
    return this.activation.apply(x.reduce((total, one) => sum(total, one)));
  }

  override outputShape(inputShapes: readonly Shape[]): Shape {
    const first = inputShapes[0] as Shape;
    if (!inputShapes.every((shape) => sameShape(shape, first))) throw this.shapeError('inputs of one shape', inputShapes);
    return first;
  }

  override config(): Record<string, unknown> {
    return { activation: this.activation.config };
  }
}

export interface ConcatenateOptions extends LayerOptions {
  /** The axis of a sample, without the batch axis; negative ones count from the end. Default -1. */
  axis?: number;
}

/** Joins its inputs along an axis; their other sizes are equal. */
export class Concatenate extends Layer<Tensor[], Tensor> {
  readonly axis: number;

  constructor(options: ConcatenateOptions = {}) {
    checkOptions('Concatenate', options, ['axis']);
    super(options);
    const { axis = -1 } = options;
    checkInteger(this.type, 'axis', axis, -8, 7);
    this.axis = axis;
    this.takesList = true;
  }

  protected override forward(x: Tensor[]): Tensor {
    return concat(x, this.axis < 0 ? this.axis : this.axis + 1);
  }

  override outputShape(inputShapes: readonly Shape[]): Shape {
    const first = inputShapes[0] as Shape;
    const axis = checkAxis(this.where, this.axis, first.length);
    const others = (shape: Shape): Shape => shape.filter((_, i) => i !== axis);
    if (!inputShapes.every((shape) => shape.length === first.length && sameShape(others(shape), others(first)))) {
      throw this.shapeError(`inputs that differ in axis ${axis} alone`, inputShapes);
    }
    const joined = inputShapes.reduce((total, shape) => total + (shape[axis] as number), 0);
    return first.map((n, i) => (i === axis ? joined : n));
  }

  override config(): Record<string, unknown> {
    return { axis: this.axis };
  }
}

/** A layer that adds its inputs. (The op of this name adds two tensors.) */
export function add(options: AddOptions = {}): Add {
  return new Add(options);
}

/** A layer that joins its inputs along an axis. */
export function concatenate(options: ConcatenateOptions = {}): Concatenate {
  return new Concatenate(options);
}
