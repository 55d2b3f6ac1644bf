import type { UpdateOp } from '../backend/backend.js';
import { NonFiniteError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { blend } from './blend.js';
import { globalNorm } from './clip.js';
import type { Item, OptionsOf, ParameterState } from './gradientOptimizer.js';
import { KernelOptimizer } from './kernelOptimizer.js';
import { type DecaySettings, decayFields, type Fields, number, share } from './settings.js';

export interface YellowFinSettings extends DecaySettings {
  /** What the rate that it finds is multiplied by; default 1. */
  lr: number;
  /** Decay of what it measures; default 0.999. */
  beta: number;
}

export type YellowFinOptions = OptionsOf<YellowFinSettings>;

const fields: Fields<YellowFinSettings> = { ...decayFields, lr: number(1), beta: share(0.999) };

/** Steps over which the range of curvatures is taken. */
const windowSize = 20;
/** Keeps logarithms and divisors from 0, as in the authors' code. */
const epsilon = 1e-6;
/** Rate of the first step, of which nothing is known yet. */
const firstRate = 1e-4;

/** Where the numbers of all parameters together lie in `shared`; the squared norms of the last steps follow. */
const field = { steps: 0, logMin: 1, logMax: 2, normSquared: 3, norm: 4, distance: 5, window: 6 } as const;

/**
 * YellowFin (Zhang and Mitliagkas, 2017): momentum SGD that tunes itself. It measures the range of curvatures (by the squared norms
 * of the last gradients), the variance of gradients and the distance to the minimum, and takes the momentum and rate that
 * would be best for a noisy quadratic with these. Gradients are clipped to the root of the largest curvature.
 */
export class YellowFin extends KernelOptimizer<YellowFinSettings> {
  protected override readonly op: UpdateOp = 'sgd';
  protected override readonly shared = new Float64Array(field.window + windowSize);
  private rate = firstRate;
  private mu = 0;

  constructor(options: YellowFinOptions = {}) {
    super('yellowFin', fields, options);
  }

  protected override slots(): readonly string[] {
    return ['velocity', 'mean'];
  }

  protected override kept({ slots }: ParameterState<YellowFinSettings>): readonly (Tensor | null)[] {
    return [slots[0]];
  }

  protected override own({ settings }: ParameterState<YellowFinSettings>): readonly number[] {
    return [settings.lr * this.rate, this.mu, 1, 0];
  }

  protected override prepare(items: readonly Item<YellowFinSettings>[]): void {
    const { shared } = this;
    const { beta } = this.settings;
    const step = ++shared[field.steps];
    const known = 1 - beta ** step;
    const largestBefore = Math.exp(shared[field.logMax] / (1 - beta ** (step - 1)));
    const norm = normOf(items);
    if (!Number.isFinite(norm)) throw new NonFiniteError(`[yellowFin] expected gradients with a finite norm, received ${norm}`);
    // A gradient that explodes must not spoil the statistics, and is clipped harder for the step itself.
    const measured = step === 1 ? norm : Math.min(norm, 10 * Math.sqrt(largestBefore));
    const used = step === 1 ? norm : Math.min(norm, Math.sqrt(largestBefore));
    for (const { gradient, state } of items) blend(state.slots[1], gradient, 1 - beta, (state.hyper[0] * measured) / (norm || 1));
    for (const { state } of items) state.hyper[0] *= used / (norm || 1);

    const { smallest, largest } = this.curvatures(measured ** 2, step, known);
    const follow = (at: number, value: number): number => (shared[at] = beta * shared[at] + (1 - beta) * value);
    const meanSquare = follow(field.normSquared, measured ** 2);
    const distance = follow(field.distance, follow(field.norm, measured) / (meanSquare + epsilon)) / known;
    const meanNorm = globalNorm(items.map(({ state }) => state.slots[1])) / known;
    const variance = Math.max(meanSquare / known - meanNorm ** 2, epsilon);
    if (step === 1) return;
    this.mu = bestMomentum(smallest, largest, variance, distance);
    const slowStart = Math.min(1, step / (10 * windowSize));
    this.rate = ((1 - Math.sqrt(this.mu)) ** 2 / (smallest + epsilon)) * slowStart;
  }

  /** The range of curvatures: smoothed extremes of the last squared norms, in logarithms. */
  private curvatures(normSquared: number, step: number, known: number): { smallest: number; largest: number } {
    const { shared } = this;
    const { beta } = this.settings;
    shared[field.window + ((step - 1) % windowSize)] = normSquared;
    const window = shared.subarray(field.window, field.window + Math.min(step, windowSize));
    shared[field.logMin] = beta * shared[field.logMin] + (1 - beta) * Math.log(Math.min(...window) + epsilon);
    shared[field.logMax] = beta * shared[field.logMax] + (1 - beta) * Math.log(Math.max(...window) + epsilon);
    return { smallest: Math.exp(shared[field.logMin] / known), largest: Math.exp(shared[field.logMax] / known) };
  }
}

function normOf(items: readonly Item<YellowFinSettings>[]): number {
  const squares = items.map(({ gradient, state }) => (state.hyper[0] * globalNorm([gradient])) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
}

/**
 * The momentum that makes one step of noisy gradient descent on a quadratic best: mu = x^2, where x minimises
 * x^2 distance^2 + (1 - x)^4 variance / smallest^2, but at least what the range of curvatures wants. The derivative is a cubic
 * in x - 1 with one real root, by Vieta's substitution.
 */
export function bestMomentum(smallest: number, largest: number, variance: number, distance: number): number {
  const p = ((distance + epsilon) ** 2 * (smallest + epsilon) ** 2) / (2 * (variance + epsilon));
  const w = Math.cbrt((-Math.sqrt(p ** 2 + (4 / 27) * p ** 3) - p) / 2);
  const x = w - p / (3 * (w - epsilon)) + 1;
  const ratio = Math.sqrt(Math.max((largest + epsilon) / (smallest + epsilon), 1 + epsilon));
  return Math.max(x ** 2, ((ratio - 1) / (ratio + 1)) ** 2);
}

/**
 * SGD that finds its own rate and momentum.
 *
 * @example
 * const optimizer = yellowFin();
 */
export function yellowFin(options: YellowFinOptions = {}): YellowFin {
  return new YellowFin(options);
}
