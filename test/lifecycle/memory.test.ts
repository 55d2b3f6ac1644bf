import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { customGrad } from '../../src/autograd/customGrad.js';
import { grad, valueAndGrad } from '../../src/autograd/grad.js';
import { noGrad } from '../../src/autograd/tape.js';
import { ArgumentError, DisposedError, GradientError } from '../../src/errors.js';
import * as ops from '../../src/ops/index.js';
import { ones, tensor } from '../../src/tensor/create.js';
import { Parameter } from '../../src/tensor/parameter.js';
import { keep, scope } from '../../src/tensor/scope.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

describe('memory', () => {
  it('counts storages, reshapes once', () => {
    const before = memory();
    const x = ones([100]);
    const y = x.reshape([10, 10]);
    expect(memory().tensors).toBe(before.tensors + 1);
    expect(memory().bytes).toBe(before.bytes + 400);
    x.dispose();
    expect(y.sum().item()).toBe(100);
    y.dispose();
    x.dispose();
    expect(memory().bytes).toBeLessThanOrEqual(before.bytes + 4);
  });

  it('throws ERR_DISPOSED on every use after disposal', () => {
    const x = ones([2, 2]);
    const other = ones([2, 2]);
    x.dispose();
    const uses: (() => unknown)[] = [
      () => x.data(),
      () => x.toArray(),
      () => x.reshape([4]),
      () => x.sum(),
      () => x.at(0),
      () => x.transpose(),
      () => x.cast('int32'),
      () => ops.add(other, x),
      () => ops.add(x, 1),
      () => ops.matmul(other, x),
      () => ops.concat([other, x]),
      () => x.softmax(),
      () => x.argMax(),
    ];
    for (const use of uses) expect(use).toThrow(DisposedError);
    expect(String(x)).toContain('disposed');
  });

  it('ends what a scope made, but for what it returns or keeps', () => {
    const inner: Tensor[] = [];
    let kept: Tensor | undefined;
    const result = scope(() => {
      const a = ones([3]);
      const b = ops.add(a, 1);
      kept = keep(ops.add(b, 1));
      inner.push(a, b);
      return { list: [ops.mul(b, 2)], map: new Map([['b', ops.exp(b)]]) };
    });
    expect(inner.every((t) => t.disposed)).toBe(true);
    expect(kept?.toArray()).toEqual([3, 3, 3]);
    expect(result.list[0]?.toArray()).toEqual([4, 4, 4]);
    expect(result.map.get('b')?.disposed).toBe(false);
  });

  it('nests: an inner result belongs to the outer scope', () => {
    let passed: Tensor | undefined;
    scope(() => {
      passed = scope(() => ones([2]));
      expect(passed.disposed).toBe(false);
    });
    expect(passed?.disposed).toBe(true);
  });

  it('gives memory back when the function throws', () => {
    let made: Tensor | undefined;
    const run = () =>
      scope(() => {
        made = ones([2]);
        throw new RangeError('mine');
      });
    expect(run).toThrow(RangeError);
    expect(made?.disposed).toBe(true);
    expect(ones([1]).disposed).toBe(false);
  });

  it('refuses async functions by name', () => {
    const fetchAll = async () => ones([1]);
    expect(() => scope(fetchAll)).toThrow(/fetchAll/);
    expect(() => valueAndGrad(fetchAll as unknown as () => Tensor, [ones([1])])()).toThrow(ArgumentError);
  });

  it('recycles blocks but never identities', () => {
    const x = ones([1000]);
    const id = x.storage.id;
    const array = x.storage.array;
    x.dispose();
    const y = ones([1000]);
    expect(y.storage.array).toBe(array);
    expect(y.storage.id).not.toBe(id);
  });

  it('does not pile up what a loop drops', async () => {
    const x = ones([2 ** 14]);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let i = 0; i < 2000; i++) {
      ops.add(x, 1);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    // 128 MB pass, of which V8 by itself lets 32 and more wait.
    expect(most).toBeLessThan(2 * 2 ** 23);
    // Only so many are counted in a turn of the event loop.
    await setImmediate();
  });

  it('leaves only value and gradients of a gradient', () => {
    const w = new Parameter('w', [4, 4]);
    w.array.fill(0.1);
    const x = ones([2, 4]);
    const before = memory().tensors;
    const { value, grads } = valueAndGrad(() => ops.mean(ops.square(ops.relu(ops.matmul(ops.tanh(ops.matmul(x, w)), w)))), [w])();
    expect(memory().tensors).toBe(before + 2);
    value.dispose();
    for (const g of grads) g.dispose();
    expect(memory().tensors).toBe(before);
  });
});

describe('gradients', () => {
  it('of one input is a tensor, of several an array', () => {
    expect(grad((x: Tensor) => ops.sum(ops.square(x)))(tensor([1, 2])).toArray()).toEqual([2, 4]);
    const both = grad((x: Tensor, y: Tensor) => ops.sum(ops.mul(x, y)))(tensor([1, 2]), tensor([3, 4]));
    expect(both.map((g) => g.toArray())).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it('adds up over every use of a tensor', () => {
    const f = (x: Tensor): Tensor => {
      const y = ops.add(x, x);
      return ops.sum(ops.add(ops.mul(y, x), ops.add(y, ops.reshape(x, [2]))));
    };
    // 2x^2 + 3x
    expect(grad(f)(tensor([1, 2])).toArray()).toEqual([7, 11]);
  });

  it('stops at noGrad and at whole numbers', () => {
    const f = (x: Tensor): Tensor =>
      ops.sum(
        ops.mul(
          x,
          noGrad(() => ops.square(x)),
        ),
      );
    expect(grad(f)(tensor([2, 3])).toArray()).toEqual([4, 9]);
    expect(() => grad((x: Tensor) => ops.sum(ops.cast(ops.cast(x, 'int32'), 'float32')))(tensor([1]))).toThrow(GradientError);
  });

  it('says what is wrong', () => {
    const w = new Parameter('body.weight', [1]);
    w.assign(new Float32Array([1]));
    expect(() => valueAndGrad(() => ops.sum(ones([2])), [w])()).toThrow(GradientError);
    expect(() => valueAndGrad((x: Tensor) => x, [w])(ones([2]))).toThrow(/scalar/);
    const unused = new Parameter('head.bias', [1]);
    expect(() => valueAndGrad(() => ops.sum(w), [w, unused])()).toThrow(/head\.bias/);
    expect(() => grad((x: Tensor) => grad((y: Tensor) => ops.sum(y))(x))(ones([1]))).toThrow(GradientError);
    expect(() => valueAndGrad(() => ops.sum(w), [tensor(new Int32Array(1))])()).toThrow(ArgumentError);
    const changes = (): Tensor => {
      w.assign(new Float32Array(1));
      return ops.sum(w);
    };
    expect(() => valueAndGrad(changes, [w])()).toThrow(/body\.weight/);
    expect(valueAndGrad(() => ops.sum(w), [w])().grads[0]?.toArray()).toEqual([1]);
  });

  it('takes functions with their own gradient', () => {
    const double = customGrad('double', (x: Tensor) => ({ value: ops.mul(x, 2), backward: (dy) => ops.mul(dy, 100) }));
    expect(grad((x: Tensor) => ops.sum(double(x)))(tensor([1, 1])).toArray()).toEqual([100, 100]);
    const identity = customGrad('identity', (x: Tensor) => ({ value: x, backward: (dy) => dy }));
    expect(grad((x: Tensor) => ops.sum(ops.mul(identity(x), x)))(tensor([3])).toArray()).toEqual([6]);
    const wrong = customGrad('wrong', (x: Tensor) => ({ value: ops.mul(x, 2), backward: () => ones([7]) }));
    expect(() => grad((x: Tensor) => ops.sum(wrong(x)))(tensor([1]))).toThrow(/wrong/);
  });
});
