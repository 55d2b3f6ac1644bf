import { describe, expect, it } from 'vitest';
import { recurrentGates } from '../../src/backend/backend.js';
import { binaryOps, compareOps, unaryOps } from '../../src/backend/reference/elementwise.js';
import { referenceBackend } from '../../src/backend/reference/index.js';
import { argReduceOps, reduceOps } from '../../src/backend/reference/reduce.js';
import { updateOps } from '../../src/backend/reference/update.js';
import { kernelCases, nameOf } from '../cases/kernels.js';

describe('the table of kernel cases', () => {
  const covered = new Set<string>(kernelCases.flatMap(({ kernel, alsoCovers = [] }) => [kernel, ...alsoCovers]));

  it.each(Object.keys(referenceBackend).filter((key) => key !== 'name'))('has a case for %s', (kernel) => {
    expect(covered).toContain(kernel);
  });

  it.each(
    Object.entries({
      unary: unaryOps,
      unaryGrad: unaryOps,
      binary: binaryOps,
      compare: compareOps,
      reduce: reduceOps,
      argReduce: argReduceOps,
      update: updateOps,
      recurrent: recurrentGates,
      recurrentGrad: recurrentGates,
    }),
  )('has a case for every operation of %s', (kernel, table) => {
    const ops = kernelCases.filter((kernelCase) => kernelCase.kernel === kernel).map(({ op }) => op);
    expect(new Set(ops)).toEqual(new Set(Object.keys(table)));
  });

  it('names each case once', () => {
    const names = kernelCases.map(nameOf);
    expect(new Set(names).size).toBe(names.length);
  });
});
