import { describe, expect, it } from 'vitest';
import { addonFile, rawAddon } from '../support/addon.js';
import { Guarded } from '../support/guarded.js';
import { type Argument, mutate } from '../support/mutations.js';
import { Random } from '../support/random.js';

// Whatever is passed to the raw addon, the process lives, memory outside of the arrays stays as it is, and a refusal has a code.

const callsPerKernel = 400;
const file = addonFile('thousands of wrong calls at the raw addon');
const addon = file === undefined ? undefined : rawAddon(file);

/** Geometry of a convolution of 5x5x2 with 3x3 to 3x3x4, and of pooling 4x4x3 with 2x2 to 2x2x3. */
const conv = [1, 1, 5, 5, 2, 1, 3, 3, 4, 1, 3, 3, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1];
const pool = [1, 1, 4, 4, 3, 1, 2, 2, 1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1];

/** Geometry of two directions of an lstm with a projection: 2 rows of 3 steps of 2, 4 units, 3 out. */
const recurrent = [2, 3, 2, 4, 3, 2, 0];
const recurrentArrays = (g: Guarded) =>
  [0, 1].flatMap(() => [32, 48, 16, 16, 12, 12, 6, 8, 6].map((length) => g.f32(length, 0.25)));
const recurrentGradients = (g: Guarded) => [0, 1].flatMap(() => [32, 48, 16, 16, 12, 12, 6, 8].map((length) => g.f32(length)));
const recurrentStates = (g: Guarded) => [g.f32(6), g.f32(8), g.f32(6), g.f32(8)];

function packed(g: Guarded): Float32Array {
  const panels = g.f32(addon?.gemmPackedSize(4, 3) ?? 0);
  addon?.gemmPack(g.f32(12), panels, 4, 3, 4, false);
  return panels;
}

/** A valid call of each kernel. */
const calls: Readonly<Record<string, (g: Guarded) => Argument[]>> = {
  unary: (g) => [0, g.f32(33), g.f32(33), 0.5, 2],
  unaryGrad: (g) => [0, g.f32(33), g.f32(33), g.f32(33), g.f32(33), 0.5, 2],
  binary: (g) => [0, g.f32(12), g.f32(4), g.f32(12), g.i32(2, 3, 4, 4, 1, 0, 1)],
  compare: (g) => [0, g.f32(12), g.f32(4), g.u8(12), g.i32(2, 3, 4, 4, 1, 0, 1)],
  select: (g) => [g.u8(33), g.f32(33), g.f32(33), g.f32(33)],
  fill: (g) => [g.f32(33), 1.5],
  copy: (g) => [g.f32(12), g.f32(12), g.i32(2, 3, 4, 4, 1, 1, 3), 0, 0],
  cast: (g) => [g.f32(4), g.i32(1, 2, 3, 4)],
  reduce: (g) => [0, g.f32(24), g.f32(6), 2, 4, 3],
  argReduce: (g) => [0, g.f32(24), g.i32(0, 0, 0, 0, 0, 0), 2, 4, 3],
  softmax: (g) => [g.f32(12), g.f32(12), 3, 4, false],
  softmaxGrad: (g) => [g.f32(12), g.f32(12), g.f32(12), 3, 4, false],
  crossEntropy: (g) => [g.f32(12), g.i32(0, 1, 3), g.f32(3), g.f32(12), 3, 4],
  crossEntropyGrad: (g) => [g.f32(12), g.i32(0, 1, 3), g.f32(3), g.f32(12), 3, 4],
  norm: (g) => [g.f32(24), g.f32(6), g.f32(6), g.f32(4), g.f32(4), g.f32(24), g.i32(2, 2, 2, 3), 1e-5, false, true],
  normGrad: (g) => [
    ...[g.f32(24), g.f32(24), g.f32(6), g.f32(4), g.f32(4), g.f32(24), g.f32(6), g.f32(6)],
    ...[g.i32(2, 2, 2, 3), 1e-5, false, g.f32(24)],
  ],
  gemm: (g) => [g.f32(6), g.f32(12), g.f32(8), g.f32(4), 2, 4, 3, 3, 4, 4, false, false, false, 1, 1, 0, 0, 0],
  gemmPackedSize: () => [4, 3],
  gemmPack: (g) => [g.f32(12), g.f32(addon?.gemmPackedSize(4, 3) ?? 0), 4, 3, 4, false],
  gemmPacked: (g) => [g.f32(6), packed(g), g.f32(8), g.f32(4), 2, 4, 3, 3, 4, false, 1],
  conv: (g) => [g.f32(50), g.f32(72), g.f32(4), g.f32(36), g.i32(...conv), 1, 0],
  convGradInput: (g) => [g.f32(36), g.f32(72), g.f32(50), g.i32(...conv), 0],
  convGradWeight: (g) => [g.f32(50), g.f32(36), g.f32(72), g.i32(...conv), 0],
  convAlgorithm: (g) => [0, g.i32(...conv), 0],
  maxPool: (g) => [g.f32(48), g.f32(12), g.i32(...new Array(12).fill(0)), g.i32(...pool)],
  maxPoolGrad: (g) => [g.f32(12), g.i32(...new Array(12).fill(5)), g.f32(48), g.i32(...pool)],
  maxUnpool: (g) => [g.f32(12), g.i32(...new Array(12).fill(5)), g.f32(48), g.i32(1, 4, 16, 3)],
  maxUnpoolGrad: (g) => [g.f32(48), g.i32(...new Array(12).fill(5)), g.f32(12), g.i32(1, 4, 16, 3)],
  resample: (g) => [
    ...[g.f32(24), g.f32(36), g.i32(2, 1, 2, 2, 3, 1, 2, 3), g.i32(0, 1, 3, 4, 5, 7, 8), g.i32(0, 0, 1, 1, 0, 0, 1, 1)],
    ...[g.f32(8), g.f32(6)],
  ],
  recurrentKeptSize: (g) => [2, g.i32(...recurrent)],
  recurrent: (g) => [
    ...[2, g.f32(12), recurrentArrays(g), g.i32(3, 1), g.f32(36), recurrentStates(g), g.f32(240)],
    g.i32(...recurrent),
  ],
  recurrentGrad: (g) => [
    ...[2, g.f32(12), recurrentArrays(g), g.i32(3, 1), g.f32(36), g.f32(240), g.f32(36), recurrentStates(g), g.f32(12)],
    ...[recurrentGradients(g), g.i32(...recurrent)],
  ],
  gatherRows: (g) => [g.f32(12), g.i32(2, 0), g.f32(8), 4],
  scatterAddRows: (g) => [g.f32(8), g.i32(2, 0), g.f32(12), 4],
  dropout: (g) => [g.f32(33), g.f32(33), 0.5, g.u32(1, 2, 3, 4)],
  uniform: (g) => [g.f32(33), 0, 1, g.u32(1, 2, 3, 4)],
  update: (g) => [
    5,
    g.f32(33),
    g.f32(33),
    g.f32(33),
    g.f32(33),
    g.f32(33),
    g.f64(1, 2, 0, 1, 1e-3, 0.9, 0.1, 0.999, 1e-3, 1e-8, 1),
  ],
};

const codes = new Set(['ERR_INVALID_ARGUMENT', 'ERR_KERNEL']);

/** Calls a kernel; the error it throws, or undefined. */
function thrown(name: string, args: readonly unknown[]): unknown {
  try {
    Reflect.apply(Reflect.get(addon ?? {}, name), addon, args);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.skipIf(addon === undefined)('the raw addon', () => {
  it('has a valid call here for each of its kernels', () => {
    expect(Object.keys(calls).sort()).toEqual(Object.keys(addon?.kernels ?? {}).sort());
  });

  describe.each(Object.keys(calls).filter((name) => Object.hasOwn(addon?.kernels ?? {}, name)))('%s', (name) => {
    const valid = calls[name] as (g: Guarded) => Argument[];

    it('takes the valid call', () => {
      const guarded = new Guarded();
      expect(thrown(name, valid(guarded))).toBeUndefined();
      expect(guarded.intact()).toBe(true);
    });

    it('survives wrong ones', () => {
      const random = new Random(20, name.length);
      let refused = 0;
      for (let i = 0; i < callsPerKernel; i++) {
        const guarded = new Guarded();
        const { args, what } = mutate(random, guarded, valid(guarded));
        const error = thrown(name, args);
        if (!guarded.intact()) expect.fail(`${name}, call ${i}, ${what}: wrote outside of its arrays`);
        if (error === undefined) continue;
        refused++;
        const typed = (error instanceof TypeError || error instanceof RangeError) && codes.has(Reflect.get(error, 'code'));
        if (!typed || !error.message.startsWith(`[${name}] `)) expect.fail(`${name}, call ${i}, ${what}: threw ${String(error)}`);
      }
      expect(refused).toBeGreaterThan(callsPerKernel / 10);
    });
  });
});
