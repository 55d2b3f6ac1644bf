/**
 * Kernels that image processing knows by name, as tensors [height, width]. They are applied as they stand (cross-correlation, not
 * reversed): to an image by `applyFilter`, as the first values of a convolution by the initialiser `kernel`.
 */
import { ArgumentError, checkOptions, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { tensor } from '../tensor/create.js';
import type { Tensor } from '../tensor/tensor.js';

/** Each pixel against its four neighbours; flat areas stay as they are. */
export function sharpen(): Tensor {
  return tensor([
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ]);
}

/** A weighted mean of a pixel and its eight neighbours: the binomial kernel 1 2 1 in both directions, the smallest Gaussian. */
export function blur(): Tensor {
  return tensor([
    [1 / 16, 2 / 16, 1 / 16],
    [2 / 16, 4 / 16, 2 / 16],
    [1 / 16, 2 / 16, 1 / 16],
  ]);
}

export interface GaussianOptions {
  /** Cells on each side, an odd number; default what reaches three sigma. */
  size?: number;
  /** Standard deviation in cells; default 1. */
  sigma?: number;
}

/** exp(-(x^2 + y^2) / (2 sigma^2)) at the cells around the middle one, made to sum to 1: a blur as wide as wanted. */
export function gaussian(options: GaussianOptions = {}): Tensor {
  checkOptions('gaussian', options);
  const { sigma = 1 } = options;
  if (!(typeof sigma === 'number' && sigma > 0 && sigma < Infinity))
    throw new ArgumentError(`[gaussian] expected a finite sigma > 0, received ${describe(sigma)}`);
  const { size = 2 * Math.ceil(3 * sigma) + 1 } = options;
  checkInteger('gaussian', 'size', size, 1, 4095);
  if (size % 2 === 0) throw new ArgumentError(`[gaussian] expected an odd size, which has a middle, received ${size}`);
  const line = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size >> 1)) ** 2) / (2 * sigma * sigma)));
  const total = line.reduce((sum, v) => sum + v, 0);
  return tensor(line.map((a) => line.map((b) => (a / total) * (b / total))));
}

/** The side of an edge on which it is brighter. */
export type Side = 'top' | 'bottom' | 'left' | 'right';

/** Differences along one axis, smoothed along the other: [row, column] of a cell to its weight. */
const slopes: Readonly<Record<Side, (row: number, column: number) => number>> = {
  top: (row) => 1 - row,
  bottom: (row) => row - 1,
  left: (_, column) => 1 - column,
  right: (_, column) => column - 1,
};

/** Edges that are brighter on one side, by Sobel's operator (Sobel and Feldman 1968): positive there, negative at opposite edges, else 0. */
export function sobel(side: Side): Tensor {
  const slope = typeof side === 'string' && Object.hasOwn(slopes, side) ? slopes[side] : undefined;
  if (slope === undefined) {
    throw new ArgumentError(
      `[sobel] expected a side, one of ${Object.keys(slopes)
        .map((name) => `'${name}'`)
        .join(', ')}, received ${describe(side)}`,
    );
  }
  const across = side === 'top' || side === 'bottom';
  const weight = (i: number): number => (i === 1 ? 2 : 1);
  return tensor([0, 1, 2].map((row) => [0, 1, 2].map((column) => slope(row, column) * weight(across ? column : row))));
}

/** Light from the top left on the image as a relief. */
export function emboss(): Tensor {
  return tensor([
    [-2, -1, 0],
    [-1, 1, 1],
    [0, 1, 2],
  ]);
}

/** The sum of the second differences along both axes: 0 on slopes, non-zero where they change. */
export function laplacian(): Tensor {
  return tensor([
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ]);
}

/** Each pixel against all eight neighbours: outlines are bright, flat areas 0. */
export function outline(): Tensor {
  return tensor([
    [-1, -1, -1],
    [-1, 8, -1],
    [-1, -1, -1],
  ]);
}
