/** The elementary functions of the addon over a dense sample of all float32 numbers, on every instruction set. */
import { describe, expect, it } from 'vitest';
import type { UnaryOp } from '../../src/backend/backend.js';
import { unaryOps } from '../../src/backend/reference/elementwise.js';
import { nativeIfBuilt, withSettings } from '../support/isas.js';
import { ulpOf } from '../support/tolerance.js';

/** What docs/activations.md promises, in steps of float32 at the true value. */
const bounds: Partial<Record<UnaryOp, number>> = { exp: 2, tanh: 2, sigmoid: 2, erf: 2, log: 2, expm1: 2, log1p: 2 };

/** Every 1999th bit pattern: 2.1 million numbers of all sizes, both signs, denormal ones, NaN; and both infinities and zeros. */
function sample(): Float32Array {
  const patterns: number[] = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000];
  for (let pattern = 0; pattern < 2 ** 32; pattern += 1999) patterns.push(pattern);
  return new Float32Array(Uint32Array.from(patterns).buffer);
}

/** The largest distance in ulps, and where; infinite where one is NaN or infinite and the other is not. */
function worstError(got: Float32Array, want: Float64Array): { error: number; at: number } {
  let worst = { error: 0, at: -1 };
  for (let i = 0; i < got.length; i++) {
    const [received, exact] = [got[i], want[i]];
    if (received === Math.fround(exact) || (Number.isNaN(received) && Number.isNaN(exact))) continue;
    // Just above the largest float either answer is within half a step.
    const near = Number.isFinite(received) ? received : Math.sign(received) * 2 ** 128;
    const error = Math.abs(near - exact) / ulpOf(Math.min(Math.abs(exact), 2 ** 127));
    if (!(error <= worst.error)) worst = { error: Number.isNaN(error) ? Infinity : error, at: i };
  }
  return worst;
}

const native = nativeIfBuilt('elementary functions over all floats');

if (native === undefined) {
  it.skip('elementary functions over all floats');
} else {
  const x = sample();
  describe.each(Object.entries(bounds) as [UnaryOp, number][])('%s', (op, bound) => {
    const want = Float64Array.from(x, (value) => unaryOps[op].value(value, 0, 0));

    it.each(native.info().isa.present)('is within its bound on %s', (isa) => {
      const got = new Float32Array(x.length);
      withSettings(native, { isa, threads: 2 }, () => native.unary(op, x, got, 0, 0));
      const { error, at } = worstError(got, want);
      expect(error <= bound ? null : `${op}(${x[at]}) = ${got[at]}, expected ${want[at]}: ${error} ulp`).toBeNull();
    });
  });
}
