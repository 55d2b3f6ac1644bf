import { activeTape } from '../autograd/tape.js';
import type { AnyArray } from '../backend/backend.js';
import { GradientError, ShapeError } from '../errors.js';
import type { Constraint } from '../regularization/constraint.js';
import type { Penalty } from '../regularization/penalty.js';
import type { FloatDType } from './dtype.js';
import { keep } from './scope.js';
import { type Shape, sameShape, shapeText } from './shape.js';
import { Tensor } from './tensor.js';

/** A tensor that training changes, zeros at first. Its memory stays the same for its whole life: loading, restoring and updating copy into it. */
export class Parameter extends Tensor {
  /** Its path in the model, e.g. `0.weight`. */
  name: string;
  /** Whether optimizers change it. */
  trainable = true;
  /** What the trainer adds to the loss for it. */
  penalty: Penalty | null = null;
  /** What the trainer makes it fulfil after each step. */
  constraint: Constraint | null = null;

  constructor(name: string, shape: Shape, dtype: FloatDType = 'float32') {
    super(shape, dtype);
    // Recycled memory holds what was there.
    this.array.fill(0);
    this.name = name;
    keep(this);
  }

  /** Copies new values in. */
  assign(values: Tensor | AnyArray): void {
    if (activeTape() !== null) {
      throw new GradientError(`[assign] expected parameter ${this.name} not to change while a gradient is recorded`);
    }
    if (values instanceof Tensor) {
      if (!sameShape(values.shape, this.shape)) {
        throw new ShapeError(
          `[assign] expected shape ${shapeText(this.shape)} for parameter ${this.name}, received ${shapeText(values.shape)}`,
        );
      }
      this.array.set(values.array);
    } else {
      if (values.length !== this.size) {
        throw new ShapeError(`[assign] expected ${this.size} values for parameter ${this.name}, received ${values.length}`);
      }
      this.array.set(values);
    }
  }
}
