import { ShapeError } from '../errors.js';
import { ClassBatch, type ClassMetricOptions, checkClassOptions, ignored } from './classBatch.js';
import type { Metric } from './metric.js';
import { checkFlag } from './options.js';

export interface PerplexityOptions extends Omit<ClassMetricOptions, 'threshold'> {
  /** Whether predictions are logits; default true. Otherwise they are probabilities. */
  logits?: boolean;
}

/** -log of the probability that a row gives to a class. */
function surprise(batch: ClassBatch, row: number, label: number, logits: boolean): number {
  const { scores, cols } = batch;
  const start = row * cols;
  const own = scores[start + label] as number;
  if (!logits) return -Math.log(own);
  let top = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < cols; c++) top = Math.max(top, scores[start + c] as number);
  let sum = 0;
  for (let c = 0; c < cols; c++) sum += Math.exp((scores[start + c] as number) - top);
  return top + Math.log(sum) - own;
}

/**
 * exp of the mean of -log p(label): among how many equally likely classes (characters, words) the model in effect chooses. 1 is
 * perfect, the number of classes is a guess. Predictions are [..., classes], targets labels [...].
 */
export function perplexity(options: PerplexityOptions = {}): Metric {
  checkClassOptions('perplexity', options, ['logits']);
  const { logits = true } = options;
  checkFlag('perplexity', 'logits', logits);
  return {
    name: options.name ?? 'perplexity',
    start() {
      let sum = 0;
      let count = 0;
      return {
        update(prediction, target) {
          const batch = new ClassBatch('perplexity', prediction, target, options);
          if (batch.form !== 'classes')
            throw new ShapeError('[perplexity] expected predictions [..., classes], received one number for each sample');
          for (let row = 0; row < batch.rows; row++) {
            const label = batch.label(row);
            if (label === ignored) continue;
            sum += surprise(batch, row, label, logits);
            count++;
          }
        },
        value: () => Math.exp(sum / count),
      };
    },
  };
}
