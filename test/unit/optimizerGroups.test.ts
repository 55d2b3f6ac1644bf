import { describe, expect, it } from 'vitest';
import { ArgumentError, NonFiniteError } from '../../src/errors.js';
import {
  adagrad,
  adam,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  globalNorm,
  rmsprop,
  sgd,
} from '../../src/optimizers/index.js';
import { tensor } from '../../src/tensor/create.js';
import { parameter } from '../support/parameter.js';

describe('groups of parameters', () => {
  const names = ['0.weight', '0.bias', '1.weight', '10.weight'];
  const stepsOf = (groups: NonNullable<Parameters<typeof sgd>[0]>['groups']): number[] => {
    const parameters = names.map((name) => parameter([0], name));
    sgd({ lr: 1, groups }).step(
      parameters,
      names.map(() => tensor([1])),
    );
    return parameters.map((p) => -p.item());
  };

  it('have settings of their own, by pattern, path, function or list', () => {
    expect(stepsOf([{ parameters: /bias$/, lr: 0.5 }])).toEqual([1, 0.5, 1, 1]);
    expect(stepsOf([{ parameters: /bias$/g, lr: 0.5 }])).toEqual([1, 0.5, 1, 1]);
    expect(stepsOf([{ parameters: '1', lr: 0.5 }])).toEqual([1, 1, 0.5, 1]);
    expect(stepsOf([{ parameters: '1.weight', lr: 0.5 }])).toEqual([1, 1, 0.5, 1]);
    expect(stepsOf([{ parameters: (p) => p.name.startsWith('0'), lr: 2 }])).toEqual([2, 2, 1, 1]);
    expect(stepsOf([{ parameters: ['0.bias', '10'], lr: 2 }])).toEqual([1, 2, 1, 2]);
  });

  it('count in their order, and take the rest of the settings from all', () => {
    const groups = [
      { parameters: /bias/, lr: 0.5 },
      { parameters: '0', lr: 3 },
    ];
    expect(stepsOf(groups)).toEqual([3, 0.5, 1, 1]);
    const p = parameter([2], 'a');
    sgd({ lr: 0.5, weightDecay: 1, groups: [{ parameters: 'a', lr: 0.25 }] }).step([p], [tensor([0])]);
    expect(p.item()).toBe(1.5);
  });

  it('keep their rates in proportion when the learning rate is set', () => {
    const optimizer = sgd({
      lr: 0.1,
      momentum: 0.9,
      groups: [
        { parameters: 'a', lr: 0.05 },
        { parameters: 'b', lr: 0 },
      ],
    });
    optimizer.learningRate = 1;
    expect(optimizer.learningRates).toEqual([1, 0.5, 0]);
    optimizer.learningRates = [3, 2, 1];
    expect(optimizer.learningRates).toEqual([3, 2, 1]);
    expect(optimizer.baseRates).toEqual([1, 0.5, 0]);
    expect(() => {
      optimizer.learningRates = [1];
    }).toThrow(ArgumentError);
  });

  it('refuse what is none', () => {
    expect(() => sgd({ groups: {} as never })).toThrow(ArgumentError);
    expect(() => sgd({ groups: [{ lr: 1 } as never] })).toThrow(ArgumentError);
    expect(() => sgd({ groups: [{ parameters: 'a', beta1: 1 } as never] })).toThrow(/group 0.*beta1/);
    expect(() => sgd({ groups: [{ parameters: 'a', lr: -1 }] })).toThrow(/lr/);
  });
});

describe('momentum', () => {
  it('can be changed where there is one', () => {
    const optimizer = adam({ beta1: 0.8 });
    expect(optimizer.momentum).toBe(0.8);
    optimizer.momentum = 0.5;
    expect(optimizer.momentum).toBe(0.5);
    expect(rmsprop({ momentum: 0.5 }).momentum).toBe(0.5);
    expect(adagrad().momentum).toBeUndefined();
    for (const without of [adagrad(), sgd()]) {
      expect(() => {
        without.momentum = 0.5;
      }).toThrow(ArgumentError);
    }
  });
});

describe('accumulated gradients', () => {
  it('make one step of their mean', () => {
    const [whole, parts] = [parameter([1, 2]), parameter([1, 2])];
    const [one, four] = [adam({ lr: 0.1 }), adam({ lr: 0.1, accumulate: 4 })];
    for (let round = 0; round < 3; round++) {
      for (const g of [1, 2, 4, 9]) four.step([parts], [tensor([g, -g])]);
      one.step([whole], [tensor([4, -4])]);
      expect(parts.toArray()).toEqual(whole.toArray());
    }
    four.step([parts], [tensor([5, 5])]);
    expect(parts.toArray()).toEqual(whole.toArray());
  });

  it('are clipped as their mean', () => {
    const p = parameter([0]);
    const optimizer = sgd({ lr: 1, accumulate: 2, clip: { value: 1.5 } });
    optimizer.step([p], [tensor([1])]);
    optimizer.step([p], [tensor([3])]);
    expect(p.item()).toBe(-1.5);
  });
});

describe('clipping', () => {
  const grads = () => [tensor([3, -4]), tensor([12])];

  it('limits elements, norms, or the norm of all', () => {
    expect(clipByValue(grads(), 3.5).map((g) => g.toArray())).toEqual([[3, -3.5], [3.5]]);
    expect(clipByNorm(grads(), 6).map((g) => globalNorm([g]))).toEqual([5, expect.closeTo(6, 5)]);
    const { grads: clipped, norm } = clipByGlobalNorm(grads(), 1);
    expect(norm).toBe(13);
    expect(globalNorm(clipped)).toBeCloseTo(1, 6);
    expect(clipByGlobalNorm(grads(), 20).grads.map((g) => g.toArray())).toEqual([[3, -4], [12]]);
  });

  it('knows other norms', () => {
    expect(globalNorm(grads(), 1)).toBe(19);
    expect(globalNorm(grads(), Number.POSITIVE_INFINITY)).toBe(12);
    expect(globalNorm(grads(), 3)).toBeCloseTo((27 + 64 + 1728) ** (1 / 3), 12);
    expect(globalNorm([tensor([3e30, 4e30])])).toBeCloseTo(5e30, -24);
  });

  it('is an option that does the same', () => {
    const ways = [{ value: 0.5 }, { norm: 2 }, { globalNorm: 2 }, { globalNorm: 2, order: 1 }];
    const functions = [
      () => clipByValue(grads(), 0.5),
      () => clipByNorm(grads(), 2),
      () => clipByGlobalNorm(grads(), 2).grads,
      () => clipByGlobalNorm(grads(), 2, 1).grads,
    ];
    for (const [i, clip] of ways.entries()) {
      const [a, b] = [
        [parameter([1, 1]), parameter([1])],
        [parameter([1, 1]), parameter([1])],
      ];
      sgd({ lr: 1, clip }).step(a, grads());
      sgd({ lr: 1 }).step(b, functions[i]());
      // The reference rounds what it has scaled once less.
      const close = b.map((p) => [...p.data()].map((value) => expect.closeTo(value, 6)));
      expect(a.map((p) => p.toArray())).toEqual(close);
    }
  });

  it('refuses gradients without a finite norm, and options that are none', () => {
    expect(() => sgd({ clip: { globalNorm: 1 } }).step([parameter([1])], [tensor([Number.NaN])])).toThrow(NonFiniteError);
    expect(() => sgd({ clip: {} })).toThrow(ArgumentError);
    expect(() => sgd({ clip: { value: 1, norm: 1 } })).toThrow(ArgumentError);
    expect(() => sgd({ clip: { value: 0 } })).toThrow(ArgumentError);
    expect(() => clipByNorm(3 as never, 1)).toThrow(ArgumentError);
    expect(() => clipByGlobalNorm([], 1, 0)).toThrow(ArgumentError);
  });
});
