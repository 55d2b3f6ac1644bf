import { ArgumentError, describe } from '../errors.js';
import type { Value } from '../layers/value.js';
import { ClassBatch, type ClassMetricOptions, checkClassOptions, ignored } from './classBatch.js';
import type { Metric, MetricRun } from './metric.js';

/** The square of the number of classes is counted. */
const most = 4096;

class ConfusionRun implements MetricRun<number[][]> {
  private readonly matrix: number[][] = [];

  constructor(private readonly options: ClassMetricOptions) {}

  update(prediction: Value, target: Value): void {
    const batch = new ClassBatch('confusionMatrix', prediction, target, this.options);
    this.grow(batch.classes);
    for (let row = 0; row < batch.rows; row++) {
      const label = batch.label(row);
      if (label === ignored) continue;
      const guess = batch.predicted(row);
      this.grow(Math.max(label, guess) + 1);
      const line = this.matrix[label] as number[];
      line[guess] = (line[guess] as number) + 1;
    }
  }

  value(): number[][] {
    return this.matrix.map((line) => [...line]);
  }

  private grow(classes: number): void {
    if (classes > most) throw new ArgumentError(`[confusionMatrix] expected at most ${most} classes, received ${classes}`);
    if (classes <= this.matrix.length) return;
    while (this.matrix.length < classes) this.matrix.push([]);
    for (const line of this.matrix) while (line.length < classes) line.push(0);
  }
}

/**
 * How often each class was taken for each: `matrix[label][predicted]` samples. Empty before the first batch.
 *
 * @example
 * console.log(confusionTable(measure(confusionMatrix(), logits, labels), ['cat', 'dog']));
 */
export function confusionMatrix(options: ClassMetricOptions = {}): Metric<number[][]> {
  checkClassOptions('confusionMatrix', options);
  return { name: options.name ?? 'confusionMatrix', start: () => new ConfusionRun(options) };
}

/** A confusion matrix as aligned text: a line for each label, a column for each prediction. */
export function confusionTable(matrix: readonly (readonly number[])[], names?: readonly string[]): string {
  if (!Array.isArray(matrix) || !matrix.every((line) => Array.isArray(line) && line.length === matrix.length))
    throw new ArgumentError(`[confusionTable] expected a square matrix, received ${describe(matrix)}`);
  const labels = matrix.map((_, i) => String(names?.[i] ?? i));
  const cells = [['', ...labels], ...matrix.map((line, i) => [labels[i] as string, ...line.map(String)])];
  const widths = [...labels, ''].map((_, c) => Math.max(...cells.map((line) => (line[c] as string).length)));
  return cells
    .map((line) =>
      line.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number))).join('  '),
    )
    .join('\n');
}
