import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { setBackend } from '../../src/backend/select.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import { load, save } from '../../src/io/index.js';
import { channelsLast, fromTorch, toTorch } from '../../src/io/torch.js';
import type { Layer } from '../../src/layers/layer.js';
import { crossEntropy } from '../../src/losses/index.js';
import { alexNet, lenet5, mobileNetV2, type NetworkOptions, resNet18, vgg11 } from '../../src/networks/index.js';
import { tensor } from '../../src/tensor/create.js';
import { Tensor } from '../../src/tensor/tensor.js';

const networks = { lenet5, alexNet, vgg11, resNet18, mobileNetV2 };

/** What test/golden/generate_networks.py wrote. */
interface NetworkCase {
  network: keyof typeof networks;
  batch: number;
  /** [channels, height, width] */
  image: [number, number, number];
  mode: 'train' | 'eval';
  scores: number[][];
  loss: number;
  /** Norms, by PyTorch's names. */
  gradients: Record<string, number>;
}
const cases = JSON.parse(readFileSync(new URL('../golden/networks.json', import.meta.url), 'utf8')) as NetworkCase[];

/** How small those of the cases are. */
const small: Record<keyof typeof networks, NetworkOptions> = {
  lenet5: {},
  alexNet: { width: 1 / 16, classes: 3 },
  vgg11: { width: 1 / 16, classes: 3 },
  resNet18: { width: 1 / 16, classes: 3 },
  mobileNetV2: { width: 0.1, classes: 3 },
};

setBackend('reference');
afterAll(() => setBackend('reference'));

/** offset + scale * u, with u in [-1, 1), as `fill` of the generator. */
function fill(name: string, shape: readonly number[], scale: number, offset = 0): Tensor {
  const values = new Tensor(shape, 'float64');
  let state = crc32(name);
  for (let i = 0; i < values.size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values.array[i] = offset + scale * (state / 2 ** 31 - 1);
  }
  return values;
}

function fillAll(model: Layer): void {
  const state = [...toTorch(model, model.stateDict())].map(([name, { shape, size }]): [string, Tensor] => {
    if (name.endsWith('num_batches_tracked')) return [name, tensor(0, { dtype: 'float64' })];
    if (name.endsWith('running_var')) return [name, fill(name, shape, 0.5, 1)];
    if (shape.length === 1) return [name, fill(name, shape, 0.2, name.endsWith('weight') ? 1 : 0)];
    return [name, fill(name, shape, Math.sqrt(6 / (size / (shape[0] as number))))];
  });
  model.loadStateDict(fromTorch(model, new Map(state)));
}

describe('networks', () => {
  it.each([
    [lenet5, 61_706, {}],
    [lenet5, 61_706, { inputShape: [32, 32, 1] }],
    [alexNet, 61_100_840, {}],
    [vgg11, 132_863_336, {}],
    [resNet18, 11_689_512, {}],
    [mobileNetV2, 3_504_872, {}],
  ])('%o has %i parameters', (network: (options: NetworkOptions) => Layer, count, options) => {
    const model = network(options);
    expect(model.parameters().reduce((sum, { size }) => sum + size, 0)).toBe(count);
    for (const parameter of model.parameters()) parameter.dispose();
  });

  it.each(cases)('$network in PyTorch, mode $mode', ({ network, batch, image, mode, scores, loss, gradients }) => {
    const [channels, height, width] = image;
    const model = networks[network]({ ...small[network], inputShape: [height, width, channels], dtype: 'float64' });
    fillAll(model);
    const x = channelsLast(fill('x', [batch, ...image], 1));
    const labels = tensor(Int32Array.from({ length: batch }, (_, i) => i % (scores[0] as number[]).length));
    // Dropout is off in both modes.
    const context = { training: mode === 'train', dropout: false, carry: true, observe: null };
    const names = [...model.namedParameters().keys()];
    const { value, grads } = valueAndGrad(() => {
      const y = model.call(x, context);
      for (const [i, score] of y.data().entries()) expect(score).toBeCloseTo(scores.flat()[i] as number, 9);
      return crossEntropy()(y, labels);
    }, model.parameters())();
    expect(value.item()).toBeCloseTo(loss, 9);
    const norms = toTorch(model, new Map(grads.map((gradient, i) => [names[i] as string, gradient])));
    expect([...norms.keys()].sort()).toEqual(Object.keys(gradients).sort());
    for (const [name, gradient] of norms) {
      const norm = Math.sqrt([...gradient.array].reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(norm - (gradients[name] as number)), name).toBeLessThan(1e-8 * Math.max(1, norm));
    }
  });

  it('come back from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'myelin-networks-'));
    try {
      for (const network of [resNet18, mobileNetV2]) {
        const model = network({ ...small.resNet18, inputShape: [32, 32, 3], seed: 3 });
        const x = fill('x', [2, 32, 32, 3], 1);
        const images = tensor(Float32Array.from(x.array)).reshape(x.shape);
        const before = model.predict(images).toArray();
        await save(model, join(folder, 'network.safetensors'));
        const again = (await load(join(folder, 'network.safetensors'))) as Layer;
        expect(again.predict(images).toArray()).toEqual(before);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('say what they take', () => {
    expect(() => resNet18({ depth: 3 } as never)).toThrow(ArgumentError);
    expect(() => vgg11({ classes: 0 })).toThrow(ArgumentError);
    expect(() => alexNet({ width: -1 })).toThrow(/finite width > 0, received -1/);
    expect(() => lenet5({ inputShape: [28, 28] })).toThrow(ShapeError);
    expect(() => lenet5({ pooling: 'sum' as never })).toThrow(/pooling 'average' or 'max', received "?sum/);
    expect(lenet5({ activation: 'relu', pooling: 'max' }).layers.get('pool1')?.type).toBe('MaxPool2d');
    expect(() => mobileNetV2(null as never)).toThrow(ArgumentError);
    expect(() => alexNet({ inputShape: [8, 8, 3] }).parameters()).toThrow(ShapeError);
  });
});
