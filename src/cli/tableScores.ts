/** How good predictions of a column are. */

import { cellOf, type NumberColumn } from '../data/column.js';
import type { Table } from '../data/table.js';
import type { Decoded } from '../data/tableEncoder.js';
import type { Task } from '../data/targetEncoder.js';
import { accuracy, f1, type Metric, mae, measure, r2, rmse } from '../metrics/index.js';
import { tensor } from '../tensor/create.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

/** Scores by name; the first counts. */
export type TableScores = Readonly<Record<string, number>>;

const metricsOf: Readonly<Record<Task, readonly Metric[]>> = {
  classify: [accuracy(), f1({ average: 'macro', name: 'macroF1' })],
  regress: [r2(), mae(), rmse()],
};

/** Predictions and targets as tensors: numbers, or classes numbered alike. */
function pair(table: Table, target: string, task: Task, values: readonly Decoded['value'][]): [Tensor, Tensor] {
  if (task === 'regress') {
    const { values: truth } = table.columnAs(target, 'number') as NumberColumn;
    return [tensor(Float64Array.from(values, Number)), tensor(truth)];
  }
  const column = table.column(target);
  const truth = Array.from({ length: table.length }, (_, row) => String(cellOf(column, row)));
  const numbers = new Map([...new Set([...truth, ...values.map(String)])].map((name, i) => [name, i]));
  const labels = (names: readonly string[]): Tensor => tensor(Int32Array.from(names, (name) => numbers.get(name) as number));
  return [labels(values.map(String)), labels(truth)];
}

/** The scores of predicted values, one for each row of a table with known targets. */
export function scoreValues(table: Table, target: string, task: Task, values: readonly Decoded['value'][]): TableScores {
  return scope(() => {
    const [prediction, truth] = pair(table, target, task, values);
    return Object.fromEntries(metricsOf[task].map((metric) => [metric.name, measure(metric, prediction, truth)]));
  });
}

/** Mean of scores, name by name. */
export function meanScores(scores: readonly TableScores[]): TableScores {
  const names = Object.keys(scores[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, scores.reduce((sum, one) => sum + (one[name] as number), 0) / scores.length]),
  );
}

/** A score as people write it. */
export function scoreText(name: string, value: number): string {
  if (name === 'accuracy') return `${(100 * value).toFixed(1)} %`;
  return name === 'r2' || name === 'macroF1' ? value.toFixed(3) : value.toPrecision(4);
}
