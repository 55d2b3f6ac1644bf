import type { ArgReduceOp, ReduceOp } from '../../../src/backend/backend.js';
import { argReduceOps, reduceOps } from '../../../src/backend/reference/reduce.js';
import type { Kind, Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { equal, largest, same, sumOfProducts, type Tolerance, ulps, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

/** [outer, length, inner] */
type Extent = readonly [number, number, number];

const extents: readonly Extent[] = [
  ...[...sizes, 255, 256, 257, 4095, 4097].map((length): Extent => [1, length, 1]),
  ...sizes.map((length): Extent => [5, length, 1]),
  ...sizes.map((inner): Extent => [1, 19, inner]),
  ...sizes.map((outer): Extent => [outer, 7, 3]),
  [3, 65, 33],
  [2, 1000, 17],
  [1, 40_001, 10],
  [1, 1000, 301],
  [1001, 300, 1],
  [1, 300_007, 1],
  [70, 70, 65],
];

function tolerance(op: ReduceOp, x: Float32Array, length: number): Tolerance {
  switch (op) {
    case 'max':
    case 'min':
      return equal;
    case 'sum':
      return within(sumOfProducts(length, largest(x), 1));
    case 'mean':
      return within(sumOfProducts(length, largest(x), 1) / Math.max(length, 1), 2);
    case 'sumSquares':
      return within(sumOfProducts(length, largest(x), largest(x)));
    case 'prod':
      return ulps(length + 1);
  }
}

function reduceCalls(op: ReduceOp, random: Random): KernelCall[] {
  const call = (kind: Kind, [outer, length, inner]: Extent) => {
    const x = random.floats(outer * length * inner, kind);
    // Factors about 1 keep long products inside the range: what overflows on the way depends on the order.
    if (op === 'prod')
      x.forEach((factor, i) => {
        if (factor !== 0 && Number.isFinite(factor)) x[i] = 1 + factor / 64;
      });
    return callOf(
      'reduce',
      `${kind} [${outer}, ${length}, ${inner}]`,
      [op, x, new Float32Array(outer * inner).fill(7), outer, length, inner],
      [{ argument: 2, tolerance: tolerance(op, x, length) }],
    );
  };
  const wantsOne = op === 'max' || op === 'min';
  return [
    ...extents.filter(([, length]) => length > 0 || !wantsOne).map((extent) => call('ordinary', extent)),
    ...(
      [
        [33, 5, 1],
        [1, 5, 33],
        [9, 40, 7],
        [40, 17, 1],
      ] as const
    ).map((extent) => call('special', extent)),
    call('tied', [5, 33, 17]),
    ...(wantsOne ? [call('hostile', [100, 33, 1]), call('hostile', [3, 33, 65])] : []),
  ];
}

function argReduceCalls(op: ArgReduceOp, random: Random): KernelCall[] {
  const call = (kind: Kind, [outer, length, inner]: Extent) =>
    callOf(
      'argReduce',
      `${kind} [${outer}, ${length}, ${inner}]`,
      [op, random.floats(outer * length * inner, kind), new Int32Array(outer * inner).fill(7), outer, length, inner],
      [{ argument: 2, tolerance: same }],
    );
  return extents
    .filter(([, length]) => length > 0)
    .flatMap((extent) => [call('ordinary', extent), call('tied', extent), call('special', extent)]);
}

export const reduceCases: readonly KernelCase[] = [
  ...(Object.keys(reduceOps) as ReduceOp[]).map(
    (op): KernelCase => ({ kernel: 'reduce', op, calls: (random) => reduceCalls(op, random) }),
  ),
  ...(Object.keys(argReduceOps) as ArgReduceOp[]).map(
    (op): KernelCase => ({ kernel: 'argReduce', op, calls: (random) => argReduceCalls(op, random) }),
  ),
];
