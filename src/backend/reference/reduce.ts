import type { ArgReduceOp, FloatArray, ReduceOp } from '../backend.js';

interface ReduceDefinition {
  readonly start: number;
  step(state: number, x: number): number;
  finish(state: number, count: number): number;
}

const same = (state: number): number => state;

export const reduceOps: Readonly<Record<ReduceOp, ReduceDefinition>> = {
  sum: { start: 0, step: (s, x) => s + x, finish: same },
  mean: { start: 0, step: (s, x) => s + x, finish: (s, count) => s / count },
  max: { start: -Infinity, step: (s, x) => Math.max(s, x), finish: same },
  min: { start: Infinity, step: (s, x) => Math.min(s, x), finish: same },
  prod: { start: 1, step: (s, x) => s * x, finish: same },
  sumSquares: { start: 0, step: (s, x) => s + x * x, finish: same },
};

export function reduce(op: ReduceOp, x: FloatArray, y: FloatArray, outer: number, length: number, inner: number): void {
  const { start, step, finish } = reduceOps[op];
  const state = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    state.fill(start);
    for (let l = 0; l < length; l++) {
      const row = (o * length + l) * inner;
      for (let i = 0; i < inner; i++) state[i] = step(state[i], x[row + i]);
    }
    for (let i = 0; i < inner; i++) y[o * inner + i] = finish(state[i], length);
  }
}

export const argReduceOps: Readonly<Record<ArgReduceOp, (x: number, best: number) => boolean>> = {
  argMax: (x, best) => x > best || isFirstNaN(x, best),
  argMin: (x, best) => x < best || isFirstNaN(x, best),
};

function isFirstNaN(x: number, best: number): boolean {
  return Number.isNaN(x) && !Number.isNaN(best);
}

export function argReduce(op: ArgReduceOp, x: FloatArray, y: Int32Array, outer: number, length: number, inner: number): void {
  const beats = argReduceOps[op];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const first = o * length * inner + i;
      let best = 0;
      for (let l = 1; l < length; l++) {
        if (beats(x[first + l * inner], x[first + best * inner])) best = l;
      }
      y[o * inner + i] = best;
    }
  }
}
