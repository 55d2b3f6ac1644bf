import * as ops from '../../../src/ops/index.js';
import { tensor } from '../../../src/tensor/create.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { OpCase } from '../ops.js';

const signed = (shape: number[]) => ({ shape, low: -2, high: 2 });
const positive = (shape: number[]) => ({ shape, low: 0.3, high: 2 });

function of(op: OpCase['op'], label: string, shape: number[], call: (x: Tensor) => Tensor, domain = signed): OpCase {
  return { op, label, inputs: [domain(shape)], call: (x) => call(x as Tensor) };
}

const max = (label: string, shape: number[], options: ops.PoolOptions) =>
  of('maxPool', label, shape, (x) => ops.maxPool(x, options));
const avg = (label: string, shape: number[], options: ops.AvgPoolOptions) =>
  of('avgPool', label, shape, (x) => ops.avgPool(x, options));
const lp = (label: string, shape: number[], options: ops.LpPoolOptions, domain = signed) =>
  of('lpPool', label, shape, (x) => ops.lpPool(x, options), domain);
const up = (label: string, shape: number[], options: ops.UpsampleOptions) =>
  of('upsample', label, shape, (x) => ops.upsample(x, options));

export const poolCases: readonly OpCase[] = [
  max('2D', [2, 5, 6, 2], { size: 2 }),
  max('1D, overlapping, padded, dilated', [1, 7, 2], { size: 3, stride: 2, padding: 1, dilation: 2 }),
  max('3D', [1, 4, 4, 4, 1], { size: 2 }),
  max('ceil mode', [1, 6, 5, 2], { size: [3, 2], stride: [2, 3], ceilMode: true }),
  of(
    'maxPoolWithIndices',
    'same',
    [1, 5, 4, 2],
    (x) => ops.maxPoolWithIndices(x, { size: 3, stride: 2, padding: 'same' }).values,
  ),
  of('adaptiveMaxPool', '2D', [1, 5, 7, 2], (x) => ops.adaptiveMaxPool(x, [2, 3])),
  of('adaptiveMaxPoolWithIndices', '1D', [2, 7, 2], (x) => ops.adaptiveMaxPoolWithIndices(x, 3).values),
  of('maxUnpool', '2D', [1, 2, 2, 2], (x) =>
    ops.maxUnpool(x, tensor(Int32Array.of(0, 1, 3, 2, 8, 8, 6, 11)).reshape([1, 2, 2, 2]), { size: 2, outputSize: [3, 4] }),
  ),
  of('maxUnpool', 'of its own pooling', [2, 6, 3], (x) => {
    const { values, indices } = ops.maxPoolWithIndices(x, { size: 2 });
    return ops.maxUnpool(values, indices, { size: 2 });
  }),
  avg('2D', [2, 5, 6, 2], { size: 2 }),
  avg('same', [1, 5, 5, 2], { size: 3, stride: 2, padding: 'same' }),
  avg('padding not counted', [1, 5, 2], { size: 3, stride: 1, padding: 1, countPad: false }),
  avg('ceil mode', [1, 6, 5, 2], { size: [3, 2], stride: [2, 3], padding: [1, 0], ceilMode: true }),
  avg('3D, dilated', [1, 5, 4, 3, 2], { size: 2, stride: 1, dilation: [2, 1, 2] }),
  avg('divisor', [1, 5, 5, 2], { size: 3, stride: 2, divisor: 5 }),
  of('adaptiveAvgPool', '2D', [2, 5, 7, 2], (x) => ops.adaptiveAvgPool(x, [2, null])),
  of('adaptiveAvgPool', 'global', [2, 3, 4, 2], (x) => ops.adaptiveAvgPool(x, 1)),
  lp('L2', [2, 5, 6, 2], { size: 2 }),
  lp('ceil mode', [1, 5, 2], { size: 2, ceilMode: true }),
  lp('ceil mode, not rescaled', [1, 5, 2], { size: 2, ceilMode: true, rescale: false }),
  lp('sum', [1, 4, 4, 4, 1], { size: 2, norm: 1 }),
  lp('cubes', [1, 6, 2], { size: 3, stride: 1, norm: 3 }, positive),
  lp('root, padded', [1, 6, 2], { size: 3, stride: 2, padding: 1, norm: 1.5, absolute: true }),
  lp('greatest', [1, 6, 2], { size: 2, norm: Infinity }),
  lp('smallest', [1, 6, 2], { size: 2, norm: -Infinity }),
  ...(['nearest', 'nearestExact', 'linear', 'cubic', 'area'] as const).flatMap((interpolation) => [
    up(`${interpolation}, up`, [1, 3, 4, 2], { scale: [2, 1.6], interpolation }),
    up(`${interpolation}, down`, [1, 7, 2], { size: 4, interpolation }),
  ]),
  up('linear, 3D, corners', [1, 2, 3, 2, 2], { size: [3, 5, 1], interpolation: 'linear', alignCorners: true }),
  of('pixelShuffle', '2D', [1, 2, 3, 8], (x) => ops.pixelShuffle(x, 2)),
  of('pixelUnshuffle', '1D', [2, 6, 2], (x) => ops.pixelUnshuffle(x, 3)),
];
