import { describe, expect, it } from 'vitest';
import { customGrad } from '../../src/autograd/customGrad.js';
import { grad, valueAndGrad } from '../../src/autograd/grad.js';
import { gradCheck } from '../../src/autograd/gradCheck.js';
import { noGrad } from '../../src/autograd/tape.js';
import { MyelinError } from '../../src/errors.js';
import * as ops from '../../src/ops/index.js';
import * as create from '../../src/tensor/create.js';
import { Parameter } from '../../src/tensor/parameter.js';
import * as random from '../../src/tensor/random.js';
import { keep, scope } from '../../src/tensor/scope.js';
import { Tensor } from '../../src/tensor/tensor.js';

const { tensor, zeros } = create;

/** Values that no function wants everywhere: wrong kinds, wrong shapes, wrong types, numbers out of any range. */
function garbage(): unknown[] {
  const disposed = tensor([1, 2]);
  disposed.dispose();
  return [
    undefined,
    null,
    true,
    'x',
    '',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0,
    1,
    2,
    0.5,
    2 ** 31,
    2 ** 53,
    10n,
    Symbol('s'),
    {},
    [],
    [[]],
    [1, [2]],
    [null],
    [Number.NaN],
    [-1],
    [2 ** 40],
    new Array(20).fill(1),
    [0, 0],
    () => 1,
    async () => 1,
    new Date(0),
    new Map(),
    new Float32Array(3),
    new Float64Array(2),
    new Int32Array(2),
    new Uint8Array(0),
    new BigInt64Array(1),
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
    tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    tensor([1, 2]),
    tensor(1),
    zeros([0]),
    zeros([2, 0, 3]),
    zeros([1, 4, 4, 2]),
    zeros([2, 2, 2, 2]),
    tensor(new Int32Array([0, 1])),
    tensor(new Float64Array([1, 2])),
    tensor([1, 0], { dtype: 'bool' }),
    tensor(new Uint8Array([1])),
    disposed,
    tensor([Number.NaN, Number.POSITIVE_INFINITY]),
    { size: 0 },
    { size: 2, stride: -1 },
    { stride: Number.NaN },
    { padding: 'sane' },
    { padding: [[1]] },
    { dtype: 'float16' },
    { shape: [3] },
    { seed: -1 },
    { groups: 0 },
    { activation: 'gelu' },
    Object.create(null),
  ];
}

const functions: Record<string, (...args: never[]) => unknown> = {};
/** Not called by users: classes, and the check that takes the name of its caller. */
const internal = [Tensor, Parameter, random.RandomStream, random.checkSeed] as unknown[];
for (const module of [ops, create, random, { grad, valueAndGrad, gradCheck, customGrad, noGrad, scope, keep }]) {
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === 'function' && !internal.includes(value)) functions[name] = value as (...args: never[]) => unknown;
  }
}
const example = tensor([
  [1, 2],
  [3, 4],
]);
for (const name of [
  'data',
  'toArray',
  'item',
  'add',
  'matmul',
  'sum',
  'max',
  'reshape',
  'permute',
  'slice',
  'at',
  'cast',
  'softmax',
  'pow',
  'argMax',
] as const) {
  functions[`Tensor.${name}`] = (...args: never[]) => (example[name] as (...a: never[]) => unknown)(...args);
}
for (const name of ['uniform', 'normal', 'permutation'] as const) {
  functions[`RandomStream.${name}`] = (...args: never[]) =>
    (new random.RandomStream(1)[name] as (...a: never[]) => unknown)(...args);
}

/** Functions that run what they are given let its errors through. */
const takesFunctions = new Set(['noGrad', 'scope', 'grad', 'valueAndGrad', 'gradCheck', 'customGrad']);

describe('garbage', () => {
  it.each(Object.keys(functions))('%s answers or throws a typed error', (name) => {
    const values = garbage();
    const call = functions[name] as (...args: unknown[]) => unknown;
    const untyped: string[] = [];
    const attempt = (...args: unknown[]): void => {
      try {
        const result = call(...args);
        if (typeof result === 'function') (result as (...xs: unknown[]) => unknown)(...args);
      } catch (error) {
        if (!(error instanceof MyelinError)) untyped.push(`${args.map((a) => describeValue(a)).join(', ')}: ${error}`);
      }
    };
    attempt();
    // Each value in each of the first four places, among plausible neighbours and among themselves.
    let seed = 1;
    const draw = (): unknown => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return values[seed % values.length];
    };
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const image = zeros([1, 4, 4, 2]);
    for (const value of values) {
      attempt(value);
      attempt(x, value);
      attempt(x, x, value);
      attempt(image, image, value);
      attempt(image, value);
      attempt(image, zeros([2, 2, 2, 3]), null, value);
      attempt(value, x, x);
      for (let i = 0; i < 6; i++) attempt(draw(), draw(), draw(), draw());
    }
    expect(takesFunctions.has(name) ? untyped.filter((text) => !/is not a function|Cannot/.test(text)) : untyped).toEqual([]);
  });
});

function describeValue(value: unknown): string {
  try {
    return String(value) || typeof value;
  } catch {
    return 'unprintable';
  }
}
