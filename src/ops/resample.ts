import { record } from '../autograd/tape.js';
import type { FloatArray } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import type { DType } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import { type AxisMatrix, transposed } from './axisMatrix.js';

const identity: AxisMatrix = {
  columns: 1,
  starts: Int32Array.of(0, 1),
  cells: Int32Array.of(0),
  weights: Float64Array.of(1),
  divisors: Float64Array.of(1),
};

/** What the kernel is told: the matrices of three axes one after the other. */
interface Plan {
  readonly geometry: Int32Array;
  readonly starts: Int32Array;
  readonly cells: Int32Array;
  readonly weights: FloatArray;
  readonly divisors: FloatArray;
}

const rowsOf = (matrix: AxisMatrix): number => matrix.divisors.length;

/** @internal Matrices of 1 to 3 axes as the kernel wants them. */
export function planOf(matrices: readonly AxisMatrix[], batch: number, channels: number, dtype: DType): Plan {
  const axes = [...new Array<AxisMatrix>(3 - matrices.length).fill(identity), ...matrices];
  const starts = new Int32Array(axes.reduce((total, { divisors }) => total + divisors.length, 1));
  let at = 0;
  for (const { starts: own } of axes) {
    const before = starts[at] as number;
    for (let row = 1; row < own.length; row++) starts[at + row] = before + (own[row] as number);
    at += own.length - 1;
  }
  const taps = starts[at] as number;
  const joined = <Part extends Int32Array | FloatArray>(
    to: Part,
    part: (matrix: AxisMatrix) => Int32Array | FloatArray,
  ): Part => {
    let offset = 0;
    for (const matrix of axes) {
      to.set(part(matrix), offset);
      offset += part(matrix).length;
    }
    return to;
  };
  const floats = (length: number): FloatArray => (dtype === 'float64' ? new Float64Array(length) : new Float32Array(length));
  return {
    geometry: Int32Array.of(batch, ...axes.map(({ columns }) => columns), channels, ...axes.map(rowsOf)),
    starts,
    cells: joined(new Int32Array(taps), ({ cells }) => cells),
    weights: joined(floats(taps), ({ weights }) => weights),
    divisors: joined(floats(at), ({ divisors }) => divisors),
  };
}

/** @internal As `resample`, unrecorded. */
export function applyMatrices(matrices: readonly AxisMatrix[], x: Tensor): Tensor {
  const [batch, channels] = [x.shape[0] as number, x.shape[x.rank - 1] as number];
  const { geometry, starts, cells, weights, divisors } = planOf(matrices, batch, channels, x.dtype);
  const y = new Tensor([batch, ...matrices.map(rowsOf), channels], x.dtype);
  backendFor(x.dtype).resample(x.floats, y.floats, geometry, starts, cells, weights, divisors);
  return y;
}

/** @internal x [batch, ...spatial, channels] with a matrix applied to each of its 1 to 3 spatial axes. */
export function resample(op: string, x: Tensor, matrices: readonly AxisMatrix[]): Tensor {
  return record(op, applyMatrices(matrices, x), [x], (dy) => [applyMatrices(matrices.map(transposed), dy)]);
}
