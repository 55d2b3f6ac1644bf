/** What holds for every convolution, whatever its sizes: drawn at random, also where nobody would look. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad.js';
import type { ConvAlgorithm, ConvKind } from '../../src/backend/backend.js';
import { convAlgorithms } from '../../src/backend/reference/conv.js';
import { setBackend } from '../../src/backend/select.js';
import { convCall, convGeometry } from '../../src/ops/conv.js';
import { abs, type ConvOptions, conv, convTranspose, mul, type PaddingMode, pad, sum } from '../../src/ops/index.js';
import { type Padding, resolveWindows } from '../../src/ops/window.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { difference } from '../support/compare.js';
import { nativeIfBuilt } from '../support/isas.js';
import { largest, sumOfProducts, winogradAmplification, within } from '../support/tolerance.js';

interface Drawn {
  batch: number;
  spatial: number[];
  kernel: number[];
  stride: number[];
  dilation: number[];
  padding: Padding;
  paddingMode: PaddingMode;
  groups: number;
  channels: number;
  filters: number;
  seed: number;
}

const upTo = (most: number, least = 1): fc.Arbitrary<number> => fc.integer({ min: least, max: most });
const each = (rank: number, one: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.array(one, { minLength: rank, maxLength: rank });
const modes = fc.constantFrom<PaddingMode>('zeros', 'reflect', 'replicate', 'circular', { constant: -0.5 });

const paddings = (rank: number): fc.Arbitrary<Padding> =>
  fc.oneof(
    fc.constantFrom<Padding>('valid', 'same', ...(rank === 1 ? ['causal' as const] : [])),
    upTo(4, 0),
    each(rank, upTo(4, 0)),
    fc.array(fc.tuple(upTo(6, 0), upTo(6, 0)), { minLength: rank, maxLength: rank }),
  );

/** Groups, and how many channels go into and come out of each: few of any number, or many of one, as in depthwise convolution. */
const channels = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(1, 1, 1, 2, 3), upTo(9), upTo(9)) },
  { weight: 1, arbitrary: fc.tuple(upTo(35), fc.constant(1), fc.constantFrom(1, 1, 2)) },
);

/** Sizes 1 to 40 in 1D and 2D, as many cells in 3D; half of the kernels are 3 in each direction with stride 1, as in networks. */
const drawn: fc.Arbitrary<Drawn> = fc.constantFrom(1, 2, 2, 3).chain((rank) => {
  const common = fc.boolean();
  const sizes = each(rank, upTo(rank === 3 ? 12 : 40));
  return fc.tuple(common, sizes, channels).chain(([plain, spatial, [groups, into, outOf]]) =>
    fc.record({
      batch: upTo(3),
      spatial: fc.constant(spatial),
      kernel: plain ? fc.constant(new Array<number>(rank).fill(3)) : each(rank, upTo(rank === 3 ? 3 : 5)),
      stride: plain ? fc.constant(new Array<number>(rank).fill(1)) : each(rank, upTo(4)),
      dilation: plain ? fc.constant(new Array<number>(rank).fill(1)) : each(rank, upTo(3)),
      padding: paddings(rank),
      paddingMode: modes,
      groups: fc.constant(groups),
      channels: fc.constant(into),
      filters: fc.constant(outOf),
      seed: upTo(2 ** 31 - 1, 0),
    }),
  );
});

/** Some of what was drawn: windows larger than the padded input are refused, which has tests of its own. */
function resolved(d: Drawn) {
  try {
    return resolveWindows('test', d.spatial, d.kernel, d);
  } catch {
    return null;
  }
}
const fitting = drawn.filter((d) => resolved(d) !== null);

const draw = (seed: number, name: string, shape: number[], dtype: 'float32' | 'float64'): Tensor =>
  new RandomStream(seed, name).uniform(shape, -1, 1, dtype);
const dot = (a: Tensor, b: Tensor): number => {
  const y = b.data();
  return Array.from(a.data()).reduce((total, value, i) => total + value * y[i], 0);
};

function operands(d: Drawn, dtype: 'float32' | 'float64'): { x: Tensor; weight: Tensor; y: Tensor; options: ConvOptions } {
  const { groups, stride, padding, dilation, paddingMode } = d;
  const options: ConvOptions = { groups, stride, padding, dilation, paddingMode };
  const channels = d.channels * groups;
  const x = draw(d.seed, 'x', [d.batch, ...d.spatial, channels], dtype);
  const weight = draw(d.seed, 'w', [...d.kernel, d.channels, d.filters * groups], dtype);
  return { x, weight, y: draw(d.seed, 'y', conv(x, weight, null, options).shape as number[], dtype), options };
}

/** How far two ways to add the same products of float64 may lie apart: a rounding of the sum of magnitudes for each term. */
const slack = (terms: number, magnitude: number): number => (terms + 4) * Number.EPSILON * magnitude;

const native = nativeIfBuilt('properties of convolution on the addon');
afterAll(() => setBackend(native === undefined ? 'reference' : 'native'));

const runs = (numRuns: number) => ({ numRuns, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false });

describe('every convolution', () => {
  it('has the size of the formula', () => {
    fc.assert(
      fc.property(fitting, (d) => {
        const { x, weight, options } = operands(d, 'float32');
        const windows = d.spatial.map((size, i) => {
          const [step, extent] = [d.stride[i], d.dilation[i] * (d.kernel[i] - 1) + 1];
          if (d.padding === 'same') return Math.ceil(size / step);
          if (d.padding === 'causal') return Math.ceil(size / step);
          const side = Array.isArray(d.padding) ? d.padding[i] : d.padding === 'valid' ? 0 : d.padding;
          const [before, after] = Array.isArray(side) ? side : [side, side];
          // How often the window can be put down, counted.
          let count = 0;
          for (let at = -before; at + extent <= size + after; at += step) count++;
          return count;
        });
        expect(conv(x, weight, null, options).shape).toEqual([d.batch, ...windows, d.filters * d.groups]);
      }),
      runs(120),
    );
  });

  it('is the adjoint of its transpose: <conv(x), y> = <x, convTranspose(y)>', () => {
    fc.assert(
      fc.property(fitting, (d) => {
        const { x, weight, y, options } = operands({ ...d, paddingMode: 'zeros' }, 'float64');
        const { paddingMode: _, ...settings } = options;
        const back = convTranspose(y, weight, null, { ...settings, padding: pairsOf(d), outputSize: d.spatial });
        expect(back.shape).toEqual(x.shape);
        const magnitude = dot(conv(abs(x), abs(weight), null, options), abs(y));
        const terms = weight.size + x.size + y.size;
        expect(Math.abs(dot(conv(x, weight, null, options), y) - dot(x, back))).toBeLessThanOrEqual(slack(terms, magnitude));
      }),
      runs(120),
    );
  });

  it('has the adjoints of its linear maps as gradients, whatever stands in the padding', () => {
    fc.assert(
      fc.property(fitting, (d) => {
        fc.pre(typeof d.paddingMode === 'string');
        const { x, weight, y, options } = operands(d, 'float64');
        const value = dot(conv(x, weight, null, options), y);
        const [dx, dw] = grad((a: Tensor, b: Tensor) => sum(mul(conv(a, b, null, options), y)))(x, weight) as [Tensor, Tensor];
        const magnitude = dot(conv(abs(x), abs(weight), null, options), abs(y));
        const bound = slack(weight.size + x.size + y.size, magnitude);
        expect(Math.abs(value - dot(x, dx))).toBeLessThanOrEqual(bound);
        expect(Math.abs(value - dot(weight, dw))).toBeLessThanOrEqual(bound);
      }),
      runs(120),
    );
  });
});

/** The padding as numbers: 'same' means another thing to the transpose. */
function pairsOf(d: Drawn): [number, number][] {
  const w = resolveWindows('test', d.spatial, d.kernel, d);
  const from = 3 - d.spatial.length;
  return d.spatial.map((_, i) => [w.padBefore[from + i], w.padAfter[from + i]]);
}

describe('padding', () => {
  const shapes = upTo(4).chain((rank) =>
    fc.tuple(
      each(rank, upTo(7)),
      fc.array(fc.tuple(upTo(9, 0), upTo(9, 0)), { minLength: rank, maxLength: rank }),
      modes,
      upTo(2 ** 31 - 1, 0),
    ),
  );

  it('puts a cell of x, or the constant, at every position', () => {
    const source: Record<string, (i: number, n: number) => number> = {
      reflect: (i, n) => {
        let at = i;
        while (n > 1 && (at < 0 || at >= n)) at = at < 0 ? -at : 2 * (n - 1) - at;
        return n === 1 ? 0 : at;
      },
      replicate: (i, n) => Math.max(0, Math.min(n - 1, i)),
      circular: (i, n) => (i + 100 * n) % n,
    };
    fc.assert(
      fc.property(shapes, ([shape, amounts, mode, seed]) => {
        const x = draw(seed, 'x', shape, 'float32');
        const y = pad(x, amounts, mode);
        const [from, got] = [x.data(), y.data()];
        const constant = typeof mode === 'object' ? mode.constant : 0;
        const place = typeof mode === 'string' ? source[mode] : undefined;
        for (let i = 0; i < got.length; i++) {
          let [rest, at, step, inside] = [i, 0, 1, true];
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            const n = shape[axis];
            const position = (rest % y.shape[axis]) - amounts[axis][0];
            rest = Math.floor(rest / y.shape[axis]);
            if (position < 0 || position >= n) inside = false;
            at += (place === undefined ? position : place(position, n)) * step;
            step *= n;
          }
          if (got[i] !== (inside || place !== undefined ? from[at] : constant))
            expect({ i, got: got[i] }).toEqual({ i, want: at });
        }
      }),
      runs(80),
    );
  });

  it('has its adjoint as gradient', () => {
    fc.assert(
      fc.property(shapes, ([shape, amounts, mode, seed]) => {
        fc.pre(typeof mode === 'string');
        const x = draw(seed, 'x', shape, 'float64');
        const padded = pad(x, amounts, mode);
        const y = draw(seed, 'y', padded.shape as number[], 'float64');
        const dx = grad((a: Tensor) => sum(mul(pad(a, amounts, mode), y)))(x) as Tensor;
        expect(Math.abs(dot(padded, y) - dot(x, dx))).toBeLessThanOrEqual(slack(y.size, dot(abs(padded), abs(y))));
      }),
      runs(80),
    );
  });
});

describe.skipIf(native === undefined)('every algorithm of the addon', () => {
  const algorithms = Object.keys(convAlgorithms) as ConvAlgorithm[];

  /** Forward and both gradients, of a convolution and of its transpose. */
  function passes(d: Drawn, algorithm: ConvAlgorithm): Record<ConvKind, Tensor> {
    const { x, weight, y, options } = operands(d, 'float32');
    const run = (a: Tensor, b: Tensor): Tensor => conv(a, b, null, { ...options, algorithm });
    const [gradInput, gradWeight] = grad((a: Tensor, b: Tensor) => sum(mul(run(a, b), y)))(x, weight) as [Tensor, Tensor];
    return { forward: run(x, weight), gradInput, gradWeight };
  }

  function eligible(d: Drawn, algorithm: ConvAlgorithm): boolean {
    const x = draw(0, 'x', [d.batch, ...d.spatial, d.channels * d.groups], 'float32');
    const ends = [d.channels * d.groups, d.filters * d.groups] as const;
    try {
      const geometry = convGeometry(d.batch, ends, resolveWindows('test', d.spatial, d.kernel, d), d.groups);
      convCall('test', 'forward', x, geometry, { algorithm });
      return true;
    } catch {
      return false;
    }
  }

  it('agrees with the reference', () => {
    const seen = new Set<ConvAlgorithm>();
    fc.assert(
      fc.property(fitting, (one) => {
        // Cells around x are exact whatever the mode, and gather their gradients in one way.
        const d: Drawn = { ...one, paddingMode: 'zeros' };
        setBackend('reference');
        const want = passes(d, 'auto');
        setBackend('native');
        const { x, weight, y } = operands(d, 'float32');
        const [mx, mw, my] = [x, weight, y].map((t) => largest(t.data())) as [number, number, number];
        const bounds: Record<ConvKind, number> = {
          forward: sumOfProducts(weight.size / (d.filters * d.groups), mx, mw),
          gradInput: sumOfProducts(weight.size / (d.channels * d.groups), my, mw),
          gradWeight: sumOfProducts(y.size / (d.filters * d.groups), mx, my),
        };
        for (const algorithm of algorithms) {
          if (!eligible(d, algorithm)) continue;
          seen.add(algorithm);
          const got = passes(d, algorithm);
          for (const pass of ['forward', 'gradInput', 'gradWeight'] as const) {
            // What is left to the choice by shape may be Winograd's, and so may its gradients.
            const factor = algorithm === 'gemm' || algorithm === 'direct' ? 1 : winogradAmplification;
            const tolerance = within(factor * bounds[pass], 3);
            expect(difference(`${pass} by ${algorithm}`, got[pass].array, want[pass].array, tolerance)).toBeUndefined();
          }
        }
      }),
      runs(200),
    );
    expect([...seen]).toEqual(expect.arrayContaining(algorithms));
  });
});
