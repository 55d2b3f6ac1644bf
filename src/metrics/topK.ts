import { ShapeError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { ClassBatch, type ClassMetricOptions, checkClassOptions, ignored } from './classBatch.js';
import type { Metric } from './metric.js';

export interface TopKOptions extends Omit<ClassMetricOptions, 'threshold'> {
  /** How many classes may be named; default 5. */
  k?: number;
}

/** Classes whose score is above that of `label`; equal ones before it come first, as in `accuracy`. */
function rankOf(batch: ClassBatch, row: number, label: number): number {
  const { scores, cols } = batch;
  const start = row * cols;
  const own = scores[start + label] as number;
  let rank = 0;
  for (let c = 0; c < cols; c++) {
    const score = scores[start + c] as number;
    if (score > own || (score === own && c < label)) rank++;
  }
  return Number.isNaN(own) ? cols : rank;
}

/** Share of the samples whose right class is among the `k` with the largest scores. Predictions are [..., classes]. */
export function topKAccuracy(options: TopKOptions = {}): Metric {
  const where = 'topKAccuracy';
  checkClassOptions(where, options, ['k']);
  const { k = 5 } = options;
  checkInteger(where, 'k', k, 1);
  return {
    name: options.name ?? `top${k}Accuracy`,
    start() {
      let right = 0;
      let count = 0;
      return {
        update(prediction, target) {
          const batch = new ClassBatch(where, prediction, target, options);
          if (batch.form !== 'classes')
            throw new ShapeError(`[${where}] expected predictions [..., classes], received one number for each sample`);
          for (let row = 0; row < batch.rows; row++) {
            const label = batch.label(row);
            if (label === ignored) continue;
            count++;
            if (rankOf(batch, row, label) < k) right++;
          }
        },
        value: () => right / count,
      };
    },
  };
}
