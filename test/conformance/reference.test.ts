/**
 * The reference against itself: what it computes on float32 arrays must lie within the case's tolerance of what it
 * computes on float64 arrays. This keeps the reference honest for both types, and the tolerances wide enough for one rounding.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyArray } from '../../src/backend/backend.js';
import { referenceBackend } from '../../src/backend/reference/index.js';
import { callsOf, type KernelCall, type KernelName, kernelCases, mapArrays, nameOf, run } from '../cases/kernels.js';
import { difference } from '../support/compare.js';

/** Kernels whose results depend on the type by definition: conversions, and sums that are rounded at each step. */
const typed: ReadonlySet<KernelName> = new Set([
  'fill',
  'copy',
  'cast',
  'select',
  'compare',
  'gatherRows',
  'scatterAddRows',
  'uniform',
]);

const isFloat32 = (value: AnyArray): value is Float32Array => Object.prototype.toString.call(value) === '[object Float32Array]';

function inDouble(call: KernelCall): KernelCall {
  const doubles = new Map<unknown, Float64Array>();
  const doubled = (array: AnyArray): AnyArray => {
    if (!isFloat32(array)) return array;
    const double = doubles.get(array) ?? Float64Array.from(array);
    doubles.set(array, double);
    return double;
  };
  const args = call.args.map((arg) => mapArrays(arg, doubled));
  const { prepare } = call;
  if (prepare === undefined) return { ...call, args };
  return { ...call, args, prepare: (backend, own) => prepare(backend, own).map((arg) => mapArrays(arg, doubled)) };
}

/** A fault of the size that a missing term or a wrong index makes, in one element. */
function damaged(array: AnyArray): AnyArray {
  const copy = array.slice();
  const at = Math.floor(copy.length / 2);
  const value = copy[at];
  copy[at] = Number.isFinite(value) ? value + Math.sign(value || 1) * Math.max(1, Math.abs(value) / 100) : 0;
  return copy;
}

/** The plain loops of the largest products take seconds on a busy machine: milliseconds. */
const patience = 60_000;

describe.each(kernelCases.map((kernelCase) => [nameOf(kernelCase), kernelCase] as const))('%s', (name, kernelCase) => {
  let calls: readonly KernelCall[] = [];
  let singles: readonly AnyArray[][] = [];
  beforeAll(() => {
    calls = callsOf(kernelCase);
    singles = calls.map((call) => run(referenceBackend, kernelCase, call));
  }, patience);
  afterAll(() => {
    calls = [];
    singles = [];
  });

  if (!typed.has(kernelCase.kernel)) {
    it('computes on float32 what it computes on float64', () => {
      const failures = calls.flatMap((call, at) => {
        const double = run(referenceBackend, kernelCase, inDouble(call));
        return call.outputs.flatMap(({ tolerance }, i) => {
          const wanted = double[i];
          const rounded = Object.prototype.toString.call(wanted) === '[object Float64Array]' ? Float32Array.from(wanted) : wanted;
          return difference(`${name} ${call.label}`, singles[at][i], rounded, tolerance) ?? [];
        });
      });
      expect(failures).toEqual([]);
    });
  }

  it('has tolerances that notice one wrong element', () => {
    expect(calls.length).toBeGreaterThan(0);
    calls.forEach((call, at) => {
      expect(singles[at].length).toBe(call.outputs.length);
      call.outputs.forEach(({ tolerance }, i) => {
        const right = singles[at][i];
        if (right.length > 0) expect(difference('', damaged(right), right, tolerance), call.label).toBeDefined();
      });
    });
  });
});
