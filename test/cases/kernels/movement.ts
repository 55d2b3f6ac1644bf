import type { AnyArray } from '../../../src/backend/backend.js';
import type { Random } from '../../support/random.js';
import { sizes, threadedLength } from '../../support/sizes.js';
import { same } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

const types = ['f32', 'f64', 'i32', 'u8'] as const;
type Type = (typeof types)[number];

const empty: Readonly<Record<Type, (length: number) => AnyArray>> = {
  f32: (length) => new Float32Array(length),
  f64: (length) => new Float64Array(length),
  i32: (length) => new Int32Array(length),
  u8: (length) => new Uint8Array(length),
};

/** Distinct values as far as the type goes, so that a misplaced element shows. */
function numbered(type: Type, length: number): AnyArray {
  const array = empty[type](length);
  for (let i = 0; i < length; i++) array[i] = i + 1;
  return array;
}

function fillCalls(): KernelCall[] {
  const call = (type: Type, length: number, value: number) =>
    callOf('fill', `${type} n=${length} value=${value}`, [empty[type](length), value], [{ argument: 0, tolerance: same }]);
  return [
    ...types.flatMap((type) => [...sizes, 1000].map((length) => call(type, length, 3))),
    ...[NaN, -0, Infinity, 0.1].map((value) => call('f32', 17, value)),
    call('i32', 17, -(2 ** 31)),
    call('u8', 17, 255),
    call('f32', threadedLength, -1.5),
  ];
}

interface Move {
  readonly label: string;
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly xOffset?: number;
  readonly yOffset?: number;
}

const dense = (shape: readonly number[]) =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

/** x in row-major order, y with its axes permuted. */
function permutation(shape: readonly number[], order: readonly number[]): Move {
  const steps = dense(shape);
  const outShape = order.map((axis) => shape[axis]);
  return { label: `permutation ${order}`, shape: outShape, x: order.map((axis) => steps[axis]), y: dense(outShape) };
}

function moves(): Move[] {
  return [
    ...sizes.map((length): Move => ({ label: 'plain', shape: [length], x: [1], y: [1] })),
    ...sizes.map((length): Move => ({ label: 'reversed', shape: [length], x: [-1], y: [1], xOffset: Math.max(length - 1, 0) })),
    ...sizes.map(
      (length): Move => ({ label: 'reversed to', shape: [length], x: [1], y: [-1], yOffset: Math.max(length - 1, 0) }),
    ),
    ...sizes.flatMap((rows) => sizes.map((cols) => permutation([rows, cols], [1, 0]))),
    permutation([129, 255], [1, 0]),
    permutation([517, 640], [1, 0]),
    permutation([3, 5, 7], [2, 1, 0]),
    permutation([3, 33, 17], [0, 2, 1]),
    permutation([2, 17, 19, 5], [0, 3, 1, 2]),
    permutation([2, 5, 17, 19], [0, 2, 3, 1]),
    permutation([2, 3, 4, 3, 2, 3, 2, 5], [7, 0, 6, 1, 5, 2, 4, 3]),
    { label: 'rank 0', shape: [], x: [], y: [], xOffset: 2, yOffset: 1 },
    { label: 'empty', shape: [3, 0], x: [0, 1], y: [0, 1] },
    { label: 'slice', shape: [5, 17], x: [40, 2], y: [17, 1], xOffset: 43 },
    { label: 'place', shape: [5, 17], x: [17, 1], y: [40, 1], yOffset: 11 },
    { label: 'every third backwards', shape: [4, 9], x: [-30, -3], y: [9, 1], xOffset: 117 },
    { label: 'rotate by 180', shape: [7, 33], x: [-33, -1], y: [33, 1], xOffset: 230 },
    { label: 'repeat a scalar', shape: [65], x: [0], y: [1], xOffset: 1 },
    { label: 'repeat rows', shape: [17, 33], x: [0, 1], y: [33, 1] },
    { label: 'repeat columns', shape: [17, 33], x: [1, 0], y: [33, 1] },
    { label: 'large', shape: [threadedLength], x: [1], y: [1] },
    { label: 'columns of a wide matrix', shape: [1000, 3], x: [300, 1], y: [3, 1], xOffset: 5 },
  ];
}

/** Where the first and the last element of a side lie, relative to its offset. */
function furthest(shape: readonly number[], steps: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return 1 + shape.reduce((sum, size, axis) => sum + Math.max((size - 1) * steps[axis], 0), 0);
}

function copyCalls(): KernelCall[] {
  const call = (type: Type, { label, shape, x, y, xOffset = 0, yOffset = 0 }: Move) =>
    callOf(
      'copy',
      `${type} ${label} [${shape}]`,
      [
        numbered(type, xOffset + furthest(shape, x)),
        empty[type](yOffset + furthest(shape, y)).fill(77),
        new Int32Array([shape.length, ...shape, ...x, ...y]),
        xOffset,
        yOffset,
      ],
      [{ argument: 1, tolerance: same }],
    );
  return types.flatMap((type) => moves().map((move) => call(type, move)));
}

function castCalls(random: Random): KernelCall[] {
  const call = (label: string, x: AnyArray, to: Type) =>
    callOf('cast', `${label} to ${to} n=${x.length}`, [x, empty[to](x.length)], [{ argument: 1, tolerance: same }]);
  const edges = [
    NaN,
    Infinity,
    -Infinity,
    -0,
    0.99,
    -0.99,
    -1,
    254.99,
    255,
    256,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    1e-45,
    3e38,
    1e300,
  ];
  const large = (type: Type) => numbered(type, threadedLength);
  return types.flatMap((to) => [
    ...types.flatMap((from) => sizes.map((length) => call(from, numbered(from, length), to))),
    call('edges f32', Float32Array.from(edges), to),
    call('edges f64', Float64Array.from(edges), to),
    call('edges i32', Int32Array.from([-(2 ** 31), 2 ** 31 - 1, -1, 0, 255, 256, 2 ** 24 + 1]), to),
    call('hostile f32', random.floats(5000, 'hostile'), to),
    call(
      'fractions f64',
      Float64Array.from({ length: 1000 }, () => random.float('ordinary') * 300),
      to,
    ),
    call('large f32', large('f32'), to),
    call('large u8', large('u8'), to),
  ]);
}

export const movementCases: readonly KernelCase[] = [
  { kernel: 'fill', calls: fillCalls },
  { kernel: 'copy', calls: copyCalls },
  { kernel: 'cast', calls: castCalls },
];
