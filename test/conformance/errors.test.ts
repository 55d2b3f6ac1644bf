/** Errors in data: an index outside throws the same class on every backend and leaves what it would have changed alone. */
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backend/backend.js';
import { referenceBackend } from '../../src/backend/reference/index.js';
import { ArgumentError } from '../../src/errors.js';
import { nativeIfBuilt, withSettings } from '../support/isas.js';

const native = nativeIfBuilt('errors in data, on the addon');
const plane = new Int32Array([1, 1, 2, 2, 3, 1, 1, 1, 1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1]);
const bad = [-1, 4, 2 ** 31 - 1, -(2 ** 31)];

const calls: Record<string, (backend: Backend, index: number) => Float32Array[]> = {
  crossEntropy: (backend, label) => {
    const call = () =>
      backend.crossEntropy(new Float32Array(8), new Int32Array([0, label]), new Float32Array(2), new Float32Array(8), 2, 4);
    expect(call).toThrow(ArgumentError);
    return [];
  },
  crossEntropyGrad: (backend, label) => {
    const call = () =>
      backend.crossEntropyGrad(new Float32Array(8), new Int32Array([0, label]), new Float32Array(2), new Float32Array(8), 2, 4);
    expect(call).toThrow(ArgumentError);
    return [];
  },
  gatherRows: (backend, index) => {
    const call = () => backend.gatherRows(new Float32Array(12), new Int32Array([3, index]), new Float32Array(6), 3);
    expect(call).toThrow(ArgumentError);
    return [];
  },
  scatterAddRows: (backend, index) => {
    const x = new Float32Array(12).fill(7);
    const call = () => backend.scatterAddRows(new Float32Array(6).fill(1), new Int32Array([3, index]), x, 3);
    expect(call).toThrow(ArgumentError);
    return [x];
  },
  maxPoolGrad: (backend, index) => {
    const call = () => backend.maxPoolGrad(new Float32Array(3), new Int32Array([0, 3, index]), new Float32Array(12), plane);
    expect(call).toThrow(ArgumentError);
    return [];
  },
};

const backends: readonly (readonly [string, Backend, string | undefined])[] = [
  ['reference', referenceBackend, undefined],
  ...(native?.info().isa.present ?? []).map((isa) => [`native, ${isa}`, native as Backend, isa] as const),
];

describe.each(backends)('%s', (_name, backend, isa) => {
  it.each(Object.entries(calls))('%s refuses an index outside', (_kernel, call) => {
    const check = () => {
      for (const index of bad) for (const untouched of call(backend, index)) expect(new Set(untouched)).toEqual(new Set([7]));
    };
    if (native === undefined || isa === undefined) check();
    else withSettings(native, { isa }, check);
  });
});
