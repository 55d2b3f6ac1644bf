/**
 * What must give the same result however it is computed: a padded batch and its sequences one by one, both directions in one call and
 * in two, a sequence in one call, step by step, and in two parts with states carried. Outputs, final states and the gradients of x
 * and of initial states to the bit (but for the sign of zeros); those of weights within the rounding of their sums.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, setBackend } from '../../src/backend/select.js';
import * as ops from '../../src/ops/index.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { difference } from '../support/compare.js';
import { nativeIfBuilt, withSettings } from '../support/isas.js';
import {
  evaluated,
  type Inputs,
  type Problem,
  preactivationsOf,
  problemOf,
  problems,
  type Way,
} from '../support/recurrentProblem.js';
import { equal, largest, sumOfProducts, within } from '../support/tolerance.js';

const oneDirection: Way = {
  directions: 1,
  run: ({ cell, lengths, reverse }, { x, weights, initial, masks }) =>
    ops.recurrent(cell, x, weights, { reverse, lengths, initial, masks }),
};

const bothDirections: Way = {
  directions: 2,
  run: ({ cell, lengths }, { x, weights, initial, masks }) => ops.recurrent(cell, x, weights, { lengths, initial, masks }),
};

const twoRuns: Way = {
  directions: 2,
  run: ({ cell, lengths }, { x, weights, initial, masks }) => {
    const runs = weights.map((own, d) => {
      const [state, mask] = [initial[d] ?? null, masks[d] ?? null];
      return ops.recurrent(cell, x, [own], { reverse: d === 1, lengths, initial: [state], masks: [mask] });
    });
    return {
      output: ops.concat(
        runs.map(({ output }) => output),
        2,
      ),
      final: runs.flatMap(({ final }) => final),
    };
  },
};

const rowOf = (state: Tensor, b: number): Tensor => ops.slice(state, [[b, b + 1]]);

/** Each row without its padding, in a call of its own. */
function rowByRow(problem: Problem, { x, weights, initial, masks }: Inputs): ops.RecurrentResult {
  const runs = problem.lengths.map((length, b) => {
    const { output, final } = ops.recurrent(
      problem.cell,
      ops.slice(x, [
        [b, b + 1],
        [0, length],
      ]),
      weights,
      {
        reverse: weights.length === 1 && problem.reverse,
        initial: initial.map((state) => state && { h: rowOf(state.h, b), c: state.c ? rowOf(state.c, b) : null }),
        masks: masks.map((mask) => mask && rowOf(mask, b)),
      },
    );
    const none = [0, 0] as const;
    return { output: ops.pad(output, [none, [0, problem.steps - length], none]), final };
  });
  const joined = (of: (run: ops.RecurrentResult) => Tensor): Tensor => ops.concat(runs.map(of), 0);
  return {
    output: joined(({ output }) => output),
    final: weights.map((_, d) => ({
      h: joined(({ final }) => final[d]!.h),
      c: problem.cell === 'lstm' ? joined(({ final }) => final[d]!.c!) : null,
    })),
  };
}

/** In parts that end at the given steps, states carried. */
function inParts(ends: (problem: Problem) => readonly number[]): Way {
  return {
    directions: 1,
    run: (problem, { x, weights, initial, masks }) => {
      const { cell, lengths, reverse } = problem;
      const parts = ends(problem).map((end, i, all) => [all[i - 1] ?? 0, end] as const);
      let state = initial[0] ?? null;
      const outputs: Tensor[] = [];
      for (const [start, end] of reverse ? [...parts].reverse() : parts) {
        const { output, final } = ops.recurrent(cell, ops.slice(x, [null, [start, end]]), weights, {
          reverse,
          lengths: lengths.map((length) => Math.min(Math.max(length - start, 0), end - start)),
          initial: [state],
          masks,
        });
        state = final[0]!;
        outputs.push(output);
      }
      return { output: ops.concat(reverse ? outputs.reverse() : outputs, 1), final: [state!] };
    },
  };
}

const stepByStep = inParts(({ steps }) => Array.from({ length: Math.max(1, steps) }, (_, t) => Math.min(steps, t + 1)));
const inTwoParts = inParts(({ steps, seed }) => [seed % (steps + 1), steps]);

const pairs: Readonly<Record<string, readonly [Way, Way]>> = {
  'a padded batch equals its sequences one by one': [oneDirection, { directions: 1, run: rowByRow }],
  'a padded batch equals its sequences one by one, in both directions': [bothDirections, { directions: 2, run: rowByRow }],
  'both directions in one call equal two runs': [bothDirections, twoRuns],
  'a sequence equals its steps in a loop': [oneDirection, stepByStep],
  'a sequence equals its two parts with states carried': [oneDirection, inTwoParts],
};

/**
 * A bound for the gradient of a weight: one factor of its terms is the gradient of a pre-activation, which `preactivationsOf` makes
 * visible (or, for a projection, the gradient of h), the other x, h or c.
 */
function weightBound(p: Problem, way: Way, results: ReadonlyMap<string, ArrayLike<number>>): (name: string) => number {
  const ofPreactivations = largest(evaluated(preactivationsOf(p), way, 'float64').get('gradient of x')!);
  const given = (name: string) => largest(p.arrays.get(name)?.values ?? []);
  return (name) => {
    const [d, kind] = name.replace('gradient of ', '').split(' ') as [string, string];
    const h = 1.5 * Math.max(1, given(`${d} h`), largest(results.get('output')!));
    const c = given(`${d} c`) + p.steps;
    // What comes from the output, from the final state, and by way of the recurrent weights.
    const ofH = 2 + 2 + 1.5 * p.columns * given(`${d} weightRecurrent`) * ofPreactivations;
    const factors: Record<string, number> = { weightInput: given('x'), weightRecurrent: h, peephole: c };
    const one = kind === 'projection' ? ofH : (factors[kind] ?? 1) * ofPreactivations;
    return sumOfProducts(p.batch * p.steps, one, 1);
  };
}

const isWeight = (name: string): boolean => /^gradient of . (weight|bias|peephole|projection)/.test(name);

function check(problem: Problem, [first, second]: readonly [Way, Way]): void {
  const want = evaluated(problem, first, 'float32');
  const got = evaluated(problem, second, 'float32');
  const bound = weightBound(problem, first, want);
  for (const [name, values] of want) {
    const tolerance = isWeight(name) ? within(bound(name)) : equal;
    expect(difference(name, got.get(name)!, values, tolerance)).toBeUndefined();
  }
}

const runs = 25;
const native = nativeIfBuilt('recurrent layers computed in different ways, on the addon');
const before = backend().name;

describe.each(Object.entries(pairs))('%s', (_name, ways) => {
  afterAll(() => setBackend(before));

  it('on the reference', () => {
    setBackend('reference');
    fc.assert(
      fc.property(problems, (settings) => check(problemOf(settings), ways)),
      { numRuns: runs },
    );
  });

  it.each(native?.info().isa.present ?? [])('on %s', (isa) => {
    if (native === undefined) return;
    setBackend('native');
    withSettings(native, { isa }, () => {
      fc.assert(
        fc.property(problems, (settings) => check(problemOf(settings), ways)),
        { numRuns: runs },
      );
    });
  });
});
