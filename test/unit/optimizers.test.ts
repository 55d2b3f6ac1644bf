import { describe, expect, it } from 'vitest';
import { ArgumentError, FormatError, ShapeError } from '../../src/errors.js';
import { adam, type Optimizer, sgd } from '../../src/optimizers/index.js';
import { tensor } from '../../src/tensor/create.js';
import { Parameter } from '../../src/tensor/parameter.js';

function parameter(values: number[], name = 'p'): Parameter {
  const made = new Parameter(name, [values.length]);
  made.assign(Float32Array.from(values));
  return made;
}

describe('an optimizer', () => {
  it('changes trainable parameters alone', () => {
    const [a, b] = [parameter([1, 2]), parameter([3])];
    b.trainable = false;
    sgd({ lr: 0.5 }).step([a, b], [tensor([2, 4]), tensor([9])]);
    expect([a.toArray(), b.toArray()]).toEqual([[0, 0], [3]]);
  });

  it('has a learning rate that may change between steps', () => {
    const p = parameter([1]);
    const optimizer = sgd({ lr: 1 });
    optimizer.learningRate = 0.25;
    optimizer.step([p], [tensor([1])]);
    expect([optimizer.learningRate, p.item()]).toEqual([0.25, 0.75]);
    expect(() => {
      optimizer.learningRate = Number.NaN;
    }).toThrow(ArgumentError);
  });

  it('refuses gradients that do not fit before it changes anything', () => {
    const [a, b] = [parameter([1]), parameter([1])];
    const optimizer = adam();
    expect(() => optimizer.step([a, b], [tensor([1]), tensor([1, 2])])).toThrow(ShapeError);
    expect(() => optimizer.step([a, b], [tensor([1]), tensor([1], { dtype: 'float64' })])).toThrow(ShapeError);
    expect(() => optimizer.step([a], [])).toThrow(ArgumentError);
    expect(() => optimizer.step([tensor([1]) as never], [tensor([1])])).toThrow(ArgumentError);
    expect(() => optimizer.step(null as never, null as never)).toThrow(ArgumentError);
    expect(a.item()).toBe(1);
  });

  it.each<[string, () => Optimizer]>([
    ['sgd with momentum', () => sgd({ lr: 0.1, momentum: 0.9 })],
    ['adam', () => adam({ lr: 0.1 })],
  ])('%s goes on from its saved state as if it had not stopped', (_name, make) => {
    const gradients = [
      [1, -2],
      [0.5, 3],
      [-1, 1],
      [2, 2],
    ].map((g) => tensor(g));
    const whole = parameter([1, 1]);
    const first = make();
    for (const g of gradients) first.step([whole], [g]);
    const cut = parameter([1, 1]);
    const before = make();
    for (const g of gradients.slice(0, 2)) before.step([cut], [g]);
    const named = new Map([['p', cut]]);
    const after = make();
    after.loadStateDict(named, before.stateDict(named));
    for (const g of gradients.slice(2)) after.step([cut], [g]);
    expect(cut.toArray()).toEqual(whole.toArray());
  });

  it('refuses state of another kind', () => {
    const p = parameter([1, 1]);
    const named = new Map([['p', p]]);
    const saved = adam();
    saved.step([p], [tensor([1, 1])]);
    const state = saved.stateDict(named);
    expect(() => sgd({ momentum: 0.9 }).loadStateDict(named, state)).toThrow(FormatError);
    expect(() => adam().loadStateDict(new Map([['q', p]]), state)).toThrow(FormatError);
    expect(() => adam().loadStateDict(new Map([['p', parameter([1])]]), state)).toThrow(FormatError);
    state.delete('p/v');
    expect(() => adam().loadStateDict(named, state)).toThrow(/p\/v/);
  });

  it('refuses settings out of range', () => {
    expect(() => sgd({ lr: -1 })).toThrow(ArgumentError);
    expect(() => sgd({ nesterov: true })).toThrow(/momentum > 0/);
    expect(() => sgd({ momentum: Number.NaN })).toThrow(ArgumentError);
    expect(() => adam({ beta1: 1 })).toThrow(/from 0 to below 1/);
    expect(() => adam({ learningRate: 1 } as never)).toThrow(/received 'learningRate'/);
    expect(() => adam(null as never)).toThrow(ArgumentError);
  });
});
