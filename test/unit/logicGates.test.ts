/** The truth tables that one threshold unit can and cannot have (Minsky and Papert 1969), and the network that can. */
import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { activation, dense, sequential } from '../../src/layers/index.js';
import { binaryCrossEntropyWithLogits } from '../../src/losses/index.js';
import { linear, step } from '../../src/ops/index.js';
import { adam } from '../../src/optimizers/index.js';
import { tensor } from '../../src/tensor/create.js';

const inputs = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const gates = { and: [0, 0, 0, 1], nand: [1, 1, 1, 0], or: [0, 1, 1, 1] } as const;
/** Weights and bias of one unit each, as textbooks have them. */
const units = { and: [1, 1, -1.5], nand: [-1, -1, 1.5], or: [1, 1, -0.5] } as const;

function gate(name: keyof typeof units, x = inputs) {
  const [a, b, bias] = units[name];
  return step(linear(x, tensor([[a], [b]]), tensor([bias])));
}

describe('gates of threshold units', () => {
  it.each(Object.entries(gates) as [keyof typeof gates, readonly number[]][])('%s is one unit', (name, table) => {
    expect([...gate(name).data()]).toEqual([...table]);
  });

  it('xor is and of nand and or', () => {
    const hidden = [...gate('nand').data()].map((nand, i) => [nand, gate('or').data()[i]]);
    expect([...gate('and', tensor(hidden)).data()]).toEqual([0, 1, 1, 0]);
  });

  it('no single unit on a grid of weights is xor', () => {
    const grid = Array.from({ length: 21 }, (_, i) => (i - 10) / 5);
    const found = grid.flatMap((a) =>
      grid.flatMap((b) => grid.filter((c) => `${[c, b + c, a + c, a + b + c].map((z) => z >= 0)}` === 'false,true,true,false')),
    );
    expect(found).toEqual([]);
  });

  it.each([...Object.entries(gates), ['xor', [0, 1, 1, 0]] as const])('two layers learn %s', (_name, table) => {
    const model = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1 })], { inputShape: [2], seed: 5 });
    const target = tensor(table.map((value) => [value]));
    const loss = binaryCrossEntropyWithLogits();
    const optimizer = adam({ lr: 0.05 });
    for (let i = 0; i < 300; i++) {
      const { grads } = valueAndGrad(() => loss(model.call(inputs), target), model.parameters())();
      optimizer.step(model.parameters(), grads);
    }
    expect([...activation('step').call(model.predict(inputs)).data()]).toEqual([...table]);
  });
});
