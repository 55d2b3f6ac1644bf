import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, FormatError, MissingError } from '../../src/errors.js';
import * as initializers from '../../src/initializers/index.js';
import { load, save } from '../../src/io/model.js';
import { type ArrayEntry, readSafetensors, writeSafetensors } from '../../src/io/safetensors.js';
import {
  add,
  avgPool2d,
  concatenate,
  conv2d,
  dense,
  dropout,
  flatten,
  graph,
  input,
  Layer,
  type LayerOptions,
  maxPool2d,
  sequential,
} from '../../src/layers/index.js';
import { meanSquaredError } from '../../src/losses/index.js';
import { adam, sgd } from '../../src/optimizers/index.js';
import { ones } from '../../src/tensor/create.js';
import type { Parameter } from '../../src/tensor/parameter.js';
import { randomNormal } from '../../src/tensor/random.js';
import type { Shape } from '../../src/tensor/shape.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Trainer } from '../../src/trainer/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-model-'));
});
afterAll(() => rm(folder, { recursive: true }));

class Scale extends Layer {
  private weight: Parameter | null = null;
  private readonly start: number;
  constructor(options: LayerOptions & { start: number }) {
    super(options);
    this.start = options.start;
  }
  protected override setup(inputShape: Shape): void {
    this.weight = this.addParameter('weight', inputShape, initializers.constant({ value: this.start }));
    this.addBuffer('seen', [2], 3);
  }
  protected override forward(x: Tensor): Tensor {
    return x.mul(this.weight as Tensor);
  }
  override config(): Record<string, unknown> {
    return { start: this.start };
  }
}

const convolutional = () =>
  sequential(
    [
      conv2d({
        filters: 4,
        kernelSize: 3,
        padding: [
          [1, 0],
          [0, 1],
        ],
        dilation: 1,
        activation: 'relu',
        weightInitializer: 'heNormal',
      }),
      maxPool2d({ poolSize: 2, stride: 1 }),
      avgPool2d({ poolSize: 2, padding: 'same', countPad: false }),
      sequential([flatten(), dropout({ rate: 0.25 }), dense({ units: 3, activation: 'softmax', bias: false })], { name: 'head' }),
    ],
    { inputShape: [8, 8, 2], seed: 9 },
  );

describe('save and load', () => {
  it('bring a model back, bit by bit and for further training', async () => {
    const file = join(folder, 'conv.safetensors');
    const model = convolutional();
    const x = randomNormal([3, 8, 8, 2], { seed: 1 });
    await save(model, file, { metadata: { note: 'hello' } });
    const back = await load(file);
    expect(back.predict(x).toArray()).toEqual(model.predict(x).toArray());
    expect([...back.stateDict().keys()]).toEqual([...model.stateDict().keys()]);
    expect(back.summary()).toBe(model.summary());
    expect(back.train().call(x).toArray()).toEqual(model.train().call(x).toArray());
    expect((await readSafetensors(file)).metadata.get('note')).toBe('hello');
    await save(back, join(folder, 'again.safetensors'), { metadata: { note: 'hello' } });
    expect(await readFile(join(folder, 'again.safetensors'))).toEqual(await readFile(file));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keep graphs, shared layers, types and own classes', async () => {
    const file = join(folder, 'graph.safetensors');
    const [a, b] = [input([4]), input([4])];
    const shared = dense({ units: 4 });
    const block = sequential([shared, new Scale({ start: 2 })], { name: 'block' });
    const joined = concatenate({ axis: 0 }).apply([shared.apply(a), block.apply(b)]);
    const model = graph({ inputs: [a, b], outputs: [joined, add().apply([a, b])], dtype: 'float64' });
    const inputs = [randomNormal([2, 4], { dtype: 'float64' }), randomNormal([2, 4], { dtype: 'float64' })];
    await save(model, file);
    for (const layers of [{ Scale }, [Scale]]) {
      const back = await load<typeof model>(file, { layers });
      expect(back.predict(inputs).map((y) => y.toArray())).toEqual(model.predict(inputs).map((y) => y.toArray()));
      expect(back.parameters()).toHaveLength(3);
      expect(back.stateDict().get('block.1.seen')?.toArray() ?? [...back.stateDict().keys()]).toEqual([3, 3]);
      expect(back.parameters()[0].dtype).toBe('float64');
    }
    await expect(load(file)).rejects.toThrow(/known class for block.1, received Scale; hand classes of your own/);
  });

  it('carry on a training as if it had not stopped', async () => {
    const data = { x: randomNormal([8, 2], { seed: 1 }), y: randomNormal([8, 1], { seed: 2 }) };
    const make = () => sequential([dense({ units: 3, activation: 'tanh' }), dense({ units: 1 })], { inputShape: [2], seed: 4 });
    const options = { batchSize: 4, shuffle: false };
    const whole = new Trainer({ model: make(), loss: meanSquaredError(), optimizer: adam({ lr: 0.1 }) });
    await whole.fit(data, { ...options, epochs: 4 });
    const first = new Trainer({ model: make(), loss: meanSquaredError(), optimizer: adam({ lr: 0.1 }) });
    await first.fit(data, { ...options, epochs: 2 });
    const file = join(folder, 'checkpoint.safetensors');
    await save(first.model, file, { optimizer: first.optimizer });
    const optimizer = adam({ lr: 0.1 });
    const second = new Trainer({ model: await load(file, { optimizer }), loss: meanSquaredError(), optimizer });
    await second.fit(data, { ...options, epochs: 2 });
    expect(second.model.parameters().map((p) => p.toArray())).toEqual(whole.model.parameters().map((p) => p.toArray()));
    await expect(load(file, { optimizer: sgd() })).rejects.toThrow(FormatError);
    await load(file);
    await save(first.model, file);
    await expect(load(file, { optimizer: adam() })).rejects.toThrow(/state of an optimizer/);
  });

  it('refuse what cannot be described', async () => {
    const file = join(folder, 'never.safetensors');
    class Odd extends Scale {
      override config(): Record<string, unknown> {
        return { start: Number.NaN };
      }
    }
    await expect(save(sequential([new Odd({ start: 1 })], { inputShape: [1] }), file)).rejects.toThrow(/plain JSON/);
    await expect(save(new (class extends Scale {})({ start: 1, inputShape: [1] }), file)).rejects.toThrow(/named classes/);
    await expect(save(sequential([flatten()]), file)).rejects.toThrow(/has been built/);
    await expect(save({} as never, file)).rejects.toThrow(ArgumentError);
    await expect(save(convolutional(), file, { metadata: { 'myelin.model': 'x' } })).rejects.toThrow(ArgumentError);
    await expect(load(file)).rejects.toThrow(MissingError);
    await expect(load(file, { layers: { Odd: Object } as never })).rejects.toThrow(MissingError);
  });
});

describe('a hostile file', () => {
  type Json = Record<string, unknown>;
  interface Contents {
    tensors: Map<string, ArrayEntry>;
    description: Json;
  }

  /** Loads a good file after `spoil` has had its way with it. */
  async function loadSpoiled(spoil: (contents: Contents) => void): Promise<unknown> {
    const file = join(folder, 'spoiled.safetensors');
    await save(sequential([dense({ units: 3 }), flatten()], { inputShape: [2], seed: 1 }), file);
    const { tensors, metadata } = await readSafetensors(file);
    const contents = { tensors, description: JSON.parse(metadata.get('myelin.model') as string) };
    spoil(contents);
    await writeSafetensors(file, contents.tensors, [['myelin.model', JSON.stringify(contents.description)]]);
    return load(file);
  }

  const denseOf = (description: Json): Json => ((description.model as Json).layers as [string, Json][])[0][1];
  const configOf = (description: Json): Json => denseOf(description).config as Json;

  it('is fine while nothing is spoiled', async () => {
    expect(await loadSpoiled(() => {})).toBeInstanceOf(Layer);
  });

  it.each<[string, (contents: Contents) => void]>([
    ['a later version', ({ description }) => (description.version = 2)],
    ['no model', ({ description }) => delete description.model],
    ['an unknown class', ({ description }) => (denseOf(description).type = 'Evil')],
    ['a class that is no layer', ({ description }) => (denseOf(description).type = 'sequential')],
    ['a name from the prototype', ({ description }) => (denseOf(description).type = 'constructor')],
    ['the abstract class', ({ description }) => (denseOf(description).type = 'Layer')],
    ['more units than the file holds', ({ description }) => (configOf(description).units = 2 ** 30)],
    ['units that are no number', ({ description }) => (configOf(description).units = '3')],
    ['an unknown option', ({ description }) => (configOf(description).evil = 1)],
    ['an unknown initialiser', ({ description }) => (configOf(description).weightInitializer = { name: 'toString', config: {} })],
    [
      'an own __proto__',
      ({ description }) => (denseOf(description).config = JSON.parse('{"units":3,"__proto__":{"bias":false}}')),
    ],
    ['another input', ({ description }) => (description.inputShape = [7])],
    ['a huge input', ({ description }) => (description.inputShape = [2 ** 30, 2 ** 30])],
    ['an input of the wrong kind', ({ description }) => (description.inputShape = 'large')],
    ['a missing input', ({ description }) => delete description.inputShape],
    ['no layers', ({ description }) => ((description.model as Json).layers = [])],
    ['layers of the wrong kind', ({ description }) => ((description.model as Json).layers = { 0: denseOf(description) })],
    [
      'two layers of one name',
      ({ description }) => ((description.model as Json).layers as unknown[]).push(['0', denseOf(description)]),
    ],
    [
      'a layer shared with none',
      ({ description }) => ((description.model as Json).layers as unknown[]).push(['2', { shared: '7' }]),
    ],
    ['a missing tensor', ({ tensors }) => tensors.delete('0.bias')],
    ['a tensor too many', ({ tensors }) => tensors.set('1.bias', tensors.get('0.bias') as ArrayEntry)],
    [
      'a tensor of another shape',
      ({ tensors }) => tensors.set('0.bias', { dtype: 'float32', shape: [4], array: new Float32Array(4) }),
    ],
    [
      'a tensor of another type',
      ({ tensors }) => tensors.set('0.bias', { dtype: 'int32', shape: [3], array: new Int32Array(3) }),
    ],
    ['a graph of nothing', ({ description }) => (description.model = { type: 'Graph', config: {}, layers: [] })],
    [
      'a graph with slots to come',
      ({ description }) =>
        (description.model = {
          type: 'Graph',
          config: {
            inputs: [[2]],
            inputList: false,
            steps: [{ layer: '0', from: [5], list: false }],
            outputs: [1],
            outputList: false,
          },
          layers: [['0', denseOf(description)]],
        }),
    ],
    [
      'layers without end',
      ({ description }) => {
        for (let i = 0; i < 1000; i++) description.model = { type: 'Sequential', config: {}, layers: [['0', description.model]] };
      },
    ],
  ])('with %s is refused', async (_name, spoil) => {
    const before = memory().bytes;
    await expect(loadSpoiled(spoil)).rejects.toThrow(FormatError);
    expect(memory().bytes - before).toBeLessThan(10_000);
  });

  it('that is no JSON, no model or no safetensors is refused', async () => {
    const file = join(folder, 'other.safetensors');
    await writeSafetensors(file, [['a', ones([1])]], [['myelin.model', '{']]);
    await expect(load(file)).rejects.toThrow(/expected JSON/);
    await writeSafetensors(file, [['a', ones([1])]]);
    await expect(load(file)).rejects.toThrow(/saved by this library/);
    for (const text of ['null', '[]', '3']) {
      await writeSafetensors(file, [['a', ones([1])]], [['myelin.model', text]]);
      await expect(load(file)).rejects.toThrow(FormatError);
    }
    await writeFile(file, 'hello');
    await expect(load(file)).rejects.toThrow(FormatError);
    await expect(load(3 as never)).rejects.toThrow(ArgumentError);
    await expect(load(file, { optimizer: 3 as never })).rejects.toThrow(ArgumentError);
  });
});
