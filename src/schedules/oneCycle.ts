import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys, checkRange } from '../optimizers/settings.js';
import { halfWave } from './cosine.js';
import type { Schedule } from './schedule.js';

export interface OneCycleOptions {
  /** Steps of the whole training. */
  steps: number;
  /** The highest rate; default the rate of the optimizer, group by group. */
  peak?: number;
  /** Share of the steps that the rate rises; default 0.3. */
  rise?: number;
  /** How many times less than the peak the rate is at first; default 25. */
  startDivisor?: number;
  /** How many times less than at first it is in the end; default 10,000. */
  endDivisor?: number;
  /** Lowest and highest momentum: it falls while the rate rises. null leaves it. Default [0.85, 0.95]. */
  momentum?: readonly [low: number, high: number] | null;
  /** The form of the ways up and down; default 'cosine'. */
  shape?: 'cosine' | 'linear';
  /** Whether the rate falls to where it began first, as fast as it rose; default false. */
  threePhase?: boolean;
}

/** A way up or down: until which step, between which points (0 the peak, 1 the start, 2 the end), and of the momentum (0 low, 1 high). */
interface Phase {
  readonly end: number;
  readonly rate: readonly [0 | 1 | 2, 0 | 1 | 2];
  readonly momentum: readonly [0 | 1, 0 | 1];
}

const keys = ['steps', 'peak', 'rise', 'startDivisor', 'endDivisor', 'momentum', 'shape', 'threePhase'];

/** Rises to a peak and falls far below the start, while the momentum does the reverse (Smith and Topin, 2017). */
export function oneCycle(options: OneCycleOptions): Schedule {
  const where = 'schedules.oneCycle';
  checkKeys(where, options, keys);
  const { steps, peak, rise = 0.3, startDivisor = 25, endDivisor = 1e4, momentum = [0.85, 0.95] } = options;
  const { shape = 'cosine', threePhase = false } = options;
  checkInteger(where, 'steps', steps, 1);
  if (peak !== undefined) checkRange(where, 'peak', peak, 0);
  checkRange(where, 'rise', rise, 0, 1 + Number.EPSILON);
  checkRange(where, 'startDivisor', startDivisor, Number.MIN_VALUE);
  checkRange(where, 'endDivisor', endDivisor, Number.MIN_VALUE);
  if (shape !== 'cosine' && shape !== 'linear')
    throw new ArgumentError(`[${where}] expected shape to be 'cosine' or 'linear', received ${describe(shape)}`);
  const between = shape === 'cosine' ? halfWave : (start: number, end: number, share: number) => (end - start) * share + start;

  const up: Phase = { end: rise * steps - 1, rate: [1, 0], momentum: [1, 0] };
  const phases: readonly Phase[] = threePhase
    ? [up, { end: 2 * rise * steps - 2, rate: [0, 1], momentum: [0, 1] }, { end: steps - 1, rate: [1, 2], momentum: [1, 1] }]
    : [up, { end: steps - 1, rate: [0, 2], momentum: [0, 1] }];
  const placeOf = (step: number): { phase: Phase; share: number } => {
    const at = Math.min(step, steps - 1);
    const found = phases.findIndex(({ end }) => at <= end);
    const i = found < 0 ? phases.length - 1 : found;
    const start = i === 0 ? 0 : phases[i - 1].end;
    const length = phases[i].end - start;
    return { phase: phases[i], share: length === 0 ? 1 : (at - start) / length };
  };
  const rate = (step: number, base: number): number => {
    const top = peak ?? base;
    const points = [top, top / startDivisor, top / startDivisor / endDivisor];
    const { phase, share } = placeOf(step);
    return between(points[phase.rate[0]], points[phase.rate[1]], share);
  };
  if (momentum === null) return { rate };
  if (!Array.isArray(momentum) || momentum.length !== 2)
    throw new ArgumentError(`[${where}] expected momentum as [low, high] or null, received ${describe(momentum)}`);
  const [low, high] = momentum;
  checkRange(where, 'the lowest momentum', low, 0, 1);
  checkRange(where, 'the highest momentum', high, low, 1);
  return {
    rate,
    momentum(step) {
      const { phase, share } = placeOf(step);
      return between(momentum[phase.momentum[0]], momentum[phase.momentum[1]], share);
    },
  };
}
