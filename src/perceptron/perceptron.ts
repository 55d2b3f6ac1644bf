/**
 * The perceptron (Rosenblatt 1958): one neuron, step(w x + b), and a rule that needs no gradient. Samples are gone through in their
 * order, again and again; each that is on the wrong side moves the border towards its own:
 *
 *     w += rate * d * x,  b += rate * d,  d = 1 for a missed sample of the upper class, -1 for one of the lower
 *
 * If a plane separates the classes, the rule finds one after finitely many changes (Novikoff 1962), and stops. If none does, the
 * weights stay bounded (Minsky and Papert 1969); where they come back to what they were they repeat themselves for ever, and that
 * is noticed, by comparing with the weights after the last pass whose number is a power of two (Brent 1980).
 */
import { ArgumentError, checkOptions, describe, ShapeError } from '../errors.js';
import { checkInteger, checkTensor } from '../ops/operand.js';
import { tensor } from '../tensor/create.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

export interface PerceptronOptions {
  /** How far a mistake moves the weights; default 1. Weights start at zero, so that it only scales them. */
  rate?: number;
  /** Passes through the samples after which to give up; default 1000. */
  passes?: number;
}

/** How learning went. */
export interface PerceptronResult {
  /** Whether a pass changed nothing: all samples are on their side. */
  readonly converged: boolean;
  /** Passes made; where converged, the last one changed nothing. */
  readonly passes: number;
  /** Mistakes, and so changes, in each pass. */
  readonly mistakes: readonly number[];
  /** All this in a sentence. */
  readonly verdict: string;
}

/** The lower of the two labels. */
type LowerLabel = 0 | -1;

const where = 'Perceptron';

function matrixOf(x: Tensor): { samples: number; features: number } {
  checkTensor(where, x);
  if (x.rank !== 2) throw new ShapeError(`[${where}] expected samples [n, features], received shape ${shapeText(x.shape)}`);
  return { samples: x.shape[0] as number, features: x.shape[1] as number };
}

/** Which labels these are: 0 and 1, unless there is a -1. */
function lowerLabel(y: Tensor, samples: number): LowerLabel {
  checkTensor(where, y);
  if (y.size !== samples || y.rank === 0 || y.shape[0] !== samples)
    throw new ShapeError(`[${where}] expected ${samples} labels, received shape ${shapeText(y.shape)}`);
  const lower: LowerLabel = y.array.includes(-1) ? -1 : 0;
  const wrong = y.array.findIndex((label) => label !== 1 && label !== lower);
  if (wrong >= 0)
    throw new ArgumentError(`[${where}] expected labels 0 and 1 or -1 and 1, received ${y.array[wrong]} at ${wrong}`);
  return lower;
}

/**
 * Learns to tell two classes apart by a plane, if one does.
 *
 * @example
 * const and = new Perceptron();
 * and.fit(tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), tensor([0, 0, 0, 1])).verdict; // 'converged: pass 6 changed nothing'
 */
export class Perceptron {
  readonly rate: number;
  readonly passes: number;
  private values = new Float64Array(0);
  private offset = 0;
  private lower: LowerLabel = 0;
  private fitted = false;

  constructor(options: PerceptronOptions = {}) {
    checkOptions(where, options);
    const { rate = 1, passes = 1000 } = options;
    if (!(typeof rate === 'number' && rate > 0 && rate < Infinity))
      throw new ArgumentError(`[${where}] expected a finite rate > 0, received ${describe(rate)}`);
    checkInteger(where, 'passes', passes, 1);
    this.rate = rate;
    this.passes = passes;
  }

  /** A copy of the weights, one for each feature. */
  get weights(): Float64Array {
    this.checkFitted();
    return this.values.slice();
  }

  get bias(): number {
    this.checkFitted();
    return this.offset;
  }

  /** Learns from samples [n, features] with labels 0 and 1, or -1 and 1, starting from weights of zero. */
  fit(x: Tensor, y: Tensor): PerceptronResult {
    const { samples, features } = matrixOf(x);
    const lower = lowerLabel(y, samples);
    if (samples === 0) throw new ArgumentError(`[${where}] expected at least one sample, received none`);
    const wrong = x.array.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new ArgumentError(`[${where}] expected finite samples, received ${x.array[wrong]} at ${wrong}`);
    this.values = new Float64Array(features);
    this.offset = 0;
    this.lower = lower;
    this.fitted = true;
    return this.learn(x, y);
  }

  /** w x + b for each sample, float64 [n]: how far on the upper side it lies. */
  scores(x: Tensor): Tensor {
    const samples = this.check(x);
    return tensor(Float64Array.from({ length: samples }, (_, row) => this.score(x, row)));
  }

  /** The label of each sample, int32 [n]: 1 where w x + b >= 0, else the lower one that it learned with. */
  predict(x: Tensor): Tensor {
    const samples = this.check(x);
    return tensor(Int32Array.from({ length: samples }, (_, row) => (this.score(x, row) >= 0 ? 1 : this.lower)));
  }

  private learn(x: Tensor, y: Tensor): PerceptronResult {
    const mistakes: number[] = [];
    let marked = { pass: 0, weights: this.values.slice(), bias: 0 };
    for (let pass = 1; pass <= this.passes; pass++) {
      const changes = this.pass(x, y);
      mistakes.push(changes);
      if (changes === 0) return { converged: true, passes: pass, mistakes, verdict: `converged: pass ${pass} changed nothing` };
      if (marked.bias === this.offset && marked.weights.every((value, i) => value === this.values[i])) {
        const before = marked.pass === 0 ? 'in the beginning' : `after pass ${marked.pass}`;
        const verdict = `not linearly separable: after pass ${pass} the weights are what they were ${before}, and repeat themselves for ever`;
        return { converged: false, passes: pass, mistakes, verdict };
      }
      if ((pass & (pass - 1)) === 0) marked = { pass, weights: this.values.slice(), bias: this.offset };
    }
    const verdict = `not linearly separable after ${this.passes} passes: the last one still made ${mistakes.at(-1)} mistakes`;
    return { converged: false, passes: this.passes, mistakes, verdict };
  }

  /** Goes through all samples once; how many were on the wrong side. */
  private pass(x: Tensor, y: Tensor): number {
    let changes = 0;
    for (let row = 0; row < y.size; row++) {
      const upper = y.array[row] === 1;
      if (this.score(x, row) >= 0 === upper) continue;
      changes++;
      const step = upper ? this.rate : -this.rate;
      const start = row * this.values.length;
      for (let i = 0; i < this.values.length; i++)
        this.values[i] = (this.values[i] as number) + step * (x.array[start + i] as number);
      this.offset += step;
    }
    return changes;
  }

  private score(x: Tensor, row: number): number {
    const start = row * this.values.length;
    let sum = 0;
    for (let i = 0; i < this.values.length; i++) sum += (this.values[i] as number) * (x.array[start + i] as number);
    return sum + this.offset;
  }

  /** Throws unless it has learned and these are samples of the same features; how many. */
  private check(x: Tensor): number {
    this.checkFitted();
    const { samples, features } = matrixOf(x);
    if (features !== this.values.length)
      throw new ShapeError(`[${where}] expected samples of ${this.values.length} features, received shape ${shapeText(x.shape)}`);
    return samples;
  }

  private checkFitted(): void {
    if (!this.fitted)
      throw new ArgumentError(`[${where}] expected fit to be called first, received a perceptron without weights`);
  }
}
