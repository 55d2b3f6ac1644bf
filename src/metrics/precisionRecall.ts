import { ArgumentError } from '../errors.js';
import { checkNumber } from '../ops/operand.js';
import { type AverageOptions, countMetric } from './classCounts.js';
import type { Metric } from './metric.js';

export interface FBetaOptions extends AverageOptions {
  /** How many times as much recall counts as precision; default 1. */
  beta?: number;
}

/** Of what was predicted to be of the class, the share that is: tp / (tp + fp); 0 where nothing was predicted to be. */
export function precision(options: AverageOptions = {}): Metric {
  return countMetric('precision', options, ({ hits, predicted }) => (predicted === 0 ? 0 : hits / predicted));
}

/** Of what is of the class, the share that was predicted to be: tp / (tp + fn); 0 where nothing is. */
export function recall(options: AverageOptions = {}): Metric {
  return countMetric('recall', options, ({ hits, actual }) => (actual === 0 ? 0 : hits / actual));
}

/** (1 + b^2) precision recall / (b^2 precision + recall), which is (1 + b^2) tp / (predicted + b^2 actual). */
function fScore(name: string, options: AverageOptions, beta: number, keys: readonly string[] = []): Metric {
  const square = beta * beta;
  return countMetric(
    name,
    options,
    ({ hits, predicted, actual }) => (hits === 0 ? 0 : ((1 + square) * hits) / (predicted + square * actual)),
    keys,
  );
}

/** The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn); 0 where nothing is right. */
export function f1(options: AverageOptions = {}): Metric {
  return fScore('f1', options, 1);
}

/** As `f1`, recall counting `beta` times as much as precision. */
export function fBeta(options: FBetaOptions = {}): Metric {
  const beta = options?.beta ?? 1;
  checkNumber('fBeta', 'beta', beta);
  if (!(beta > 0 && beta < Infinity)) throw new ArgumentError(`[fBeta] expected a finite beta > 0, received ${beta}`);
  return fScore('fBeta', options, beta, ['beta']);
}
