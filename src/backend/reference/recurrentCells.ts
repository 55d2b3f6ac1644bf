/**
 * The equations of the recurrent cells for one step of one row, and their derivatives, in double. What a step keeps for the way back:
 * its gates after their non-linearities, then c' (lstm) or h R + biasRecurrent of the gate n (gru).
 */
import type { FloatArray, RecurrentCell } from '../backend.js';
import { addColumns, addRows } from './rows.js';

/** One step on its way forward. */
export interface Step {
  readonly units: number;
  readonly out: number;
  /** Columns of the weights: gates * units. */
  readonly columns: number;
  readonly weightRecurrent: FloatArray;
  readonly biasRecurrent: FloatArray | null;
  readonly peephole: FloatArray | null;
  /** h before the step, and what of it the products see. */
  readonly h: FloatArray;
  readonly seen: FloatArray;
  /** Before the step, and after it. */
  readonly c: FloatArray;
  /** [columns]: x W + bias, the start of the pre-activations. */
  readonly sums: Float64Array;
  /** [units]: receives h' (before the projection). */
  readonly hidden: Float64Array;
  /** [keptWidth * units]: receives what the way back needs. */
  kept: FloatArray;
}

/** One step on its way back: `c` is that before the step, `hidden` the gradient of h' and `kept` what the step kept. */
export interface StepBack extends Step {
  /** The gradient of c' , then of c. */
  readonly dc: FloatArray;
  /** [columns]: receives the gradients of x W + biasInput and, where it differs, of h R + biasRecurrent. */
  readonly sums: Float64Array;
  readonly recurrentSums: Float64Array;
  /** [out], zero before: receive the gradient of h by way of the products, and past them. */
  readonly dseen: Float64Array;
  readonly dpast: Float64Array;
  /** [out, columns], [3, units]: gradients of weights, added to. */
  readonly dweightRecurrent: Float64Array;
  readonly dpeephole: Float64Array;
}

interface Cell {
  /** Of what a step keeps, in units. */
  readonly keptWidth: number;
  /** Gates whose biasRecurrent is no part of the sum with x W. */
  readonly separateBias: boolean;
  forward(s: Step): void;
  backward(s: StepBack): void;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** sums[at + j] += operand R for `count` columns from `first`. */
function addProduct(s: Step, operand: FloatArray, sums: Float64Array, at: number, first: number, count: number): void {
  addRows(sums, at, count, s.out, operand, 0, 1, s.weightRecurrent, first, s.columns);
}

/** The way back of addProduct: from the gradient of its columns to that of the operand, added to target, and that of R. */
function addProductGrad(s: StepBack, operand: FloatArray, target: Float64Array, first: number, count: number): void {
  const { columns, recurrentSums, dweightRecurrent } = s;
  addColumns(target, 0, s.out, count, recurrentSums, first, 1, s.weightRecurrent, first, columns);
  for (let i = 0; i < s.out; i++) {
    for (let j = first; j < first + count; j++) {
      dweightRecurrent[i * columns + j] = dweightRecurrent[i * columns + j] + operand[i] * recurrentSums[j];
    }
  }
}

function plain(value: (x: number) => number, derivative: (y: number) => number): Cell {
  return {
    keptWidth: 1,
    separateBias: false,
    forward(s) {
      addProduct(s, s.seen, s.sums, 0, 0, s.units);
      for (let j = 0; j < s.units; j++) {
        s.hidden[j] = value(s.sums[j]);
        s.kept[j] = s.hidden[j];
      }
    },
    backward(s) {
      for (let j = 0; j < s.units; j++) s.sums[j] = s.hidden[j] * derivative(s.kept[j]);
      s.recurrentSums.set(s.sums);
      addProductGrad(s, s.seen, s.dseen, 0, s.units);
    },
  };
}

const lstm: Cell = {
  keptWidth: 5,
  separateBias: false,
  forward(s) {
    const { units, sums, c, peephole, kept } = s;
    addProduct(s, s.seen, sums, 0, 0, s.columns);
    for (let j = 0; j < units; j++) {
      const peep = (gate: number, cell: number): number => (peephole === null ? 0 : peephole[gate * units + j] * cell);
      const i = sigmoid(sums[j] + peep(0, c[j]));
      const f = sigmoid(sums[units + j] + peep(1, c[j]));
      const g = Math.tanh(sums[2 * units + j]);
      c[j] = f * c[j] + i * g;
      const o = sigmoid(sums[3 * units + j] + peep(2, c[j]));
      s.hidden[j] = o * Math.tanh(c[j]);
      [i, f, g, o, c[j]].forEach((value, part) => {
        kept[part * units + j] = value;
      });
    }
  },
  backward(s) {
    const { units, sums, c, peephole, dpeephole, kept, dc } = s;
    for (let j = 0; j < units; j++) {
      const [i, f, g, o, after] = [0, 1, 2, 3, 4].map((part) => kept[part * units + j]);
      const squashed = Math.tanh(after);
      const dh = s.hidden[j];
      const peep = (gate: number): number => (peephole === null ? 0 : peephole[gate * units + j]);
      const ofO = dh * squashed * o * (1 - o);
      const dAfter = dc[j] + dh * o * (1 - squashed * squashed) + ofO * peep(2);
      const ofI = dAfter * g * i * (1 - i);
      const ofF = dAfter * c[j] * f * (1 - f);
      const ofG = dAfter * i * (1 - g * g);
      dc[j] = dAfter * f + ofI * peep(0) + ofF * peep(1);
      [ofI, ofF, ofG, ofO].forEach((gradient, gate) => {
        sums[gate * units + j] = gradient;
      });
      [ofI * c[j], ofF * c[j], ofO * after].forEach((gradient, gate) => {
        dpeephole[gate * units + j] = dpeephole[gate * units + j] + gradient;
      });
    }
    s.recurrentSums.set(sums);
    addProductGrad(s, s.seen, s.dseen, 0, s.columns);
  },
};

/** r * h, as Cho's n sees it. */
const resetOf = (s: Step): Float64Array => Float64Array.from(s.seen, (value, j) => s.kept[j] * value);

function gru(resetAfter: boolean): Cell {
  return {
    keptWidth: resetAfter ? 4 : 3,
    separateBias: resetAfter,
    forward(s) {
      const { units, sums, kept } = s;
      const [second, third] = [units, 2 * units];
      addProduct(s, s.seen, sums, 0, 0, third);
      for (let j = 0; j < third; j++) kept[j] = sigmoid(sums[j]);
      const inner = new Float64Array(units);
      if (resetAfter) {
        addProduct(s, s.seen, inner, 0, third, units);
        for (let j = 0; j < units; j++) {
          inner[j] = inner[j] + (s.biasRecurrent === null ? 0 : s.biasRecurrent[third + j]);
          kept[3 * units + j] = inner[j];
          sums[third + j] = sums[third + j] + sigmoid(sums[j]) * inner[j];
        }
      } else {
        addProduct(s, resetOf(s), sums, third, third, units);
      }
      for (let j = 0; j < units; j++) {
        const z = sigmoid(sums[second + j]);
        const n = Math.tanh(sums[third + j]);
        kept[third + j] = n;
        s.hidden[j] = (1 - z) * n + z * s.h[j];
      }
    },
    backward(s) {
      const { units, sums, recurrentSums, kept, hidden, h } = s;
      const [second, third] = [units, 2 * units];
      // The gradient of r, or of r * h, whichever n saw.
      const dreset = new Float64Array(units);
      for (let j = 0; j < units; j++) {
        const [r, z, n] = [kept[j], kept[second + j], kept[third + j]];
        const ofN = hidden[j] * (1 - z) * (1 - n * n);
        s.dpast[j] = hidden[j] * z;
        sums[second + j] = hidden[j] * (h[j] - n) * z * (1 - z);
        sums[third + j] = ofN;
        recurrentSums[third + j] = resetAfter ? ofN * r : ofN;
        if (resetAfter) dreset[j] = ofN * kept[3 * units + j];
      }
      if (resetAfter) {
        addProductGrad(s, s.seen, s.dseen, third, units);
      } else {
        addProductGrad(s, resetOf(s), dreset, third, units);
        for (let j = 0; j < units; j++) {
          s.dseen[j] = dreset[j] * kept[j];
          dreset[j] = dreset[j] * s.seen[j];
        }
      }
      for (let j = 0; j < units; j++) {
        sums[j] = dreset[j] * kept[j] * (1 - kept[j]);
        recurrentSums[j] = sums[j];
        recurrentSums[second + j] = sums[second + j];
      }
      addProductGrad(s, s.seen, s.dseen, 0, third);
    },
  };
}

export const cells: Readonly<Record<RecurrentCell, Cell>> = {
  rnnTanh: plain(Math.tanh, (y) => (1 - y) * (1 + y)),
  rnnRelu: plain(
    (x) => Math.max(x, 0),
    (y) => (y > 0 ? 1 : 0),
  ),
  lstm,
  gru: gru(true),
  gruResetBefore: gru(false),
};
