import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { type Shape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type AxisMatrix, type AxisScaling, adaptiveMeans, cubicBetween, linearBetween, nearestCells } from './axisMatrix.js';
import { spatialRank } from './pool.js';
import { resample } from './resample.js';
import { type PerAxis, perAxis } from './window.js';

const interpolations = {
  nearest: (axis: AxisScaling): AxisMatrix => nearestCells(axis, 0),
  nearestExact: (axis: AxisScaling): AxisMatrix => nearestCells(axis, 0.5),
  linear: linearBetween,
  cubic: cubicBetween,
  area: ({ input, output }: AxisScaling): AxisMatrix => adaptiveMeans(input, output),
} as const;

/**
 * How cells in between are filled: `nearest` takes the cell at floor(i * input / output), `nearestExact` the one whose centre is
 * nearest; `linear` is between the 2, 4 or 8 nearest cells (bilinear on images, trilinear on volumes), `cubic` between the 4 nearest
 * of each axis; `area` is the mean of the cells that an output cell covers.
 */
export type Interpolation = keyof typeof interpolations;

/** The sizes that spatial axes get: one of the two. */
export interface UpsampleSize {
  /** Sizes of the spatial axes. */
  size?: PerAxis;
  /** Factors of the spatial axes, one for all or one each; output = floor(input * scale). */
  scale?: number | readonly number[];
}

export interface UpsampleOptions extends UpsampleSize {
  /** Default 'nearest'. */
  interpolation?: Interpolation;
  /** Whether `linear` and `cubic` let the centres of the outer cells fall on each other, rather than their outer sides; default false. */
  alignCorners?: boolean;
}

/** @internal Throws unless it is the name of an interpolation. */
export function checkInterpolation(where: string, interpolation: unknown): asserts interpolation is Interpolation {
  if (typeof interpolation === 'string' && Object.hasOwn(interpolations, interpolation)) return;
  const names = Object.keys(interpolations).join(', ');
  throw new ArgumentError(`[${where}] expected interpolation to be one of ${names}, received ${describe(interpolation)}`);
}

function scalesOf(where: string, scale: unknown, rank: number): number[] {
  const list = typeof scale === 'number' ? new Array<number>(rank).fill(scale) : scale;
  if (Array.isArray(list) && list.length === rank && list.every((n) => typeof n === 'number' && n > 0 && n < 2 ** 31))
    return list;
  throw new ArgumentError(`[${where}] expected scale to be a number above 0 or ${rank} of them, received ${describe(scale)}`);
}

/** @internal Sizes or scales of so many axes, as told by options that it refuses where they are wrong. */
export function targetOf(where: string, options: UpsampleOptions, rank: number): { sizes?: number[]; scales?: number[] } {
  const { size, scale, alignCorners = false } = options;
  if ((size === undefined) === (scale === undefined))
    throw new ArgumentError(`[${where}] expected size or scale, one of them, received ${size === undefined ? 'none' : 'both'}`);
  if (typeof alignCorners !== 'boolean')
    throw new ArgumentError(`[${where}] expected alignCorners to be true or false, received ${describe(alignCorners)}`);
  return size === undefined ? { scales: scalesOf(where, scale, rank) } : { sizes: perAxis(where, 'size', size, rank, 1) };
}

/** @internal How the spatial axes change. */
export function scaledAxes(where: string, spatial: Shape, options: UpsampleOptions): AxisScaling[] {
  const { sizes, scales } = targetOf(where, options, spatial.length);
  return spatial.map((input, i) => {
    const scale = scales?.[i];
    const output = scale === undefined ? (sizes?.[i] as number) : Math.floor(input * scale);
    if (input < 1 || output < 1 || output >= 2 ** 31) {
      throw new ShapeError(
        `[${where}] expected spatial axes of at least 1 before and after, received shape ${shapeText(spatial)} to ${output} on axis ${i}`,
      );
    }
    return { input, output, scale, alignCorners: options.alignCorners ?? false };
  });
}

/** Axes that keep their size, and for nearest cells of images those of twice the size, come out even whatever the scale: as in PyTorch. */
function matrixOf(interpolation: Interpolation, axis: AxisScaling, rank: number): AxisMatrix {
  const same = axis.output === axis.input;
  const twice = axis.output === 2 * axis.input;
  const even = interpolation === 'linear' ? same : interpolation === 'nearest' && rank === 2 && (same || twice);
  return interpolations[interpolation](even ? { ...axis, scale: undefined } : axis);
}

/**
 * x with its spatial axes (1 to 3) at other sizes, larger ones as a rule. Centres of cells lie half a cell from the sides:
 * the output cell i looks at (i + 1/2) * input / output - 1/2.
 *
 * @param x [batch, ...spatial, channels]
 * @returns [batch, ...size, channels]
 */
export function upsample(x: Tensor, options: UpsampleOptions): Tensor {
  spatialRank('upsample', x);
  checkOptions('upsample', options);
  const { interpolation = 'nearest' } = options;
  checkInterpolation('upsample', interpolation);
  const axes = scaledAxes('upsample', x.shape.slice(1, -1), options);
  return resample(
    'upsample',
    x,
    axes.map((axis) => matrixOf(interpolation, axis, axes.length)),
  );
}
