/** Recurrent layers with random sizes, options and data, and what a way to compute them gives: outputs and gradients by name. */
import fc from 'fast-check';
import { valueAndGrad } from '../../src/autograd/grad.js';
import { type AnyArray, type RecurrentCell, recurrentGates } from '../../src/backend/backend.js';
import * as ops from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';
import type { FloatDType } from '../../src/tensor/dtype.js';
import { scope } from '../../src/tensor/scope.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Random } from './random.js';

export const problems = fc.record({
  cell: fc.constantFrom(...(Object.keys(recurrentGates) as RecurrentCell[])),
  batch: fc.integer({ min: 1, max: 9 }),
  steps: fc.integer({ min: 0, max: 6 }),
  width: fc.integer({ min: 0, max: 34 }),
  units: fc.integer({ min: 1, max: 40 }),
  /** Width of the projection of an lstm, 0 for none. */
  projection: fc.constantFrom(0, 0, 5, 20),
  peephole: fc.boolean(),
  bias: fc.boolean(),
  initial: fc.boolean(),
  mask: fc.boolean(),
  padded: fc.boolean(),
  reverse: fc.boolean(),
  seed: fc.nat(),
});

export type Settings = typeof problems extends fc.Arbitrary<infer T> ? T : never;

interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A problem with its data. Names are x and, for directions 0 and 1, "0 weightInput" and so on. */
export interface Problem extends Settings {
  readonly out: number;
  readonly columns: number;
  readonly lengths: number[];
  readonly masks: readonly (Float32Array | null)[];
  readonly arrays: ReadonlyMap<string, Values>;
}

export function problemOf(settings: Settings): Problem {
  const { cell, batch, steps, width, units, bias, initial } = settings;
  const random = new Random(settings.seed);
  const lstm = cell === 'lstm';
  const projected = lstm && settings.projection > 0;
  const out = projected ? settings.projection : units;
  const columns = recurrentGates[cell] * units;
  const entries: [name: string, present: boolean, shape: number[]][] = [['x', true, [batch, steps, width]]];
  for (const d of [0, 1]) {
    entries.push(
      [`${d} weightInput`, true, [width, columns]],
      [`${d} weightRecurrent`, true, [out, columns]],
      [`${d} biasInput`, bias, [columns]],
      [`${d} biasRecurrent`, bias, [columns]],
      [`${d} peephole`, lstm && settings.peephole, [3, units]],
      [`${d} projection`, projected, [units, out]],
      [`${d} h`, initial, [batch, out]],
      [`${d} c`, initial && lstm, [batch, units]],
    );
  }
  const arrays = new Map<string, Values>();
  for (const [name, present, shape] of entries) {
    const scale = name === 'x' ? 1 : 1 / Math.sqrt(1 + (shape[0] as number));
    const size = shape.reduce((a, b) => a * b, 1);
    if (present) arrays.set(name, { shape, values: random.floats(size).map((value) => value * scale) });
  }
  const lengths = Array.from({ length: batch }, () => (settings.padded ? random.integer(0, steps) : steps));
  const mask = () => Float32Array.from({ length: batch * out }, () => random.integer(0, 2) * 0.75);
  return { ...settings, out, columns, lengths, arrays, masks: [0, 1].map(() => (settings.mask ? mask() : null)) };
}

/**
 * The same problem, but x is what the pre-activations of both directions take from it, side by side: its gradient is then that of the
 * pre-activations.
 */
export function preactivationsOf(p: Problem): Problem {
  const rows = p.batch * p.steps;
  const both = 2 * p.columns;
  const x = new Float32Array(rows * both);
  const arrays = new Map(p.arrays);
  for (const d of [0, 1]) {
    const weights = p.arrays.get(`${d} weightInput`)!.values;
    const given = p.arrays.get('x')!.values;
    const picked = new Float32Array(both * p.columns);
    for (let j = 0; j < p.columns; j++) {
      picked[(d * p.columns + j) * p.columns + j] = 1;
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let k = 0; k < p.width; k++) sum += given[row * p.width + k] * weights[k * p.columns + j];
        x[row * both + d * p.columns + j] = sum;
      }
    }
    arrays.set(`${d} weightInput`, { shape: [both, p.columns], values: picked });
  }
  arrays.set('x', { shape: [p.batch, p.steps, both], values: x });
  return { ...p, width: both, arrays };
}

/** The tensors of a problem. */
export interface Inputs {
  readonly x: Tensor;
  readonly weights: readonly ops.RecurrentWeights[];
  readonly initial: readonly (ops.RecurrentState | null)[];
  readonly masks: readonly (Tensor | null)[];
}

/** A way to compute a problem, with how many of its directions. */
export interface Way {
  readonly directions: 1 | 2;
  run(problem: Problem, inputs: Inputs): ops.RecurrentResult;
}

function inputsOf(p: Problem, directions: number, of: (name: string) => Tensor | null, dtype: FloatDType): Inputs {
  const all = Array.from({ length: directions }, (_, d) => d);
  return {
    x: of('x')!,
    weights: all.map((d) => ({
      weightInput: of(`${d} weightInput`)!,
      weightRecurrent: of(`${d} weightRecurrent`)!,
      biasInput: of(`${d} biasInput`),
      biasRecurrent: of(`${d} biasRecurrent`),
      peephole: of(`${d} peephole`),
      projection: of(`${d} projection`),
    })),
    initial: all.map((d) => {
      const h = of(`${d} h`);
      return h && { h, c: of(`${d} c`) };
    }),
    masks: all.map((d) => {
      const mask = p.masks[d] ?? null;
      return mask && ops.cast(tensor(mask), dtype).reshape([p.batch, p.out]);
    }),
  };
}

/** Outputs, final states, and the gradients of all inputs of their sum weighted by random cotangents. */
export function evaluated(p: Problem, way: Way, dtype: FloatDType): Map<string, AnyArray> {
  return scope(() => {
    const names = [...p.arrays.keys()].filter((name) => way.directions === 2 || !name.startsWith('1'));
    const sources = names.map((name) => {
      const { values, shape } = p.arrays.get(name)!;
      return ops.cast(tensor(values), dtype).reshape([...shape]);
    });
    const results = new Map<string, AnyArray>();
    const random = new Random(p.seed, 1);
    const weighted = (name: string, result: Tensor): Tensor => {
      results.set(name, result.data());
      const cotangent = tensor(random.floats(result.size)).reshape([...result.shape]);
      return ops.sum(ops.mul(result, ops.cast(cotangent, dtype)));
    };
    const { grads } = valueAndGrad((...tensors: Tensor[]) => {
      const of = (name: string) => tensors[names.indexOf(name)] ?? null;
      const { output, final } = way.run(p, inputsOf(p, way.directions, of, dtype));
      const states = final.flatMap(({ h, c }, d) => [weighted(`final h ${d}`, h), ...(c ? [weighted(`final c ${d}`, c)] : [])]);
      return [weighted('output', output), ...states].reduce((a, b) => ops.add(a, b));
    })(...sources);
    names.forEach((name, i) => {
      results.set(`gradient of ${name}`, grads[i]!.data());
    });
    return results;
  });
}
