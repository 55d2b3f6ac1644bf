import type { TapeNode } from '../autograd/tape.js';
import type { AnyArray, FloatArray } from '../backend/backend.js';
import { DisposedError, ShapeError } from '../errors.js';
import * as ops from '../ops/index.js';
import { bytesPerElement, type DType } from './dtype.js';
import { adopt } from './scope.js';
import { type Shape, shapeText, sizeOf } from './shape.js';
import { Storage } from './storage.js';

/** Numbers nested as deep as the rank: what `toArray` gives and `tensor` takes. */
export type NestedArray = number | NestedArray[];

/** What an operand may be: a tensor, or a number that broadcasts. */
export type TensorLike = Tensor | number;

/** Which part of an axis: an index (the axis goes), a [start, end, step] range (end excluded, all optional), or null for all of it. */
export type SliceRange = number | readonly [start?: number | null, end?: number | null, step?: number] | null;

/**
 * An immutable, dense, row-major array of one element type. Operations give new tensors; reshapes share memory. Memory is given
 * back by the collector, or earlier by `dispose()`, `using` or `scope()`.
 */
export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  /** @internal */
  readonly storage: Storage;
  /** @internal Where the active tape recorded it. */
  node: TapeNode | null = null;
  /** @internal Not disposed by scopes. */
  kept = false;
  /** @internal Returned by the scope that is ending. */
  leaving = false;
  private live = true;

  /** @internal Users create tensors by `tensor`, `zeros` and the like. Takes over one reference of `storage`. */
  constructor(shape: Shape, dtype: DType, storage?: Storage) {
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.storage = storage ?? Storage.take(dtype, this.size);
    adopt(this);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Bytes of its elements. */
  get bytes(): number {
    return this.size * bytesPerElement(this.dtype);
  }

  get disposed(): boolean {
    return !this.live;
  }

  /** @internal The live elements. Never handed to users. */
  get array(): AnyArray {
    if (!this.live)
      throw new DisposedError(
        `[tensor] expected a live tensor, received one of shape ${shapeText(this.shape)} that was disposed`,
      );
    return this.storage.array;
  }

  /** @internal The live elements of a tensor that is known to be float32 or float64. */
  get floats(): FloatArray {
    return this.array as FloatArray;
  }

  /** @internal Another handle on the same memory, in a shape of as many elements. */
  alias(shape: Shape = this.shape): Tensor {
    this.array;
    return new Tensor(shape, this.dtype, this.storage.retain());
  }

  /** Gives the memory back now. Using the tensor afterwards throws ERR_DISPOSED; disposing it again does nothing. */
  dispose(): void {
    if (!this.live) return;
    this.live = false;
    this.node = null;
    this.storage.release();
  }

  /** So that `using x = tensor(...)` disposes it at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A copy of the elements, flat, row-major. */
  data(): AnyArray {
    return this.array.slice();
  }

  /** A copy of the elements as nested arrays of numbers; a number for a scalar. */
  toArray(): NestedArray {
    const array = this.array;
    let next = 0;
    const build = (axis: number): NestedArray =>
      axis === this.rank ? (array[next++] as number) : Array.from({ length: this.shape[axis] as number }, () => build(axis + 1));
    return build(0);
  }

  /** The only element of a tensor that has one. */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`[item] expected a tensor of one element, received shape ${shapeText(this.shape)}`);
    return this.array[0] as number;
  }

  toString(): string {
    if (!this.live) return `Tensor(${this.dtype} ${shapeText(this.shape)}, disposed)`;
    const shown = Array.from(this.array.subarray(0, 8), (v) => (Number.isInteger(v) ? String(v) : v.toPrecision(5)));
    return `Tensor(${this.dtype} ${shapeText(this.shape)}: ${shown.join(', ')}${this.size > 8 ? ', ...' : ''})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  add(other: TensorLike): Tensor {
    return ops.add(this, other);
  }
  sub(other: TensorLike): Tensor {
    return ops.sub(this, other);
  }
  mul(other: TensorLike): Tensor {
    return ops.mul(this, other);
  }
  div(other: TensorLike): Tensor {
    return ops.div(this, other);
  }
  pow(exponent: TensorLike): Tensor {
    return ops.pow(this, exponent);
  }
  neg(): Tensor {
    return ops.neg(this);
  }
  abs(): Tensor {
    return ops.abs(this);
  }
  exp(): Tensor {
    return ops.exp(this);
  }
  log(): Tensor {
    return ops.log(this);
  }
  sqrt(): Tensor {
    return ops.sqrt(this);
  }
  square(): Tensor {
    return ops.square(this);
  }
  relu(): Tensor {
    return ops.relu(this);
  }
  sigmoid(): Tensor {
    return ops.sigmoid(this);
  }
  tanh(): Tensor {
    return ops.tanh(this);
  }
  softmax(axis = -1): Tensor {
    return ops.softmax(this, axis);
  }
  matmul(other: Tensor): Tensor {
    return ops.matmul(this, other);
  }
  sum(axes?: number | readonly number[], keepDims = false): Tensor {
    return ops.sum(this, axes, keepDims);
  }
  mean(axes?: number | readonly number[], keepDims = false): Tensor {
    return ops.mean(this, axes, keepDims);
  }
  max(axes?: number | readonly number[], keepDims = false): Tensor {
    return ops.max(this, axes, keepDims);
  }
  min(axes?: number | readonly number[], keepDims = false): Tensor {
    return ops.min(this, axes, keepDims);
  }
  argMax(axis = -1): Tensor {
    return ops.argMax(this, axis);
  }
  reshape(shape: readonly number[]): Tensor {
    return ops.reshape(this, shape);
  }
  permute(axes: readonly number[]): Tensor {
    return ops.permute(this, axes);
  }
  /** Swaps the last two axes. */
  transpose(): Tensor {
    return ops.transpose(this);
  }
  slice(...ranges: SliceRange[]): Tensor {
    return ops.slice(this, ranges);
  }
  /** The part at `index` of the first axis, that axis gone. */
  at(index: number): Tensor {
    return ops.slice(this, [index]);
  }
  cast(dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }
}
