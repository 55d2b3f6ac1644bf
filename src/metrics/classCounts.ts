import { ArgumentError, describe } from '../errors.js';
import type { Value } from '../layers/value.js';
import { checkInteger } from '../ops/operand.js';
import { ClassBatch, type ClassMetricOptions, checkClassOptions, ignored } from './classBatch.js';
import type { Metric } from './metric.js';

/** How the scores of the classes become one. */
export type Average = 'binary' | 'macro' | 'micro' | 'weighted';

const averages: readonly string[] = ['binary', 'macro', 'micro', 'weighted'];

export interface AverageOptions extends ClassMetricOptions {
  /**
   * `binary`: that of the class `positive`; `macro`: the mean over the classes that occur, in labels or predictions; `weighted`: the
   * mean weighted by how often a class is the label; `micro`: of all decisions together. Default `binary` for two classes, else `macro`.
   */
  average?: Average;
  /** The class that `binary` measures; default 1. */
  positive?: number;
}

/** Of one class: how often it was right, how often predicted, how often the label. */
export interface ClassCount {
  hits: number;
  predicted: number;
  actual: number;
}

class ClassCounts {
  readonly classes: ClassCount[] = [];

  constructor(
    private readonly where: string,
    private readonly options: AverageOptions,
  ) {}

  update(prediction: Value, target: Value): void {
    const batch = new ClassBatch(this.where, prediction, target, this.options);
    this.grow(batch.classes);
    for (let row = 0; row < batch.rows; row++) {
      const label = batch.label(row);
      if (label === ignored) continue;
      const guess = batch.predicted(row);
      this.grow(Math.max(label, guess) + 1);
      const [truth, named] = [this.classes[label] as ClassCount, this.classes[guess] as ClassCount];
      truth.actual++;
      named.predicted++;
      if (label === guess) truth.hits++;
    }
  }

  private grow(classes: number): void {
    while (this.classes.length < classes) this.classes.push({ hits: 0, predicted: 0, actual: 0 });
  }
}

/** One number of the counts of all classes. */
function averaged(counts: readonly ClassCount[], options: AverageOptions, score: (count: ClassCount) => number): number {
  const samples = counts.reduce((sum, { actual }) => sum + actual, 0);
  if (samples === 0) return Number.NaN;
  const { average = counts.length > 2 ? 'macro' : 'binary', positive = 1 } = options;
  switch (average) {
    case 'binary':
      return score(counts[positive] ?? { hits: 0, predicted: 0, actual: 0 });
    case 'micro':
      return score({ hits: counts.reduce((sum, { hits }) => sum + hits, 0), predicted: samples, actual: samples });
    case 'weighted':
      return counts.reduce((sum, count) => sum + score(count) * count.actual, 0) / samples;
    case 'macro': {
      const seen = counts.filter(({ predicted, actual }) => predicted + actual > 0);
      return seen.reduce((sum, count) => sum + score(count), 0) / seen.length;
    }
  }
}

/** A metric that is a function of the counts of each class, averaged. */
export function countMetric(
  name: string,
  options: AverageOptions,
  score: (count: ClassCount) => number,
  keys: readonly string[] = [],
): Metric {
  checkClassOptions(name, options, ['average', 'positive', ...keys]);
  const { average, positive } = options;
  if (average !== undefined && !averages.includes(average))
    throw new ArgumentError(`[${name}] expected average to be one of ${averages.join(', ')}, received ${describe(average)}`);
  if (positive !== undefined) checkInteger(name, 'positive', positive, 0);
  return {
    name: options.name ?? name,
    start() {
      const counts = new ClassCounts(name, options);
      return {
        update: (prediction, target) => counts.update(prediction, target),
        value: () => averaged(counts.classes, options, score),
      };
    },
  };
}
