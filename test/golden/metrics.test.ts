/** Metrics against scikit-learn's numbers, in one batch and in batches of unequal sizes. */
import { describe, expect, it } from 'vitest';
import {
  type Average,
  accuracy,
  auc,
  confusionMatrix,
  f1,
  fBeta,
  type Metric,
  mae,
  measure,
  mse,
  perplexity,
  precision,
  r2,
  recall,
  rmse,
  topKAccuracy,
} from '../../src/metrics/index.js';
import { slice } from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';
import type { DType } from '../../src/tensor/dtype.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { type Flat, readFixture } from './fixtures.js';

interface Case {
  name: string;
  prediction: Flat;
  target: Flat;
  scores: Record<string, number>;
  confusion?: number[][];
}

const fixture = readFixture<Record<'classes' | 'binary' | 'regression', Case[]>>('metrics.json');

/** The metrics by their names in the fixture, where an average may follow: `f1 macro`. */
const makers: Record<string, (options: object) => Metric> = {
  ...{ accuracy, auc, f1, mae, mse, perplexity, precision, r2, recall, rmse },
  fBeta2: (options) => fBeta({ beta: 2, ...options }),
  top2Accuracy: () => topKAccuracy({ k: 2 }),
};

function metricOf(name: string): Metric {
  const [kind, average] = name.split(' ') as [string, Average | undefined];
  return makers[kind](average === undefined ? {} : { average });
}

function toTensor({ shape, values }: Flat, dtype: DType): Tensor {
  return tensor(Float64Array.from(values), { shape, dtype });
}

/** The same rows in batches of 1, 2, 3, ... */
function inBatches<Result>(metric: Metric<Result>, prediction: Tensor, target: Tensor): Result {
  const run = metric.start();
  const rows = prediction.shape[0] as number;
  for (let from = 0, size = 1; from < rows; from += size++) {
    const range = [from, Math.min(from + size, rows)] as const;
    run.update(slice(prediction, [range]), slice(target, [range]));
  }
  return run.value();
}

for (const [kind, cases] of Object.entries(fixture).filter(([, value]) => Array.isArray(value))) {
  describe(kind, () => {
    it.each(cases)('$name', ({ prediction, target, scores, confusion }) => {
      for (const dtype of ['float32', 'float64'] as const) {
        const guess = toTensor(prediction, dtype);
        const truth = toTensor(target, kind === 'regression' ? dtype : 'int32');
        for (const [name, expected] of Object.entries(scores)) {
          const metric = metricOf(name);
          const whole = measure(metric, guess, truth);
          // Sums of some hundred terms, in float64: the order of the additions is all that differs.
          expect(Math.abs(whole - expected), `${name} ${dtype}: ${whole} for ${expected}`).toBeLessThan(
            1e-12 * Math.max(1, Math.abs(expected)),
          );
          expect(inBatches(metric, guess, truth), name).toBe(whole);
        }
        if (confusion === undefined) continue;
        expect(measure(confusionMatrix(), guess, truth)).toEqual(confusion);
        expect(inBatches(confusionMatrix(), guess, truth)).toEqual(confusion);
      }
    });
  });
}
