import type { Activation } from '../../../src/backend/backend.js';
import type { Kind, Random } from '../../support/random.js';
import { sizes } from '../../support/sizes.js';
import { eps, largest, sumOfProducts, type Tolerance, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

export const activations: readonly Activation[] = ['linear', 'relu', 'sigmoid', 'tanh'];

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly accumulate?: boolean;
  readonly bias?: boolean;
  readonly activation?: Activation;
  /** Elements beyond what a row needs. */
  readonly slack?: number;
  readonly batch?: number;
  readonly sharedB?: boolean;
  readonly kindA?: Kind;
  readonly kindB?: Kind;
}

/** Tiles are 4 to 16 rows by 16 to 64 columns, blocks some 256 deep: around and beyond them. */
const shapes: readonly (readonly [number, number, number])[] = [
  ...sizes.map((m) => [m, 17, 5] as const),
  ...sizes.map((n) => [5, n, 17] as const),
  ...sizes.map((k) => [9, 33, k] as const),
  [1, 1, 1],
  [1, 1, 300],
  [1, 256, 784],
  [2, 300, 65],
  [4, 10, 128],
  [8, 64, 64],
  [13, 31, 255],
  [14, 32, 256],
  [15, 47, 257],
  [28, 96, 64],
  [64, 64, 64],
  [65, 65, 65],
  [127, 129, 100],
  [97, 10, 300],
  [300, 1, 70],
  [129, 48, 1030],
  [32, 10, 1600],
];

/** Every activation is a contraction, so the sum's bound holds behind it; the activation itself and the bias round. */
export function productTolerance(k: number, maxA: number, maxB: number, maxC: number, maxBias: number): Tolerance {
  return within(sumOfProducts(k, maxA, maxB) + eps * ((k + 1) * maxC + maxBias), 3);
}

function gemmCall(product: Product, random: Random): KernelCall {
  const { m, n, k, transA = false, transB = false, accumulate = false, bias = false, activation = 'linear' } = product;
  const { slack = 0, batch = 1, sharedB = false, kindA = 'ordinary', kindB = 'ordinary' } = product;
  const [rowsA, lda] = transA ? [k, m + slack] : [m, k + slack];
  const [rowsB, ldb] = transB ? [n, k + slack] : [k, n + slack];
  const ldc = n + slack;
  const [strideA, strideB, strideC] = [rowsA * lda + slack, sharedB ? 0 : rowsB * ldb + slack, m * ldc + slack];
  const a = random.floats(batch * strideA, kindA);
  const b = random.floats(sharedB ? rowsB * ldb : batch * strideB, kindB);
  const c = accumulate ? random.floats(batch * strideC) : new Float32Array(batch * strideC).fill(NaN);
  const biases = bias ? random.floats(n) : null;
  const label = Object.entries(product)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return callOf(
    'gemm',
    label,
    [a, b, c, biases, m, n, k, lda, ldb, ldc, transA, transB, accumulate, activation, batch, strideA, strideB, strideC],
    [
      {
        argument: 2,
        tolerance: productTolerance(k, largest(a), largest(b), accumulate ? largest(c) : 0, bias ? largest(biases!) : 0),
      },
    ],
  );
}

const flags = [false, true] as const;
const transpositions = flags.flatMap((transA) => flags.map((transB) => ({ transA, transB })));

function gemmCalls(random: Random): KernelCall[] {
  const variants = transpositions.flatMap((trans) => [
    { ...trans },
    { ...trans, accumulate: true },
    ...activations.map((activation) => ({ ...trans, bias: true, activation })),
  ]);
  const small = shapes.flatMap(([m, n, k]) => [
    ...transpositions.map((trans) => gemmCall({ m, n, k, ...trans }, random)),
    gemmCall({ m, n, k, ...random.pick(variants), slack: random.integer(1, 5) }, random),
    gemmCall({ m, n, k, ...random.pick(variants), batch: 3, sharedB: random.flag() }, random),
  ]);
  const everyVariant = variants.flatMap((variant) => [
    gemmCall({ m: 37, n: 45, k: 70, ...variant, slack: 3 }, random),
    gemmCall({ m: 3, n: 50, k: 40, ...variant }, random),
    gemmCall({ m: 19, n: 21, k: 23, ...variant, slack: 1, batch: 4 }, random),
  ]);
  const fuzz = Array.from({ length: 60 }, () =>
    gemmCall(
      {
        m: random.integer(1, 80),
        n: random.integer(1, 80),
        k: random.integer(1, 300),
        ...random.pick(variants),
        slack: random.integer(0, 2),
        batch: random.integer(1, 3),
        sharedB: random.flag(),
      },
      random,
    ),
  );
  // An infinity or NaN reaches its row or column, and no zero that fills up a tile may meet it.
  const special = variants.flatMap((variant) => [
    gemmCall({ m: 21, n: 37, k: 9, ...variant, kindA: 'special' }, random),
    gemmCall({ m: 33, n: 19, k: 6, ...variant, kindB: 'special', slack: 1 }, random),
  ]);
  // Large enough for threads and for several blocks along each dimension.
  const large = transpositions.flatMap((trans) => [
    gemmCall({ m: 200, n: 210, k: 520, ...trans, bias: true, activation: 'relu' }, random),
    gemmCall({ m: 130, n: 300, k: 128, ...trans, accumulate: true }, random),
  ]);
  const training = [
    gemmCall({ m: 784, n: 256, k: 32, transA: true }, random),
    gemmCall({ m: 128, n: 256, k: 784, bias: true, activation: 'relu' }, random),
    gemmCall({ m: 128, n: 128, k: 10, transB: true }, random),
    gemmCall({ m: 40, n: 40, k: 5000, transA: true }, random),
    gemmCall({ m: 64, n: 48, k: 64, batch: 12 }, random),
  ];
  return [...small, ...everyVariant, ...fuzz, ...special, ...large, ...training];
}

function packedCall(product: Product, random: Random): KernelCall {
  const { m, n, k, transA = false, transB = false, bias = false, activation = 'linear', slack = 0 } = product;
  const [rowsA, lda] = transA ? [k, m + slack] : [m, k + slack];
  const [rowsB, ldb] = transB ? [n, k + slack] : [k, n + slack];
  const [a, b] = [random.floats(rowsA * lda), random.floats(rowsB * ldb)];
  const biases = bias ? random.floats(n) : null;
  const label = Object.entries(product)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return callOf(
    'gemmPacked',
    label,
    [a, b, new Float32Array(m * (n + slack)).fill(NaN), biases, m, n, k, lda, n + slack, transA, activation],
    [{ argument: 2, tolerance: productTolerance(k, largest(a), largest(b), 0, bias ? largest(biases!) : 0) }],
    (backend, args) => {
      const packed = new Float32Array(backend.gemmPackedSize(n, k));
      backend.gemmPack(b, packed, n, k, ldb, transB);
      return args.map((arg, position) => (position === 1 ? packed : arg));
    },
  );
}

function packedCalls(random: Random): KernelCall[] {
  return shapes.flatMap(([m, n, k]) =>
    transpositions.map((trans) =>
      packedCall(
        { m, n, k, ...trans, bias: random.flag(), activation: random.pick(activations), slack: random.integer(0, 3) },
        random,
      ),
    ),
  );
}

export const gemmCases: readonly KernelCase[] = [
  { kernel: 'gemm', calls: gemmCalls },
  { kernel: 'gemmPacked', alsoCovers: ['gemmPack', 'gemmPackedSize'], calls: packedCalls },
];
