import { ArgumentError, ShapeError } from '../errors.js';
import { checkTensor } from '../ops/operand.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** What goes into a layer or comes out of it: a tensor or several. */
export type Value = Tensor | Tensor[];

/** Shapes of a value, without the batch axis. */
export type ShapeOf<V extends Value> = V extends Tensor[] ? readonly Shape[] : Shape;
export type Shapes = Shape | readonly Shape[];

export function isShapeList(shapes: Shapes): shapes is readonly Shape[] {
  return Array.isArray(shapes[0]);
}

/** The shapes as a list, whether one or several. */
export function shapeList(shapes: Shapes): readonly Shape[] {
  return isShapeList(shapes) ? shapes : [shapes];
}

export function shapesText(shapes: Shapes): string {
  return shapeList(shapes).map(shapeText).join(' and ');
}

export function sameShapes(a: Shapes, b: Shapes): boolean {
  const [x, y] = [shapeList(a), shapeList(b)];
  return isShapeList(a) === isShapeList(b) && x.length === y.length && x.every((shape, i) => sameShape(shape, y[i] as Shape));
}

function sampleShape(where: string, x: unknown): Shape {
  checkTensor(where, x);
  if (x.rank === 0)
    throw new ShapeError(`[${where}] expected a batch of samples, a tensor with at least one axis, received a scalar`);
  return x.shape.slice(1);
}

/** The shapes of one sample of a value. Throws unless it holds tensors with one batch size. */
export function sampleShapes(where: string, value: unknown): Shapes {
  if (!Array.isArray(value)) return sampleShape(where, value);
  if (value.length === 0) throw new ArgumentError(`[${where}] expected at least one tensor, received an empty list`);
  const shapes = value.map((x) => sampleShape(where, x));
  const sizes = value.map((x: Tensor) => x.shape[0]);
  if (sizes.some((n) => n !== sizes[0]))
    throw new ShapeError(`[${where}] expected inputs of one batch size, received sizes ${sizes.join(', ')}`);
  return shapes;
}

function tensorFits(x: Tensor, shape: Shape): boolean {
  if (!(x instanceof Tensor) || x.shape.length !== shape.length + 1) return false;
  for (let i = 0; i < shape.length; i++) if (x.shape[i + 1] !== shape[i]) return false;
  return true;
}

/** Whether a value has these sample shapes. Lists are left to the thorough check: their batch sizes must agree, too. */
export function fits(value: Value, shapes: Shapes): boolean {
  return value instanceof Tensor && !isShapeList(shapes) && tensorFits(value, shapes);
}

/** The number of samples in a value. */
export function batchSizeOf(value: Value): number {
  return ((Array.isArray(value) ? value[0] : value)?.shape[0] as number | undefined) ?? 0;
}
