import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/errors.js';
import * as all from '../../src/metrics/index.js';
import { type Metric, measure } from '../../src/metrics/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const labels = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const { accuracy, auc, confusionMatrix, confusionTable, f1, fBeta, mae, perplexity, precision, r2, recall, rmse, topKAccuracy } =
  all;

describe('metrics of classes', () => {
  it('take scores, scores of one class, distributions and labels', () => {
    const scores = tensor([
      [2, 1, 0],
      [0, 3, 1],
      [1, 1, 1],
    ]);
    expect(measure(accuracy(), scores, labels(0, 1, 2))).toBe(2 / 3);
    expect(
      measure(
        accuracy(),
        scores,
        tensor([
          [1, 0, 0],
          [0, 0, 1],
          [1, 0, 0],
        ]),
      ),
    ).toBe(2 / 3);
    expect(measure(accuracy(), tensor([0.2, 0.7]), labels(0, 0))).toBe(0.5);
    expect(measure(accuracy({ threshold: 0 }), tensor([[-1], [2]]), tensor([[-1], [1]]))).toBe(1);
    expect(measure(accuracy(), labels(4, 2, 0), labels(4, 2, 1))).toBe(2 / 3);
    expect(measure(confusionMatrix(), labels(0, 2), labels(0, 1))).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
  });

  it('leave out the label to ignore', () => {
    const [scores, truth] = [
      tensor([
        [
          [3, 0],
          [0, 3],
        ],
        [
          [3, 0],
          [3, 0],
        ],
      ]),
      tensor(
        [
          [0, 1],
          [1, -100],
        ],
        { dtype: 'int32' },
      ),
    ];
    const ignoreLabel = -100;
    expect(measure(accuracy({ ignoreLabel }), scores, truth)).toBe(2 / 3);
    expect(measure(recall({ ignoreLabel }), scores, truth)).toBe(0.5);
    expect(measure(topKAccuracy({ k: 2, ignoreLabel }), scores, truth)).toBe(1);
    expect(measure(confusionMatrix({ ignoreLabel }), scores, truth)).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(
      measure(
        perplexity({ ignoreLabel, logits: false }),
        tensor([
          [0.5, 0.5],
          [0.1, 0.9],
        ]),
        labels(1, -100),
      ),
    ).toBe(2);
    expect(
      measure(
        auc({ ignoreLabel }),
        tensor([
          [0, 1],
          [1, 0],
          [0, 9],
        ]),
        labels(1, 0, -100),
      ),
    ).toBe(1);
  });

  it('count nothing as 0, and no samples as NaN', () => {
    expect(measure(precision(), tensor([0.1, 0.2]), labels(0, 1))).toBe(0);
    expect(measure(recall(), tensor([0.1, 0.9]), labels(0, 0))).toBe(0);
    expect(measure(f1(), tensor([0.1, 0.2]), labels(0, 1))).toBe(0);
    const metrics: Metric[] = [
      accuracy(),
      precision(),
      f1({ average: 'weighted' }),
      auc(),
      perplexity(),
      topKAccuracy(),
      r2(),
      mae(),
      rmse(),
    ];
    for (const metric of metrics) expect(metric.start().value(), metric.name).toBeNaN();
    expect(measure(auc(), tensor([0.1, 0.9]), labels(1, 1))).toBeNaN();
    expect(measure(auc(), tensor([Number.NaN, 0.9]), labels(1, 0))).toBeNaN();
    expect(confusionMatrix().start().value()).toEqual([]);
  });

  it('measure another class than 1 where asked', () => {
    const [guess, truth] = [labels(0, 0, 2, 2), labels(0, 1, 2, 0)];
    expect(measure(precision({ average: 'binary', positive: 2 }), guess, truth)).toBe(0.5);
    expect(measure(recall({ average: 'binary', positive: 2 }), guess, truth)).toBe(1);
    expect(measure(recall({ average: 'binary', positive: 7 }), guess, truth)).toBe(0);
  });

  it('rank ties: the first of equal scores comes first, pairs of equal scores count half', () => {
    const even = zeros([1, 4]);
    for (const k of [1, 2, 3, 4]) expect(measure(topKAccuracy({ k }), even, labels(2))).toBe(k >= 3 ? 1 : 0);
    expect(measure(auc(), tensor([0.5, 0.5, 0.5]), labels(0, 1, 1))).toBe(0.5);
    expect(measure(auc(), tensor([0.5, 0.5, 0.1, 0.9]), labels(0, 1, 0, 1))).toBe(0.875);
  });

  it('AUC is the share of pairs in the right order, whatever the batches', () => {
    const sample = fc.record({ score: fc.integer({ min: -3, max: 3 }), label: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (samples, size) => {
        const run = auc().start();
        for (let i = 0; i < samples.length; i += size) {
          const part = samples.slice(i, i + size);
          run.update(tensor(part.map(({ score }) => score)), labels(...part.map(({ label }) => label)));
        }
        const [high, low] = [1, 0].map((side) => samples.filter(({ label }) => label === side).map(({ score }) => score));
        const pairs = high.flatMap((a) => low.map((b) => (a > b ? 1 : a === b ? 0.5 : 0) as number));
        expect(run.value()).toBe(pairs.length === 0 ? Number.NaN : pairs.reduce((a, b) => a + b) / pairs.length);
      }),
      { seed: 7 },
    );
  });

  it('AUC keeps as many scores as there are', () => {
    const run = auc().start();
    for (let i = 0; i < 3000; i++) run.update(tensor([i]), labels(i % 2));
    expect(run.value()).toBeCloseTo(0.5, 3);
  });
});

describe('metrics of numbers', () => {
  it('take [n] and [n, 1] for the same', () => {
    expect(measure(mae(), zeros([2, 1]), tensor([1, 3]))).toBe(2);
    expect(measure(rmse(), zeros([2]), tensor([[3], [3]]))).toBe(3);
  });

  it('R2 of a target that never changes is 1 if it was met, else 0', () => {
    expect(measure(r2(), tensor([2, 2]), tensor([2, 2]))).toBe(1);
    expect(measure(r2(), tensor([2, 3]), tensor([2, 2]))).toBe(0);
    const mean = tensor([3, 3, 3]);
    expect(measure(r2(), mean, tensor([1, 3, 5]))).toBe(0);
  });
});

describe('tables', () => {
  it('of confusion are aligned', () => {
    expect(
      confusionTable(
        [
          [10, 2],
          [0, 5],
        ],
        ['yes', 'no'],
      ),
    ).toBe('     yes  no\nyes   10   2\nno     0   5');
    expect(confusionTable([])).toBe('');
    expect(() => confusionTable([[1, 2]])).toThrow(ArgumentError);
  });
});

describe('what does not fit', () => {
  it('is refused with a typed error', () => {
    const scores = zeros([2, 3]);
    for (const metric of [accuracy(), precision(), auc(), perplexity(), topKAccuracy(), confusionMatrix()]) {
      expect(() => measure<unknown>(metric, scores, labels(0)), metric.name).toThrow(ShapeError);
      expect(() => measure<unknown>(metric, scores, labels(0, 3)), metric.name).toThrow(ArgumentError);
      expect(() => measure<unknown>(metric, scores, labels(0, -1)), metric.name).toThrow(ArgumentError);
      expect(() => measure<unknown>(metric, scores, tensor([0, 0.5])), metric.name).toThrow(ArgumentError);
      expect(() => measure<unknown>(metric, zeros([2, 0]), labels(0, 0)), metric.name).toThrow(ShapeError);
      expect(() => measure<unknown>(metric, [], labels(0, 0)), metric.name).toThrow(ArgumentError);
    }
    for (const metric of [auc(), perplexity(), topKAccuracy()])
      expect(() => measure(metric, labels(0, 1), labels(0, 1)), metric.name).toThrow(ShapeError);
    expect(() => measure(confusionMatrix(), labels(5000), labels(0))).toThrow(ArgumentError);
    expect(() => measure(f1(), labels(70_000), labels(0))).toThrow(ArgumentError);
    expect(() => measure(mae(), zeros([3]), zeros([2]))).toThrow(ShapeError);
    const run = r2().start();
    run.update(zeros([2, 2]), zeros([2, 2]));
    expect(() => run.update(zeros([2, 3]), zeros([2, 3]))).toThrow(ShapeError);
    for (const [before, after] of [
      [3, 2],
      [2, 3],
    ] as const) {
      const areas = auc().start();
      areas.update(zeros([1, before]), labels(0));
      expect(() => areas.update(zeros([1, after]), labels(0))).toThrow(ShapeError);
    }
  });

  it('is refused in options, too', () => {
    const wrong: (() => unknown)[] = [
      () => accuracy({ threshold: Number.NaN }),
      () => accuracy({ name: '' }),
      () => accuracy({ limit: 1 } as object),
      () => accuracy(null as unknown as object),
      () => precision({ average: 'mean' as 'macro' }),
      () => recall({ positive: -1 }),
      () => fBeta({ beta: 0 }),
      () => fBeta(null as unknown as object),
      () => topKAccuracy({ k: 0 }),
      () => auc({ logits: 1 as unknown as boolean }),
      () => perplexity({ ignoreLabel: 0.5 }),
      () => mae({ threshold: 1 } as object),
    ];
    for (const make of wrong) expect(make, String(make)).toThrow(ArgumentError);
  });
});
