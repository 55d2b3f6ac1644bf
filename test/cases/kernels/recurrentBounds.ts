/**
 * How far a recurrent kernel may lie from the reference: the equations of its cells, forward and back, in numbers that carry a bound
 * of their error (test/support/inexact.ts), one row of one direction at a time. Derived from the equations alone, it shares no code
 * with the reference.
 */
import type { RecurrentCell } from '../../../src/backend/backend.js';
import {
  exact,
  type Inexact,
  joined,
  type Matrix,
  part,
  plus,
  product,
  productBack,
  through,
  times,
} from '../../support/inexact.js';

/** What the steps of one row are computed from. */
export interface Row {
  readonly cell: RecurrentCell;
  readonly units: number;
  /** x of each valid step, in the order of the direction. */
  readonly xs: readonly ArrayLike<number>[];
  readonly weightInput: Matrix;
  readonly weightRecurrent: Matrix;
  readonly biasInput: ArrayLike<number>;
  readonly biasRecurrent: ArrayLike<number>;
  /** Zeros without peepholes. */
  readonly peephole: ArrayLike<number>;
  readonly projection: Matrix | null;
  readonly h0: ArrayLike<number>;
  readonly c0: ArrayLike<number>;
  readonly mask: ArrayLike<number>;
}

/** One step: the states before and after, and its gates. */
interface Step {
  readonly before: { readonly h: Inexact; readonly c: Inexact; readonly seen: Inexact };
  readonly h: Inexact;
  readonly c: Inexact;
  readonly gates: readonly Inexact[];
  /** h before the projection (lstm), h R + biasRecurrent of n (gru), the pre-activation (rnn). */
  readonly inner: Inexact;
}

const sigmoid = (a: Inexact): Inexact =>
  through(
    a,
    (x) => 1 / (1 + Math.exp(-x)),
    (y) => y * (1 - y),
  );
const tanh = (a: Inexact): Inexact => through(a, Math.tanh, (y) => 1 - y * y);
const relu = (a: Inexact): Inexact =>
  through(
    a,
    (x) => Math.max(x, 0),
    () => 1,
  );
const like = (x: Inexact, value: number): Inexact => exact(x.value.map(() => value));
const negative = (x: Inexact): Inexact => times(x, like(x, -1));
const complement = (x: Inexact): Inexact => plus(like(x, 1), negative(x));
/** s (1 - s) and 1 - t^2: derivatives from values. */
const ofSigmoid = (s: Inexact): Inexact => times(s, complement(s));
const ofTanh = (t: Inexact): Inexact => complement(times(t, t));
/** At the kink either side may be taken. */
const ofRelu = ({ value, error }: Inexact): Inexact => ({
  value: value.map((x) => (x > 0 ? 1 : 0)),
  error: value.map((x, i) => (Math.abs(x) <= error[i]! ? 1 : 0)),
});

export function forward(row: Row): Step[] {
  const steps: Step[] = [];
  let [h, c] = [exact(row.h0), exact(row.c0)];
  for (const x of row.xs) {
    const seen = times(h, exact(row.mask));
    const step = stepForward(row, { h, c, seen }, product(exact(x), row.weightInput));
    steps.push(step);
    ({ h, c } = step);
  }
  return steps;
}

function stepForward(row: Row, before: Step['before'], input: Inexact): Step {
  const { cell, units } = row;
  const { h, c, seen } = before;
  const [biasInput, biasRecurrent] = [exact(row.biasInput), exact(row.biasRecurrent)];
  const peep = (gate: number): Inexact => part(exact(row.peephole), gate * units, units);
  const recurrent = product(seen, row.weightRecurrent);
  const a = plus(input, biasInput, biasRecurrent, recurrent);
  const gate = (index: number): Inexact => part(a, index * units, units);
  if (cell === 'rnnTanh' || cell === 'rnnRelu')
    return { before, h: (cell === 'rnnTanh' ? tanh : relu)(a), c, gates: [], inner: a };
  if (cell === 'lstm') {
    const i = sigmoid(plus(gate(0), times(peep(0), c)));
    const f = sigmoid(plus(gate(1), times(peep(1), c)));
    const g = tanh(gate(2));
    const next = plus(times(f, c), times(i, g));
    const o = sigmoid(plus(gate(3), times(peep(2), next)));
    const hidden = times(o, tanh(next));
    return {
      before,
      h: row.projection === null ? hidden : product(hidden, row.projection),
      c: next,
      gates: [i, f, g, o],
      inner: hidden,
    };
  }
  const [r, z] = [sigmoid(gate(0)), sigmoid(gate(1))];
  const ofN = (x: Inexact): Inexact => part(x, 2 * units, units);
  const inner = plus(ofN(recurrent), ofN(biasRecurrent));
  const sum =
    cell === 'gru' ? times(r, inner) : plus(ofN(biasRecurrent), product(times(r, seen), row.weightRecurrent, 2 * units, units));
  const n = tanh(plus(ofN(input), ofN(biasInput), sum));
  return { before, h: plus(times(complement(z), n), times(z, h)), c, gates: [r, z, n], inner };
}

/** One step back: gradients of x W, of h R (where it differs from x W), of what R multiplied for each gate, of h and of c. */
export interface Back {
  readonly da: Inexact;
  readonly drecurrent: Inexact;
  readonly dtotal: Inexact;
  readonly dh: Inexact;
  readonly dc: Inexact;
  readonly step: Step;
}

/** From the last step to the first; `dys` is in the order of the steps. */
export function backward(row: Row, dys: readonly ArrayLike<number>[], dhN: ArrayLike<number>, dcN: ArrayLike<number>): Back[] {
  let [dh, dc] = [exact(dhN), exact(dcN)];
  return forward(row)
    .map((step, t) => ({ step, dy: dys[t]! }))
    .reverse()
    .map(({ step, dy }) => {
      const back = stepBack(row, step, plus(dh, exact(dy)), dc);
      ({ dh, dc } = back);
      return back;
    });
}

function stepBack(row: Row, step: Step, dtotal: Inexact, dc: Inexact): Back {
  const { cell, units, weightRecurrent } = row;
  const { before, c, gates, inner } = step;
  const mask = exact(row.mask);
  const peep = (gate: number): Inexact => part(exact(row.peephole), gate * units, units);
  if (cell === 'rnnTanh' || cell === 'rnnRelu') {
    const da = times(dtotal, cell === 'rnnTanh' ? ofTanh(step.h) : ofRelu(inner));
    return { da, drecurrent: da, dtotal, dh: times(productBack(da, weightRecurrent), mask), dc, step };
  }
  if (cell === 'lstm') {
    const [i, f, g, o] = gates as [Inexact, Inexact, Inexact, Inexact];
    const dhidden = row.projection === null ? dtotal : productBack(dtotal, row.projection);
    const squashed = tanh(c);
    const ofO = times(dhidden, squashed, ofSigmoid(o));
    const dAfter = plus(dc, times(dhidden, o, ofTanh(squashed)), times(ofO, peep(2)));
    const ofI = times(dAfter, g, ofSigmoid(i));
    const ofF = times(dAfter, before.c, ofSigmoid(f));
    const da = joined(ofI, ofF, times(dAfter, i, ofTanh(g)), ofO);
    const dBefore = plus(times(dAfter, f), times(ofI, peep(0)), times(ofF, peep(1)));
    return { da, drecurrent: da, dtotal, dh: times(productBack(da, weightRecurrent), mask), dc: dBefore, step };
  }
  const [r, z, n] = gates as [Inexact, Inexact, Inexact];
  const ofN = times(dtotal, complement(z), ofTanh(n));
  const ofZ = times(dtotal, plus(before.h, negative(n)), ofSigmoid(z));
  const past = times(dtotal, z);
  if (cell === 'gru') {
    const ofR = times(ofN, inner, ofSigmoid(r));
    const drecurrent = joined(ofR, ofZ, times(ofN, r));
    const dh = plus(past, times(productBack(drecurrent, weightRecurrent), mask));
    return { da: joined(ofR, ofZ, ofN), drecurrent, dtotal, dh, dc, step };
  }
  const dreset = productBack(ofN, weightRecurrent, 2 * units);
  const ofR = times(dreset, before.seen, ofSigmoid(r));
  const dseen = plus(times(dreset, r), productBack(joined(ofR, ofZ), weightRecurrent));
  const da = joined(ofR, ofZ, ofN);
  return { da, drecurrent: da, dtotal, dh: plus(past, times(dseen, mask)), dc, step };
}
