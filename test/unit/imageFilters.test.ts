import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyFilter, imageFilters } from '../../src/data/index.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { kernel } from '../../src/initializers/index.js';
import { load, save } from '../../src/io/index.js';
import { conv1d, conv2d, depthwiseConv2d, sequential } from '../../src/layers/index.js';
import { permute, sum } from '../../src/ops/index.js';
import { arange, full, ones, tensor, zeros } from '../../src/tensor/create.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const { blur, emboss, gaussian, laplacian, outline, sharpen, sobel } = imageFilters;
const flat = full([5, 6], 7);
/** Columns 0 0 0 1 1 1. */
const edge = tensor(Array.from({ length: 5 }, () => [0, 0, 0, 1, 1, 1]));

describe('image filters', () => {
  it.each([
    ['sharpen', sharpen(), 7],
    ['blur', blur(), 7],
    ['gaussian', gaussian({ size: 3, sigma: 2 }), 7],
    ['emboss', emboss(), 7],
    ['laplacian', laplacian(), 0],
    ['outline', outline(), 0],
    ...(['top', 'bottom', 'left', 'right'] as const).map((side) => [`sobel ${side}`, sobel(side), 0] as const),
  ] as const)('%s of a flat image is flat up to the border', (_name, filter, value) => {
    const values = applyFilter(flat, filter).data();
    for (const got of values) expect(got).toBeCloseTo(value, 5);
  });

  it('sobel finds the side where an edge is brighter', () => {
    const row = (filter: Tensor): unknown => applyFilter(edge, filter).slice(2).toArray();
    expect(row(sobel('right'))).toEqual([0, 0, 4, 4, 0, 0]);
    expect(row(sobel('left'))).toEqual([0, 0, -4, -4, 0, 0]);
    expect(row(sobel('top'))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(sobel('bottom').toArray()).toEqual(permute(sobel('right'), [1, 0]).toArray());
    expect(() => sobel('up' as never)).toThrow(/'top', 'bottom', 'left', 'right', received "up"/);
  });

  it('gaussian falls off as its formula says', () => {
    const k = gaussian({ size: 5, sigma: 1.5 });
    const at = (i: number, j: number): number => k.slice(i, j).item();
    expect(sum(k).item()).toBeCloseTo(1, 6);
    expect(at(2, 1) / at(2, 2)).toBeCloseTo(Math.exp(-1 / 4.5), 6);
    expect(at(0, 1) / at(2, 2)).toBeCloseTo(Math.exp(-5 / 4.5), 6);
    expect(gaussian().shape).toEqual([7, 7]);
    expect(gaussian({ sigma: 2.1 }).shape).toEqual([15, 15]);
    expect(() => gaussian({ size: 4 })).toThrow(/an odd size/);
    expect(() => gaussian({ sigma: 0 })).toThrow(ArgumentError);
  });

  it('apply to images of every form, each channel by itself', () => {
    const bytes = tensor(Uint8Array.of(0, 0, 255, 255), { shape: [2, 2] });
    expect(applyFilter(bytes, sharpen()).dtype).toBe('float32');
    const x = arange(2 * 4 * 5 * 3).reshape([2, 4, 5, 3]);
    const all = applyFilter(x, emboss());
    expect(all.shape).toEqual([2, 4, 5, 3]);
    expect(applyFilter(x.at(1), emboss()).toArray()).toEqual(all.at(1).toArray());
    expect(applyFilter(x.slice(1, null, null, 2), emboss()).toArray()).toEqual(all.slice(1, null, null, 2).toArray());
    expect(applyFilter(flat, blur(), { padding: 'valid' }).shape).toEqual([3, 4]);
    expect(applyFilter(flat, sobel('left'), { paddingMode: 'zeros' }).slice(2, 0).item()).toBe(-28);
    expect(() => applyFilter(zeros([3]), blur())).toThrow(ShapeError);
    expect(() => applyFilter(flat, zeros([3]))).toThrow(/an image .* and a kernel/);
  });
});

describe('a convolution that starts from a filter', () => {
  const filters = [sharpen(), sobel('left')];
  const options = { kernelSize: 3, bias: false, padding: 'same', paddingMode: 'replicate' } as const;

  it('computes the filter', () => {
    const layer = conv2d({ ...options, filters: 2, weightInitializer: kernel({ values: filters }) });
    const y = layer.call(edge.reshape([1, 5, 6, 1]));
    filters.forEach((filter, i) => {
      expect(y.slice(0, null, null, i).toArray()).toEqual(applyFilter(edge, filter).toArray());
    });
    const mean = conv2d({ ...options, filters: 1, weightInitializer: kernel({ values: sharpen() }) });
    expect(mean.call(ones([1, 4, 4, 2])).toArray()).toEqual(ones([1, 4, 4, 1]).toArray());
    const each = depthwiseConv2d({ ...options, weightInitializer: kernel({ values: outline() }) });
    expect(each.call(ones([1, 4, 4, 3])).toArray()).toEqual(zeros([1, 4, 4, 3]).toArray());
    const line = conv1d({ filters: 3, kernelSize: 2, weightInitializer: kernel({ values: [1, -1] }) });
    expect(line.call(tensor([[[1], [3]]])).toArray()).toEqual([[[-2, -2, -2]]]);
  });

  it('may be frozen, and comes back from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'myelin-filters-'));
    try {
      const layer = conv2d({ ...options, filters: 2, weightInitializer: kernel({ values: filters }) });
      const model = sequential([layer], { inputShape: [5, 6, 1] });
      model.parameters()[0].trainable = false;
      await save(model, join(folder, 'filters.safetensors'));
      const back = await load(join(folder, 'filters.safetensors'));
      const x = edge.reshape([1, 5, 6, 1]);
      expect(back.call(x).toArray()).toEqual(model.call(x).toArray());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says which kernels fit', () => {
    const build = (values: unknown) => () =>
      conv2d({ ...options, filters: 2, weightInitializer: kernel({ values: values as Tensor }) }).build([5, 5, 1]);
    expect(build(zeros([2, 3]))).toThrow(/values of shape \[3, 3\], or a list of such, received \[2, 3\]/);
    expect(build([])).toThrow(ShapeError);
    expect(build([sharpen(), zeros([3])])).toThrow(ShapeError);
    expect(
      build([
        [1, 2, 3],
        [1, 2],
        [1, 2, 3],
      ]),
    ).toThrow(ShapeError);
    expect(build('sharpen')).toThrow(/tensors or nested arrays of numbers, received "sharpen"/);
    expect(() => kernel(null as never)).toThrow(ArgumentError);
  });
});
