import { channelsFirst, channelsLast, toTorch } from '../../../src/io/torch.js';
import type { Layer } from '../../../src/layers/index.js';
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../../../src/layers/index.js';
import { affine, avgPool, div, pow, reshape, square } from '../../../src/ops/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { images } from '../runner/images.js';
import type { Computation, LayerCase } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

/** x as our layers want it, and the way back. */
type Convert = (x: Tensor) => { last: Tensor; back: (y: Tensor) => Tensor };

const channels: Convert = (x) => ({ last: channelsLast(x), back: channelsFirst });

/** PyTorch normalises the last axes whatever they mean, and so do we; a layer here wants a batch besides. */
const trailing =
  (axes: number): Convert =>
  (x) =>
    x.rank > axes ? { last: x, back: (y) => y } : { last: reshape(x, [1, ...x.shape]), back: (y) => reshape(y, x.shape) };

/** All inputs in order through one layer: in training, but `x_eval` in use. */
function runAll(one: LayerCase, make: () => Layer, convert: Convert): Computation {
  const names = one.inputNames;
  const inputs = new Map(names.map((name) => [name, one.input(name)]));
  const first = convert(inputs.get(names[0] as string) as Tensor).last;
  const layer = one.build(make(), first.shape.slice(1));
  const trains = (name: string): boolean => one.entry.mode !== 'eval' && name !== 'x_eval';
  return {
    layer,
    leaves: Object.fromEntries([...inputs].map(([name, x]) => [`input/${name}`, x])),
    forward: () =>
      Object.fromEntries(
        [...inputs].map(([name, x]) => {
          const { last, back } = convert(x);
          return [name.replace('x', 'y'), back((trains(name) ? layer.train() : layer.eval()).call(last))];
        }),
      ),
    buffersAfter: () => {
      const counted =
        one.entry.buffers.num_batches_tracked === undefined
          ? []
          : [...one.state].filter(([name]) => name === 'num_batches_tracked');
      return Object.fromEntries([...counted, ...toTorch(layer, layer.ownBuffers)]);
    },
  };
}

/** null is a choice of its own there, not the default. */
function momentumOf(o: Options): number | null {
  return o.any('momentum') === null ? null : o.number('momentum', 0.1);
}

/** PyTorch's `bias` leaves the shift out of what is affine. */
function affineOf(o: Options, standard: boolean): { scale: boolean; shift: boolean } {
  const scale = o.boolean('affine', standard);
  return { scale, shift: o.boolean('bias', true) && scale };
}

const batches: LayerAdapter = (one) => {
  const { options: o } = one;
  o.number('num_features');
  const settings = {
    ...affineOf(o, true),
    epsilon: o.number('eps', 1e-5),
    momentum: momentumOf(o),
    trackStatistics: o.boolean('track_running_stats', true),
  };
  return runAll(one, () => batchNorm(settings), channels);
};

function instances(spatial: number): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    o.number('num_features');
    // Without a momentum PyTorch leaves the running statistics of instances as they are.
    const settings = {
      ...affineOf(o, false),
      epsilon: o.number('eps', 1e-5),
      momentum: momentumOf(o) ?? 0,
      trackStatistics: o.boolean('track_running_stats', false),
    };
    return runAll(
      one,
      () => instanceNorm(settings),
      (x) => images(x, spatial),
    );
  };
}

function axesOf(o: Options): number {
  const shape = o.numbers('normalized_shape');
  return typeof shape === 'number' ? 1 : shape.length;
}

/** No layer here, but means over neighbouring channels: seen as [batch, channels, rest], the channels are what a window runs over. */
const responses: LayerAdapter = (one) => {
  const { options: o } = one;
  const [size, alpha, beta, k] = [o.number('size'), o.number('alpha', 1e-4), o.number('beta', 0.75), o.number('k', 1)];
  const x = one.input('x');
  const padding: [number, number] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
  const forward = () => {
    const rows = reshape(x, [...x.shape.slice(0, 2), -1]);
    const means = avgPool(square(rows), { size, stride: 1, padding: [padding] });
    return { y: reshape(div(rows, pow(affine(means, alpha, k), beta)), x.shape) };
  };
  return { forward, leaves: { 'input/x': x } };
};

export const normalisation: Readonly<Record<string, LayerAdapter>> = {
  BatchNorm1d: batches,
  BatchNorm2d: batches,
  BatchNorm3d: batches,
  InstanceNorm1d: instances(1),
  InstanceNorm2d: instances(2),
  InstanceNorm3d: instances(3),
  LayerNorm: (one) => {
    const { options: o } = one;
    const scale = o.boolean('elementwise_affine', true);
    const shift = o.boolean('bias', true) && scale;
    const settings = { axes: axesOf(o), epsilon: o.number('eps', 1e-5) };
    return runAll(one, () => layerNorm({ ...settings, scale, shift }), trailing(settings.axes));
  },
  RMSNorm: (one) => {
    const { options: o } = one;
    const settings = { axes: axesOf(o), scale: o.boolean('elementwise_affine', true), epsilon: o.number('eps', 2 ** -23) };
    return runAll(one, () => rmsNorm(settings), trailing(settings.axes));
  },
  GroupNorm: (one) => {
    const { options: o } = one;
    o.number('num_channels');
    const settings = { ...affineOf(o, true), groups: o.number('num_groups'), epsilon: o.number('eps', 1e-5) };
    return runAll(one, () => groupNorm(settings), channels);
  },
  LocalResponseNorm: responses,
};
