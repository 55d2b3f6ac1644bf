/** Geometries for convolution and pooling: hand-picked ones and random ones. */
import { convGeometryFields, poolGeometryFields } from '../../../src/backend/backend.js';
import type { Random } from '../../support/random.js';

/** Sizes are [depth, height, width]. */
type Triple = readonly [number, number, number];

export interface Spatial {
  readonly batch: number;
  readonly input: Triple;
  readonly kernel: Triple;
  readonly stride: Triple;
  readonly pad: Triple;
  readonly dilation: Triple;
  /** Zeros behind the input, where that is not `pad`. */
  readonly padBehind?: Triple;
}

export interface Conv extends Spatial {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

const ones: Triple = [1, 1, 1];
const none: Triple = [0, 0, 0];

/** A square two-dimensional geometry with plain defaults, for the hand-picked lists. */
export function plane(batch: number, size: number, kernel: number, rest: Partial<Spatial> = {}): Spatial {
  return { batch, input: [1, size, size], kernel: [1, kernel, kernel], stride: ones, pad: none, dilation: ones, ...rest };
}

export function outputOf({ input, kernel, stride, pad, padBehind = pad, dilation }: Spatial): Triple {
  const size = (axis: 0 | 1 | 2) =>
    Math.floor((input[axis] + pad[axis] + padBehind[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return [size(0), size(1), size(2)];
}

/** The numbers by the names of the geometry arrays. */
function fieldsOf(spatial: Spatial): Record<string, number> {
  const named = (name: string, [d, h, w]: Triple) => ({ [`${name}D`]: d, [`${name}H`]: h, [`${name}W`]: w });
  return {
    batch: spatial.batch,
    ...named('in', spatial.input),
    ...named('out', outputOf(spatial)),
    ...named('kernel', spatial.kernel),
    ...named('stride', spatial.stride),
    ...named('pad', spatial.pad),
    ...named('dilation', spatial.dilation),
  };
}

const listed = (fields: readonly string[], values: Record<string, number>) => Int32Array.from(fields, (field) => values[field]);

export function convGeometry(conv: Conv): Int32Array {
  const { inChannels, outChannels, groups } = conv;
  return listed(convGeometryFields, { ...fieldsOf(conv), inChannels, outChannels, groups });
}

export function poolGeometry(spatial: Spatial, channels: number): Int32Array {
  return listed(poolGeometryFields, { ...fieldsOf(spatial), channels });
}

export const volume = ([d, h, w]: Triple) => d * h * w;

export function describe(spatial: Spatial): string {
  const { batch, input, kernel, stride, pad, padBehind, dilation } = spatial;
  const behind = padBehind === undefined ? '' : ` padBehind=${padBehind}`;
  return `batch=${batch} in=${input} kernel=${kernel} stride=${stride} pad=${pad}${behind} dilation=${dilation}`;
}

/**
 * One to three dimensions, stride, dilation and padding at random, the padding before and behind independently. At most
 * `padLimit(window)` zeros on a side, with the extent of the dilated window.
 */
export function randomSpatial(random: Random, padLimit: (kernel: number, dilation: number) => number): Spatial {
  const dimensions = random.pick([1, 2, 2, 2, 3]);
  const axis = (index: number) => {
    if (index < 3 - dimensions) return { input: 1, kernel: 1, stride: 1, pad: 0, behind: 0, dilation: 1 };
    const kernel = random.integer(1, dimensions === 3 ? 3 : 5);
    const dilation = random.pick([1, 1, 1, 2, 3]);
    const limit = padLimit(kernel, dilation);
    const [pad, behind] = [random.integer(0, limit), random.integer(0, limit)];
    const least = Math.max(1, dilation * (kernel - 1) + 1 - pad - behind);
    return {
      input: least + random.integer(0, dimensions === 3 ? 4 : 12),
      kernel,
      stride: random.integer(1, 3),
      pad,
      behind,
      dilation,
    };
  };
  const axes = [axis(0), axis(1), axis(2)] as const;
  const triple = (name: keyof (typeof axes)[0]): Triple => [axes[0][name], axes[1][name], axes[2][name]];
  return {
    batch: random.integer(1, 3),
    input: triple('input'),
    kernel: triple('kernel'),
    stride: triple('stride'),
    pad: triple('pad'),
    padBehind: triple('behind'),
    dilation: triple('dilation'),
  };
}
