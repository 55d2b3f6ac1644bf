import { ArgumentError, describe, ShapeError } from '../errors.js';
import { cast, equal, gather, mul, notEqual, reshape, where } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { arange, tensor } from '../tensor/create.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

export interface ClassOptions {
  /** One number for each class: how much its samples count. The mean divides by the sum of those of the samples. */
  classWeights?: readonly number[] | Tensor;
  /** Samples with this label count nothing; default none. */
  ignoreLabel?: number;
}

/** Class weights as numbers, checked; null where there are none. */
export function classWeightsOf(where: string, weights: ClassOptions['classWeights']): Float64Array | null {
  if (weights === undefined) return null;
  const list = weights instanceof Tensor ? weights.array : weights;
  if (typeof list !== 'object' || list === null || list.length === undefined) {
    throw new ArgumentError(
      `[${where}] expected classWeights to be a list of numbers or a tensor, received ${describe(weights)}`,
    );
  }
  const array = Float64Array.from(list as ArrayLike<number>);
  if (!array.every((value) => value >= 0)) {
    throw new ArgumentError(`[${where}] expected classWeights to be numbers >= 0, received ${describe(Array.from(array))}`);
  }
  return array;
}

export function checkIgnoreLabel(where: string, label: unknown): void {
  if (label !== undefined) checkInteger(where, 'ignoreLabel', label, -(2 ** 31));
}

/** The labels of rows of classes, ready for use. */
export interface Rows {
  /** [rows, classes] */
  values: Tensor;
  /** int32 [rows]; 0 stands for those to ignore. */
  labels: Tensor;
  /** 1 for each row that is not ignored, else 0, in the type of the values; null where all count. */
  counts: Tensor | null;
  /** The counts times the class weights; null where all are 1. */
  weights: Tensor | null;
}

/** Throws unless the labels fit the classes: integers, one for each row, within the range or to be ignored. */
function checkLabels(where: string, values: Tensor, target: Tensor, ignoreLabel: number | undefined): void {
  const classes = values.shape.at(-1) as number;
  if (values.rank === 0 || !sameShape(values.shape.slice(0, -1), target.shape)) {
    throw new ShapeError(
      `[${where}] expected values [..., classes] and integer labels [...], received ${shapeText(values.shape)} and ${target.dtype} ${shapeText(target.shape)}`,
    );
  }
  const labels = target.array;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if ((label < 0 || label >= classes) && label !== ignoreLabel) {
      throw new ArgumentError(`[${where}] expected labels from 0 to ${classes - 1}, received ${label} at ${i}`);
    }
  }
}

/** Lays values [..., classes] and labels [...] out as rows, with what class weights and the label to ignore make of each. */
export function labelledRows(
  name: string,
  values: Tensor,
  target: Tensor,
  classWeights: Float64Array | null,
  ignoreLabel: number | undefined,
): Rows {
  checkLabels(name, values, target, ignoreLabel);
  const classes = values.shape.at(-1) as number;
  if (classWeights !== null && classWeights.length !== classes) {
    throw new ShapeError(`[${name}] expected ${classes} classWeights, received ${classWeights.length}`);
  }
  const rows = values.rank === 2 ? values : reshape(values, [target.size, classes]);
  const flat = target.rank === 1 ? target : reshape(target, [target.size]);
  const all = flat.dtype === 'int32' ? flat : cast(flat, 'int32');
  let labels = all;
  let counts: Tensor | null = null;
  if (ignoreLabel !== undefined) {
    const used = notEqual(all, ignoreLabel);
    labels = where(used, all, 0);
    counts = cast(used, values.dtype);
  }
  if (classWeights === null) return { values: rows, labels, counts, weights: counts };
  const own = gather(tensor(classWeights, { dtype: values.dtype }), labels);
  return { values: rows, labels, counts, weights: counts === null ? own : mul(counts, own) };
}

/** bool [rows, classes]: where the class is that of the row. */
export function classMask(labels: Tensor, classes: number): Tensor {
  return equal(reshape(labels, [labels.size, 1]), reshape(arange(0, classes, 1, 'int32'), [1, classes]));
}
