import { describe, expect, it } from 'vitest';
import { gradCheck } from '../../src/autograd/gradCheck.js';
import * as ops from '../../src/ops/index.js';
import { RandomStream } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { notDifferentiable, opCases } from '../cases/ops.js';

// Central differences in float64 with e = 1e-6 are off by about e^2 (third derivative) plus eps/e = 2e-10 (rounding); the values
// here and their third derivatives stay below about 100.
const tolerance = 1e-6;

describe('gradients by central differences', () => {
  opCases.forEach(({ op, label, inputs, call }, index) => {
    it(`${op} ${label ?? ''}`, () => {
      const stream = new RandomStream(index, 'gradient');
      const tensors = inputs.map(({ shape, low, high }) => stream.uniform(shape, low, high, 'float64'));
      // A random cotangent: a plain sum would hide errors that cancel.
      const cotangent = stream.uniform(call(...tensors).shape, -1, 1, 'float64');
      const f = (...xs: Tensor[]): Tensor => ops.sum(ops.mul(call(...xs), cotangent));
      expect(gradCheck(f, tensors, { tolerance })).toBeLessThanOrEqual(tolerance);
    });
  });

  it('has a case for every op', () => {
    const covered = new Set<string>([...opCases.map(({ op }) => op), ...notDifferentiable]);
    const functions = Object.entries(ops).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    expect(functions.filter((name) => !covered.has(name))).toEqual([]);
  });
});
