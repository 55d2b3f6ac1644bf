/** Every kernel of the addon against the reference, on every instruction set of this machine, and against itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyArray } from '../../src/backend/backend.js';
import { referenceBackend } from '../../src/backend/reference/index.js';
import { callsOf, type KernelCall, kernelCases, nameOf, run } from '../cases/kernels.js';
import { bitDifference, difference } from '../support/compare.js';
import { fusedIsas, nativeIfBuilt, withSettings } from '../support/isas.js';

const native = nativeIfBuilt('native kernels against the reference');

/** The plain loops of the largest products take seconds on a busy machine: milliseconds. */
const patience = 60_000;

if (native === undefined) {
  it.skip('native kernels against the reference');
} else {
  const { present } = native.info().isa;
  const [first, ...others] = fusedIsas(native);

  describe.each(kernelCases.map((kernelCase) => [nameOf(kernelCase), kernelCase] as const))('%s', (name, kernelCase) => {
    let calls: readonly KernelCall[] = [];
    let wanted: readonly AnyArray[][] = [];
    const done = new Map<string, readonly AnyArray[][]>();
    beforeAll(() => {
      calls = callsOf(kernelCase);
      wanted = calls.map((call) => run(referenceBackend, kernelCase, call));
    }, patience);
    afterAll(() => {
      calls = [];
      wanted = [];
      done.clear();
    });

    const results = (isa: string, threads: number) => {
      const key = `${isa} ${threads}`;
      const known = done.get(key);
      if (known !== undefined) return known;
      const outputs = withSettings(native, { isa, threads }, () => calls.map((call) => run(native, kernelCase, call)));
      done.set(key, outputs);
      return outputs;
    };

    /** The failures of all calls, each with what is needed to find it. */
    const failures = (about: string, compare: (call: KernelCall, at: number, label: string) => (string | undefined)[]) =>
      calls.flatMap((call, at) => compare(call, at, `${name} (${about}) ${call.label}`).filter((text) => text !== undefined));

    const bitFailures = (about: string, got: readonly AnyArray[][], expected: readonly AnyArray[][]) =>
      failures(about, (call, at, label) => call.outputs.map((_, i) => bitDifference(label, got[at][i], expected[at][i])));

    it.each(present)('agrees with the reference on %s', (isa) => {
      const got = results(isa, 2);
      const found = failures(isa, (call, at, label) =>
        call.outputs.map(({ tolerance }, i) => difference(label, got[at][i], wanted[at][i], tolerance)),
      );
      expect(found).toEqual([]);
    });

    it.each(present)('gives the same bits with 1 and 2 threads on %s', (isa) => {
      expect(bitFailures(`${isa}, 2 threads against 1`, results(isa, 2), results(isa, 1))).toEqual([]);
    });

    it.skipIf(others.length === 0)('gives the same bits on all instruction sets with fused multiply-add', () => {
      const expected = results(first, 2);
      for (const isa of others) expect(bitFailures(`${isa} against ${first}`, results(isa, 2), expected)).toEqual([]);
    });
  });
}
