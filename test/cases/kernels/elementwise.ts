import type { BinaryOp, CompareOp, UnaryOp } from '../../../src/backend/backend.js';
import { binaryOps, compareOps, unaryOps } from '../../../src/backend/reference/elementwise.js';
import { referenceBackend } from '../../../src/backend/reference/index.js';
import type { Random } from '../../support/random.js';
import { aroundPowersOfTwo, sizes, threadedLength } from '../../support/sizes.js';
import { eps, equal, same, type Tolerance, ulps, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

const lengths = [...sizes, ...aroundPowersOfTwo(7, 8), threadedLength];

/** p, q of the ops that have parameters; all are float32 numbers, so that both sides work with the same. */
const parameters: Partial<Record<UnaryOp, readonly (readonly [number, number])[]>> = {
  affine: [
    [1.5, -0.25],
    [-3, 0],
  ],
  clip: [[-0.5, 0.75]],
  powScalar: [
    [2, 0],
    [3, 0],
    [0.5, 0],
    [-1, 0],
    [1.5, 0],
    [1, 0],
    [0, 0],
  ],
  step: [[0.5, 0]],
  leakyRelu: [
    [0.25, 0],
    [-0.5, 0],
  ],
  elu: [
    [1, 1],
    [0.5, 1.5],
  ],
  softplus: [
    [1, 20],
    [2, 10],
  ],
  hardSigmoid: [
    [Math.fround(1 / 6), 0.5],
    [0.25, 0.5],
  ],
  hardTanh: [[-0.5, 0.75]],
};
const parametersOf = (op: UnaryOp) => parameters[op] ?? [[0, 0] as const];

/** The elementary functions promise 2 ulps, pow, sin and cos 4; half an ulp more is the reference's own rounding. */
const elementary = ulps(2.5);
const difficult = ulps(4.5);

function unaryTolerance(op: UnaryOp, x: Float32Array, p: number): Tolerance {
  switch (op) {
    case 'exp':
    case 'expm1':
    case 'log':
    case 'log1p':
    case 'sigmoid':
    case 'tanh':
    case 'erf':
      return elementary;
    case 'elu':
      return ulps(3.5);
    case 'silu':
    case 'mish':
      // Far below 0 the share of x has few bits left, then none.
      return within((i) => 2 ** -149 * Math.abs(x[i]), 4.5);
    case 'softplus':
      // Where p is not 1, p x is rounded before a function whose slope is at most 1, and the result is divided by p.
      return within((i) => (p === 1 ? 0 : eps * Math.abs(x[i])), 4.5);
    case 'gelu':
    case 'geluTanh':
      // The share of x is a number near 1 from which little may be left; its argument is rounded, too.
      return within((i) => 2 * eps * Math.abs(x[i]), 1);
    case 'hardSigmoid':
      // As affine inside; outside, the clipping decides, and p*x + q rounds to the right side of an end or onto it.
      return within((i) => eps * Math.min(Math.abs(p * x[i]) + 1, 3), 0);
    case 'hardSwish':
      // The sum is rounded, then the quotient and the product.
      return within((i) => 2 * eps * Math.abs(x[i]), 1);
    case 'sin':
    case 'cos':
    case 'powScalar':
      return difficult;
    case 'rsqrt':
      return ulps(2);
    case 'affine':
      // Without fused multiply-add the product is rounded, and the sum may cancel.
      return within((i) => (eps / 2) * Math.abs(p * x[i]));
    default:
      return equal;
  }
}

/** A function's error, and a rounding for each product that follows. */
function unaryGradTolerance(op: UnaryOp, dy: Float32Array): Tolerance {
  switch (op) {
    case 'reciprocal':
    case 'log':
      return ulps(2);
    case 'sqrt':
      return ulps(2);
    case 'rsqrt':
    case 'sigmoid':
    case 'tanh':
      return ulps(3);
    case 'sin':
    case 'cos':
      return ulps(5.5);
    case 'powScalar':
      return ulps(6.5);
    case 'log1p':
      return ulps(2.5);
    case 'erf':
      // e^-x^2 of a rounded square: the relative error is eps x^2, of which x^2 e^-x^2 <= 1/e is left.
      return within((i) => eps * Math.abs(dy[i]), 5);
    case 'elu':
    case 'expm1':
      return ulps(3.5);
    case 'gelu':
    case 'geluTanh':
    case 'silu':
    case 'mish':
    case 'softplus':
      // Sums of terms of size 1 and of x times a slope that falls as fast as e^-|x|, so that none is larger than 2.
      return within((i) => 8 * eps * Math.abs(dy[i]), 2);
    case 'hardSwish':
      return within((i) => 2 * eps * Math.abs(dy[i]), 2);
    default:
      return equal;
  }
}

function unaryCalls(op: UnaryOp, random: Random): KernelCall[] {
  const call = (label: string, x: Float32Array, p: number, q: number, inPlace: boolean) =>
    callOf(
      'unary',
      `${label} n=${x.length} p=${p} q=${q}${inPlace ? ' in place' : ''}`,
      [op, x, inPlace ? x : new Float32Array(x.length).fill(7), p, q],
      [{ argument: 2, tolerance: unaryTolerance(op, x, p) }],
    );
  return parametersOf(op).flatMap(([p, q]) => [
    ...lengths.map((length, i) => call('ordinary', random.floats(length), p, q, i % 2 === 1)),
    call('positive', random.floats(1000, 'positive'), p, q, false),
    call(
      'steep',
      random.floats(1000).map((x) => 50 * x),
      p,
      q,
      false,
    ),
    call('hostile', random.floats(5000, 'hostile'), p, q, false),
  ]);
}

/** The array that the op does not need holds NaN: a kernel that reads it fails. */
function unaryGradCalls(op: UnaryOp, random: Random): KernelCall[] {
  const { needs } = unaryOps[op];
  const call = (label: string, x: Float32Array, p: number, q: number, inPlace: boolean) => {
    const y = new Float32Array(x.length);
    referenceBackend.unary(op, x, y, p, q);
    const dy = random.floats(x.length);
    const useless = new Float32Array(x.length).fill(NaN);
    return callOf(
      'unaryGrad',
      `${label} n=${x.length} p=${p} q=${q}${inPlace ? ' in place' : ''}`,
      [op, needs === 'x' ? x : useless, needs === 'y' ? y : useless, dy, inPlace ? dy : new Float32Array(x.length).fill(7), p, q],
      [{ argument: 4, tolerance: unaryGradTolerance(op, dy) }],
    );
  };
  return parametersOf(op).flatMap(([p, q]) => [
    ...lengths.map((length, i) => call('ordinary', random.floats(length), p, q, i % 2 === 1)),
    call('positive', random.floats(1000, 'positive'), p, q, false),
    call(
      'steep',
      random.floats(1000).map((x) => 20 * x),
      p,
      q,
      false,
    ),
    call(
      'zeros and ties',
      random.floats(1000, 'tied').map((x) => x / 4),
      p,
      q,
      false,
    ),
  ]);
}

interface Broadcast {
  readonly label: string;
  readonly shape: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** Dense strides of `shape`, with stride 0 along the axes where `repeat` is set. */
function strides(shape: readonly number[], repeat: readonly boolean[] = []): number[] {
  const result: number[] = [];
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = repeat[axis] ? 0 : step;
    if (!repeat[axis]) step *= shape[axis];
  }
  return result;
}

function broadcasts(random: Random): Broadcast[] {
  const some = (label: string, shape: readonly number[], repeatA: boolean[], repeatB: boolean[]): Broadcast => ({
    label,
    shape,
    a: strides(shape, repeatA),
    b: strides(shape, repeatB),
  });
  const anyOf = (rank: number) => {
    const shape = Array.from({ length: rank }, () => random.pick([1, 2, 3, 5]));
    const flags = () => shape.map(() => random.integer(1, 3) === 1);
    return some(`rank ${rank}`, shape, flags(), flags());
  };
  return [
    ...lengths.map((length) => some('same shape', [length], [], [])),
    ...sizes.map((length) => some('scalar right', [length], [], [true])),
    ...sizes.map((length) => some('scalar left', [length], [true], [])),
    some('two scalars', [65], [true], [true]),
    some('rank 0', [], [], []),
    ...sizes.map((cols) => some('row', [17, cols], [], [true, false])),
    ...sizes.map((cols) => some('row left', [3, cols], [true, false], [])),
    ...sizes.map((cols) => some('column', [17, cols], [], [false, true])),
    ...sizes.map((cols) => some('outer product', [5, cols], [false, true], [true, false])),
    some('large row', [1001, 300], [], [true, false]),
    some('large column', [1001, 300], [], [false, true]),
    some('middle axis', [7, 33, 5], [], [false, true, false]),
    some('channels', [3, 5, 5, 17], [], [true, true, true, false]),
    some('image', [3, 5, 5, 17], [], [false, true, true, false]),
    { label: 'transposed', shape: [31, 17], a: [17, 1], b: [1, 31] },
    { label: 'empty', shape: [3, 0, 5], a: [0, 5, 1], b: [0, 5, 1] },
    ...Array.from({ length: 12 }, (_, i) => anyOf(2 + (i % 7))),
  ];
}

/** One more than the furthest element that strides reach. */
function reach(shape: readonly number[], steps: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * steps[axis], 0);
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const dimsOf = ({ shape, a, b }: Broadcast) => new Int32Array([shape.length, ...shape, ...a, ...b]);

function binaryCalls(op: BinaryOp, random: Random): KernelCall[] {
  const tolerance = op === 'pow' ? difficult : equal;
  const call = (kind: 'ordinary' | 'positive' | 'hostile' | 'tied', broadcast: Broadcast, into: 'a' | 'b' | 'own') => {
    const a = random.floats(reach(broadcast.shape, broadcast.a), kind);
    const b = random.floats(reach(broadcast.shape, broadcast.b), kind);
    const own = new Float32Array(sizeOf(broadcast.shape)).fill(7);
    const c = into === 'a' ? a : into === 'b' ? b : own;
    return callOf(
      'binary',
      `${broadcast.label} [${broadcast.shape}] ${kind}, into ${into}`,
      [op, a, b, c, dimsOf(broadcast)],
      [{ argument: 3, tolerance }],
    );
  };
  const plain = (length: number): Broadcast => ({ label: 'same shape', shape: [length], a: [1], b: [1] });
  const row: Broadcast = { label: 'row', shape: [19, 35], a: [35, 1], b: [0, 1] };
  return [
    ...broadcasts(random).map((broadcast) => call('ordinary', broadcast, 'own')),
    call('positive', plain(1000), 'own'),
    call('tied', plain(1000), 'own'),
    call('hostile', plain(5000), 'own'),
    call('ordinary', plain(65), 'a'),
    call('ordinary', plain(65), 'b'),
    call('ordinary', row, 'a'),
  ];
}

function compareCalls(op: CompareOp, random: Random): KernelCall[] {
  const arrays = {
    f32: (length: number) => random.floats(length, 'tied').map((x) => (x === 3 ? NaN : x)),
    f64: (length: number) => Float64Array.from(random.floats(length, 'tied')),
    i32: (length: number) => random.integers(length, -2, 2),
    u8: (length: number) => Uint8Array.from(random.integers(length, 0, 3)),
  };
  const call = (type: keyof typeof arrays, broadcast: Broadcast) =>
    callOf(
      'compare',
      `${type} ${broadcast.label} [${broadcast.shape}]`,
      [
        op,
        arrays[type](reach(broadcast.shape, broadcast.a)),
        arrays[type](reach(broadcast.shape, broadcast.b)),
        new Uint8Array(sizeOf(broadcast.shape)).fill(7),
        dimsOf(broadcast),
      ],
      [{ argument: 3, tolerance: same }],
    );
  const types = ['f32', 'f64', 'i32', 'u8'] as const;
  return [
    ...broadcasts(random).map((broadcast) => call('f32', broadcast)),
    ...types.flatMap((type) => sizes.map((length) => call(type, { label: 'same shape', shape: [length], a: [1], b: [1] }))),
    ...types.map((type) => call(type, { label: 'row', shape: [3, 17], a: [17, 1], b: [0, 1] })),
  ];
}

function selectCalls(random: Random): KernelCall[] {
  const call = <T extends Float32Array | Float64Array | Int32Array | Uint8Array>(label: string, a: T, b: T, c: T) =>
    callOf(
      'select',
      `${label} n=${a.length}`,
      [Uint8Array.from(random.integers(a.length, 0, 2)), a, b, c],
      [{ argument: 3, tolerance: same }],
    );
  return [
    ...lengths.map((n) => call('f32', random.floats(n, 'hostile'), random.floats(n, 'hostile'), new Float32Array(n))),
    call('f64', Float64Array.from(random.floats(37)), Float64Array.from(random.floats(37)), new Float64Array(37)),
    call('i32', random.integers(37, -9, 9), random.integers(37, -9, 9), new Int32Array(37)),
    call('u8', Uint8Array.from(random.integers(37, 0, 255)), Uint8Array.from(random.integers(37, 0, 255)), new Uint8Array(37)),
    (() => {
      const a = random.floats(65);
      return call('f32 in place', a, random.floats(65), a);
    })(),
  ];
}

const names = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[];

export const elementwiseCases: readonly KernelCase[] = [
  ...names(unaryOps).map((op): KernelCase => ({ kernel: 'unary', op, calls: (random) => unaryCalls(op, random) })),
  ...names(unaryOps).map((op): KernelCase => ({ kernel: 'unaryGrad', op, calls: (random) => unaryGradCalls(op, random) })),
  ...names(binaryOps).map((op): KernelCase => ({ kernel: 'binary', op, calls: (random) => binaryCalls(op, random) })),
  ...names(compareOps).map((op): KernelCase => ({ kernel: 'compare', op, calls: (random) => compareCalls(op, random) })),
  { kernel: 'select', calls: selectCalls },
];
