import { ClassBatch, type ClassMetricOptions, checkClassOptions, ignored } from './classBatch.js';
import type { Metric } from './metric.js';

export type AccuracyOptions = ClassMetricOptions;

/**
 * Share of the samples whose largest score is that of the right class. Predictions are [..., classes], targets labels [...] or
 * distributions [..., classes]; predictions of one number each are classes 0 and 1 by `threshold`.
 */
export function accuracy(options: AccuracyOptions = {}): Metric {
  checkClassOptions('accuracy', options);
  return {
    name: options.name ?? 'accuracy',
    start() {
      let right = 0;
      let count = 0;
      return {
        update(prediction, target) {
          const batch = new ClassBatch('accuracy', prediction, target, options);
          for (let row = 0; row < batch.rows; row++) {
            const label = batch.label(row);
            if (label === ignored) continue;
            count++;
            if (batch.predicted(row) === label) right++;
          }
        },
        value: () => right / count,
      };
    },
  };
}
