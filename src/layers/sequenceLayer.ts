import type { Tensor } from '../tensor/tensor.js';
import type { Context } from './context.js';
import { Layer } from './layer.js';
import type { Symbolic, SymbolicOf } from './symbolic.js';
import { type Shapes, shapeList, type Value } from './value.js';

/**
 * A layer that takes sequences alone, or at the head of a list with what goes with them: the lengths of each, for example. It is
 * built for the shape of the sequences.
 */
export abstract class SequenceLayer<Out extends Value = Tensor> extends Layer<Tensor, Out> {
  /** @internal Whether lengths may stand behind the sequences. */
  abstract get takesLengths(): boolean;

  override build(inputShape: Shapes): this {
    this.outputShape(inputShape);
    return super.build(shapeList(inputShape)[0] as Shapes & readonly number[]);
  }

  override call(x: Tensor | Tensor[], context?: Context): Out {
    return super.call(x as Tensor, context);
  }

  override predict(x: Tensor | Tensor[]): Out {
    return super.predict(x as Tensor);
  }

  override apply(x: Symbolic | Symbolic[]): SymbolicOf<Out> {
    return super.apply(x as Symbolic);
  }

  abstract override outputShape(inputShape: Shapes): ReturnType<Layer<Tensor, Out>['outputShape']>;
}
