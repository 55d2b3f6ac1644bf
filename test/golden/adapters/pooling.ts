import { avgPool, maxPool, type PoolOptions } from '../../../src/ops/index.js';
import { type LayerAdapter, layerGroup } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';
import { images } from './convolution.js';

const listOf = (value: number | readonly number[], spatial: number): number[] =>
  typeof value === 'number' ? new Array<number>(spatial).fill(value) : [...value];

/** PyTorch's window; in ceil mode with as much behind as its last window needs, unless that would start beyond the input. */
function windowOf(
  o: Options,
  input: readonly number[],
  ceil: boolean,
): PoolOptions & { padding: [number, number][]; size: number[] } {
  const spatial = input.length;
  const size = listOf(o.numbers('kernel_size'), spatial);
  const stride = listOf(o.numbers('stride', size), spatial);
  const padding = listOf(o.numbers('padding', 0), spatial);
  const dilation = listOf(o.numbers('dilation', 1), spatial);
  const pairs = input.map((n, i): [number, number] => {
    const [k, s, p, d] = [size[i], stride[i], padding[i], dilation[i]] as [number, number, number, number];
    const extent = d * (k - 1) + 1;
    const room = n + 2 * p - extent;
    let count = (ceil ? Math.ceil(room / s) : Math.floor(room / s)) + 1;
    if (ceil && (count - 1) * s >= n + p) count--;
    return [p, Math.max(p, (count - 1) * s + extent - n - p)];
  });
  return { size, stride, dilation, padding: pairs };
}

function maxPoolOf(spatial: number): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    if (o.boolean('return_indices', false)) throw new Error('no maximum pooling here that returns indices');
    const x = one.input('x');
    const window = windowOf(o, x.shape.slice(-spatial), o.boolean('ceil_mode', false));
    const forward = () => {
      const { last, back } = images(x, spatial);
      return { y: back(maxPool(last, window)) };
    };
    return { forward, leaves: { 'input/x': x } };
  };
}

function avgPoolOf(spatial: number): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    const x = one.input('x');
    const ceil = o.boolean('ceil_mode', false);
    const countPad = o.boolean('count_include_pad', true);
    if (o.has('divisor_override')) throw new Error('no average pooling here with divisor_override');
    if (ceil && countPad) throw new Error('no average pooling here with ceil_mode and count_include_pad');
    const { size, stride, padding } = windowOf(o, x.shape.slice(-spatial), ceil);
    const forward = () => {
      const { last, back } = images(x, spatial);
      return { y: back(avgPool(last, { size, stride, padding, countPad })) };
    };
    return { forward, leaves: { 'input/x': x } };
  };
}

export const pooling = layerGroup('pooling', {
  MaxPool1d: maxPoolOf(1),
  MaxPool2d: maxPoolOf(2),
  MaxPool3d: maxPoolOf(3),
  AvgPool1d: avgPoolOf(1),
  AvgPool2d: avgPoolOf(2),
  AvgPool3d: avgPoolOf(3),
});
