import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import * as initializers from '../../src/initializers/index.js';
import {
  activation,
  add,
  avgPool2d,
  type Context,
  concatenate,
  conv2d,
  dense,
  dropout,
  flatten,
  graph,
  input,
  Layer,
  maxPool2d,
  sequential,
} from '../../src/layers/index.js';
import { mean, square } from '../../src/ops/index.js';
import { ones, tensor, zeros } from '../../src/tensor/create.js';
import type { Parameter } from '../../src/tensor/parameter.js';
import { setSeed } from '../../src/tensor/random.js';
import type { Shape } from '../../src/tensor/shape.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

function messageOf(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('dense', () => {
  it('computes activation(x weight + bias)', () => {
    const layer = dense({ units: 2, activation: 'relu' }).build([3]);
    layer.loadStateDict({
      weight: tensor([
        [1, 2],
        [3, 4],
        [5, -6],
      ]),
      bias: tensor([0.5, -0.5]),
    });
    expect(layer.call(tensor([[1, 1, 1]])).toArray()).toEqual([[9.5, 0]]);
    expect(
      layer
        .call(
          tensor([
            [
              [1, 0, 0],
              [0, 1, 0],
            ],
          ]),
        )
        .toArray(),
    ).toEqual([
      [
        [1.5, 1.5],
        [3.5, 3.5],
      ],
    ]);
  });

  it('applies what no kernel fuses afterwards, and does without bias', () => {
    const layer = dense({ units: 2, activation: 'softmax', bias: false, weightInitializer: 'zeros' });
    expect(layer.call(ones([1, 4])).toArray()).toEqual([[0.5, 0.5]]);
    expect([...layer.namedParameters().keys()]).toEqual(['weight']);
  });

  it('refuses what it cannot be', () => {
    expect(() => dense({ units: 0 })).toThrow(ArgumentError);
    expect(() => dense({ units: 2, activation: 'swirl' as 'relu' })).toThrow(/activation, one of linear, relu/);
    expect(() => dense({ units: 2, unit: 3 } as never)).toThrow(/received 'unit'/);
    expect(() => dense(undefined as never)).toThrow(ArgumentError);
    expect(() => dense({ units: 2, weightInitializer: 'constructor' })).toThrow(ArgumentError);
  });
});

describe('a sequential model', () => {
  const model = () =>
    sequential([
      conv2d({ filters: 4, kernelSize: [3, 2], padding: 'same', activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      sequential([flatten(), dense({ units: 5, name: 'head' })], { name: 'top' }),
    ]);

  it('infers sizes at the first call, names parameters by path and seeds them by seed and path', () => {
    setSeed(3);
    const net = model();
    expect(() => net.parameters()).toThrow(/expected a layer that has been built/);
    expect(net.call(zeros([2, 6, 6, 3])).shape).toEqual([2, 5]);
    expect([...net.namedParameters()].map(([path, { shape }]) => [path, shape])).toEqual([
      ['0.weight', [3, 2, 3, 4]],
      ['0.bias', [4]],
      ['top.head.weight', [36, 5]],
      ['top.head.bias', [5]],
    ]);
    const again = model().build([6, 6, 3]);
    expect(again.parameters().map((p) => p.toArray())).toEqual(net.parameters().map((p) => p.toArray()));
    setSeed(4);
    expect(model().build([6, 6, 3]).parameters()[0].toArray()).not.toEqual(net.parameters()[0].toArray());
    setSeed(0);
    expect(net.parameters()[0].toArray()).not.toEqual(net.parameters()[2].toArray());
  });

  it('names the layer that a wrong input reaches', () => {
    const net = model().build([6, 6, 3]);
    expect(messageOf(() => net.call(zeros([1, 6, 6, 2])))).toBe(
      '[0 Conv2d] expected images [height, width, 3] (without the batch axis), received [6, 6, 2]',
    );
    expect(messageOf(() => net.call(zeros([1, 9, 9, 3])))).toBe(
      '[top.head Dense] expected input of shape [..., 36] (without the batch axis), received [64]',
    );
    expect(messageOf(() => net.call(zeros([1, 6, 6, 3], { dtype: 'float64' })))).toMatch(
      /^\[0 Conv2d: conv\] expected operands of one type/,
    );
    expect(() => net.call(zeros([]))).toThrow(ShapeError);
    expect(() => net.call([zeros([1, 6, 6, 3])] as never)).toThrow(/expected one tensor, received a list/);
    expect(() => net.call(3 as never)).toThrow(ArgumentError);
    expect(() => net.build([5] as Shape)).toThrow(ShapeError);
  });

  it('refuses to be empty, to hold a layer twice, or what is no layer', () => {
    const layer = flatten();
    expect(() => sequential([])).toThrow(ArgumentError);
    expect(() => sequential([layer, layer])).toThrow(/distinct layers/);
    expect(() => sequential([{} as never])).toThrow(ArgumentError);
    expect(() => sequential([flatten({ name: 'a' }), flatten({ name: 'a' })])).toThrow(/distinct names/);
    expect(() => flatten({ name: 'a.b' })).toThrow(/expected a name/);
  });

  it('accepts images of another size where its layers do', () => {
    const net = sequential([
      conv2d({ filters: 2, kernelSize: 3, groups: 2, dilation: 2, stride: [1, 2] }),
      avgPool2d({ poolSize: 2 }),
    ]);
    expect(net.call(zeros([1, 9, 9, 4])).shape).toEqual([1, 2, 1, 2]);
    expect(net.call(zeros([1, 12, 13, 4])).shape).toEqual([1, 4, 2, 2]);
  });

  it('sums up layers, shapes, parameters, bytes and operations', () => {
    const text = model().build([6, 6, 3]).summary();
    expect(text).toMatch(/0 Conv2d +\[6, 6, 4\] +76 +304 +5,184/);
    expect(text).toMatch(/ {4}head Dense +\[5\] +185 +740 +360/);
    expect(text).toMatch(/261 parameters \(261 trainable\), 1,044 bytes/);
  });

  it('leaves nothing behind but the result of predict', () => {
    const net = model().build([6, 6, 3]);
    const x = zeros([2, 6, 6, 3]);
    const before = memory().tensors;
    const y = net.predict(x);
    expect(memory().tensors).toBe(before + 1);
    y.dispose();
  });
});

describe('modes', () => {
  it('reach the layers inside by the call', () => {
    const net = sequential([sequential([dropout({ rate: 0.5 })]), flatten()], { seed: 1 });
    const x = ones([1, 1000]);
    expect(net.training).toBe(false);
    expect(net.call(x).toArray()).toEqual(x.toArray());
    net.train();
    const values = [...net.call(x).data()];
    expect(new Set(values)).toEqual(new Set([0, 2]));
    expect(values.filter((v) => v === 0).length).toBeGreaterThan(400);
    expect([...net.call(x).data()]).not.toEqual(values);
    expect(net.predict(x).toArray()).toEqual(x.toArray());
    net.eval();
    expect(net.call(x).toArray()).toEqual(x.toArray());
  });

  it('draw the same masks from the same seed and path', () => {
    const run = (seed: number) => [
      ...sequential([dropout({ rate: 0.3 })], { seed })
        .train()
        .call(ones([1, 50]))
        .data(),
    ];
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});

describe('a graph', () => {
  it('has several inputs and outputs, skip connections and shared layers', () => {
    const [a, b] = [input([4]), input([4])];
    const shared = dense({ units: 4, activation: 'tanh', name: 'shared' });
    const sum = add().apply([a, shared.apply(a), shared.apply(b)]);
    const joined = concatenate().apply([sum, b]);
    const net = graph({ inputs: [a, b], outputs: [sum, dense({ units: 2, name: 'out' }).apply(joined)], seed: 5 });
    expect([...net.namedParameters().keys()]).toEqual(['shared.weight', 'shared.bias', 'out.weight', 'out.bias']);
    const [x, y] = [tensor([[1, 2, 3, 4]]), tensor([[4, 3, 2, 1]])];
    const [first, second] = net.call([x, y]);
    const byHand = shared.call(x).add(x).add(shared.call(y));
    [...first.data()].forEach((v, i) => {
      expect(v).toBeCloseTo(byHand.data()[i], 5);
    });
    expect(second.shape).toEqual([1, 2]);
    expect(net.summary()).toMatch(/38 parameters/);
    expect(net.flops([[4], [4]])).toBe(2 * 2 * 16 + 2 * 8 * 2);
  });

  it('gives gradients to shared parameters from all their uses', () => {
    const x = input([1]);
    const layer = dense({ units: 1, bias: false, weightInitializer: 'ones' });
    const net = graph({ inputs: x, outputs: layer.apply(layer.apply(x)) });
    const { grads } = valueAndGrad(() => mean(net.call(tensor([[3]]))), net.parameters())();
    expect(grads.map((g) => g.item())).toEqual([6]);
  });

  it('goes into other models', () => {
    const x = input([3]);
    const block = graph({ inputs: x, outputs: add().apply([x, dense({ units: 3 }).apply(x)]), name: 'block' });
    const net = sequential([block, dense({ units: 1 })]);
    expect(net.call(ones([2, 3])).shape).toEqual([2, 1]);
    expect([...net.namedParameters().keys()]).toEqual(['block.0.weight', 'block.0.bias', '1.weight', '1.bias']);
  });

  it('refuses what does not connect', () => {
    const [a, b] = [input([4]), input([3])];
    expect(() => graph({ inputs: a, outputs: flatten().apply(b) })).toThrow(/depend on the given inputs alone/);
    expect(() => graph({ inputs: [a, b], outputs: flatten().apply(a) })).toThrow(/received none for input 1/);
    expect(() => graph({ inputs: 3 as never, outputs: a })).toThrow(ArgumentError);
    expect(() => add().apply([a, b])).toThrow(/inputs of one shape .* \[4\] and \[3\]/);
    expect(() => add().apply([])).toThrow(ArgumentError);
    expect(() => concatenate({ axis: 2 }).apply([a, a])).toThrow(ArgumentError);
    const net = graph({ inputs: [a, a].slice(0, 1), outputs: flatten().apply(a) });
    expect(() => net.call(ones([1, 4]) as never)).toThrow(/expected a list of tensors/);
    expect(() => net.call([ones([1, 4]), ones([1, 4])])).toThrow(ShapeError);
    const pair = graph({ inputs: [a, b], outputs: concatenate().apply([a, b]) });
    expect(() => pair.call([ones([1, 4]), ones([2, 3])])).toThrow(/one batch size, received sizes 1, 2/);
    const shared = dense({ units: 2 });
    expect(() =>
      graph({ inputs: [a, b], outputs: concatenate().apply([shared.apply(a), shared.apply(b)]) }).parameters(),
    ).toThrow(/expected input of shape \[..., 4\]/);
  });

  it('may be deep', () => {
    const x = input([2]);
    let y = x;
    for (let i = 0; i < 5000; i++) y = activation('tanh').apply(y);
    expect(graph({ inputs: x, outputs: y }).predict(ones([1, 2])).shape).toEqual([1, 2]);
  });
});

describe("layers of one's own", () => {
  class Scale extends Layer {
    weight: Parameter | null = null;
    protected override setup(inputShape: Shape): void {
      this.weight = this.addParameter('weight', inputShape, initializers.constant({ value: 2 }));
      this.addBuffer('calls', [1], 7);
    }
    protected override forward(x: Tensor): Tensor {
      return x.mul(this.weight as Tensor);
    }
  }

  class Residual extends Layer {
    private readonly inner = this.addLayer('inner', dense({ units: 3 }));
    protected override forward(x: Tensor, context: Context): Tensor {
      return x.add(this.inner.call(x, context));
    }
  }

  it('create parameters and buffers by name', () => {
    const net = sequential([new Scale(), new Residual()]);
    expect(net.build([3]).predict(ones([1, 3])).shape).toEqual([1, 3]);
    expect([...net.stateDict().keys()]).toEqual(['0.weight', '0.calls', '1.inner.weight', '1.inner.bias']);
    expect([...net.namedParameters().keys()]).not.toContain('0.calls');
    expect(net.stateDict().get('0.calls')?.toArray()).toEqual([7]);
  });

  it('are told where their shapes are not what they say', () => {
    class Liar extends Layer {
      protected override forward(x: Tensor): Tensor {
        return x.sum(1);
      }
    }
    expect(() => new Liar().call(ones([2, 3]))).toThrow(
      /expected forward to give the shape that outputShape tells, \[3\], received \[\]/,
    );
  });

  it('that fail to build leave no parameters', () => {
    class Failing extends Layer {
      protected override setup(): void {
        this.addParameter('a', [1], initializers.zeros());
        this.addParameter('a', [1], initializers.zeros());
      }
      protected override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const layer = new Failing();
    expect(() => layer.call(ones([1, 1]))).toThrow(/'a' twice/);
    expect(layer.inputShape).toBeNull();
    expect(layer.ownParameters.size).toBe(0);
  });
});

describe('loadStateDict', () => {
  it('takes all or nothing', () => {
    const net = sequential([dense({ units: 1 })], { inputShape: [2] });
    const before = net.parameters().map((p) => p.toArray());
    expect(() => net.loadStateDict({ '0.weight': zeros([2, 1]) })).toThrow(/received none for 0.bias and unknown nothing/);
    expect(() => net.loadStateDict({ '0.weight': zeros([2, 1]), '0.bias': zeros([2]) })).toThrow(
      /0.bias of shape \[1\], received \[2\]/,
    );
    expect(() => net.loadStateDict(null as never)).toThrow(ArgumentError);
    expect(net.parameters().map((p) => p.toArray())).toEqual(before);
  });
});

describe('gradients through layers', () => {
  it('reach every parameter in float64', () => {
    const net = sequential(
      [conv2d({ filters: 2, kernelSize: 2, activation: 'tanh' }), maxPool2d(), flatten(), dense({ units: 3 })],
      {
        inputShape: [5, 5, 1],
        dtype: 'float64',
      },
    );
    const x = tensor(
      Float64Array.from({ length: 50 }, (_, i) => Math.sin(i)),
      { shape: [2, 5, 5, 1] },
    );
    const loss = () => mean(square(net.call(x)));
    const { grads } = valueAndGrad(loss, net.parameters())();
    net.parameters().forEach((parameter, which) => {
      const values = parameter.data();
      const probe = (delta: number): number => {
        const moved = values.slice();
        moved[0] += delta;
        parameter.assign(moved);
        return loss().item();
      };
      const numeric = (probe(1e-6) - probe(-1e-6)) / 2e-6;
      parameter.assign(values);
      expect(grads[which].data()[0]).toBeCloseTo(numeric, 7);
    });
  });
});
