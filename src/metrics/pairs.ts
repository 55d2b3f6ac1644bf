import type { AnyArray } from '../backend/backend.js';
import { ShapeError } from '../errors.js';
import type { Value } from '../layers/value.js';
import { checkTensor } from '../ops/operand.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';

/** Predictions and targets, number by number. */
export interface Pairs {
  readonly prediction: AnyArray;
  readonly target: AnyArray;
  /** Numbers of one sample: the last axis, where there are two or more. */
  readonly outputs: number;
}

/** Axes of size 1 do not count: [n, 1] and [n] hold the same numbers. */
function essential(shape: Shape): Shape {
  return shape.filter((size) => size !== 1);
}

/** Throws unless there is a target for each predicted number. */
export function pairsOf(where: string, prediction: Value, target: Value): Pairs {
  checkTensor(where, prediction);
  checkTensor(where, target);
  if (!sameShape(essential(prediction.shape), essential(target.shape)))
    throw new ShapeError(
      `[${where}] expected predictions and targets of one shape, received ${shapeText(prediction.shape)} and ${shapeText(target.shape)}`,
    );
  const outputs = prediction.rank < 2 ? 1 : (prediction.shape.at(-1) as number);
  return { prediction: prediction.array, target: target.array, outputs };
}
