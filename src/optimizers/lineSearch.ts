import { dot, largest } from './vectors.js';

/** A place on the line of a search: how far along, the loss there, its gradient and its slope along the line. */
export interface Trial {
  readonly t: number;
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly slope: number;
}

/** The loss and the gradient at a distance along the line. */
export type Along = (t: number) => { loss: number; gradient: Float64Array };

/** Sufficient decrease and curvature, as Nocedal and Wright choose them for quasi-Newton methods. */
const [decrease, curvature] = [1e-4, 0.9];

/**
 * Where the cubic through two points with their slopes is least, within bounds; the middle if it has no minimum.
 */
function cubicMinimum(a: Trial, b: Trial, low = Math.min(a.t, b.t), high = Math.max(a.t, b.t)): number {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return Math.min(Math.max(t, low), high);
}

export interface Search {
  /** Where it begins. */
  readonly start: Trial;
  /** The first distance to try. */
  readonly first: number;
  /** Brackets in which no parameter changes more are small enough. */
  readonly tolerance: number;
  /**
   * By how much a loss may be wrong. Near the minimum a step gains less than the rounding of the loss; there the slope decides
   * alone, which is exact for longer.
   */
  readonly noise: number;
  readonly maxTrials: number;
}

/**
 * A step that satisfies the strong Wolfe conditions, or the best one found by `maxTrials` evaluations (Nocedal and Wright, 2006,
 * algorithms 3.5 and 3.6), trial by trial as PyTorch's but for `noise`.
 */
export function strongWolfe(along: Along, direction: Float64Array, search: Search): { best: Trial; trials: number } {
  const { start, first, tolerance, noise, maxTrials } = search;
  let trials = 0;
  const evaluate = (distance: number): Trial => {
    trials++;
    const { loss, gradient } = along(distance);
    return { t: distance, loss, gradient, slope: dot(gradient, direction) };
  };
  const decreases = (trial: Trial): boolean => !(trial.loss > start.loss + decrease * trial.t * start.slope + noise);
  const flat = (trial: Trial): boolean => Math.abs(trial.slope) <= -curvature * start.slope;

  let trial = evaluate(first);
  let before = start;
  let rounds = 0;
  let bracket: [Trial, Trial] = [start, trial];
  while (rounds < maxTrials) {
    bracket = [before, trial];
    if (!decreases(trial) || (rounds > 1 && trial.loss >= before.loss)) break;
    if (flat(trial)) return { best: trial, trials };
    if (trial.slope >= 0) break;
    const next = cubicMinimum(before, trial, trial.t + 0.01 * (trial.t - before.t), trial.t * 10);
    before = trial;
    trial = evaluate(next);
    rounds++;
  }
  if (rounds === maxTrials) bracket = [start, trial];

  // The bracket holds such a step: narrow it. `low` is the end with the lower loss.
  const size = largest(direction);
  let low: 0 | 1 = bracket[0].loss <= bracket[1].loss ? 0 : 1;
  let insufficient = false;
  while (rounds < maxTrials) {
    const [left, right] = [Math.min(bracket[0].t, bracket[1].t), Math.max(bracket[0].t, bracket[1].t)];
    if ((right - left) * size < tolerance) break;
    let next = cubicMinimum(bracket[0], bracket[1]);
    // Twice in a row at the same end makes no progress: then go a tenth of the way inwards.
    const margin = 0.1 * (right - left);
    if (Math.min(right - next, next - left) < margin) {
      if (insufficient || next >= right || next <= left) {
        next = Math.abs(next - right) < Math.abs(next - left) ? right - margin : left + margin;
        insufficient = false;
      } else {
        insufficient = true;
      }
    } else {
      insufficient = false;
    }
    trial = evaluate(next);
    rounds++;
    const high = low === 0 ? 1 : 0;
    if (!decreases(trial) || trial.loss >= bracket[low].loss) {
      bracket[high] = trial;
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
      continue;
    }
    const done = flat(trial);
    if (!done && trial.slope * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low];
    bracket[low] = trial;
    if (done) break;
  }
  return { best: bracket[low], trials };
}
