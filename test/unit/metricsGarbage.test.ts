/** Metrics and the perceptron answer any garbage, or throw a typed error. */
import { expect, it } from 'vitest';
import { MyelinError } from '../../src/errors.js';
import * as metrics from '../../src/metrics/index.js';
import { Perceptron } from '../../src/perceptron/index.js';
import { tensor, zeros } from '../../src/tensor/create.js';

const disposed = tensor([1]);
disposed.dispose();
const garbage: unknown[] = [
  ...[undefined, null, true, '', 'x', Number.NaN, -1, 0, 1, 2.5, 2 ** 53, 10n, Symbol('s'), {}, [], [[]], () => 1],
  ...[[[1, 2]], [[1, 2], [3]], new Date(0), new Map(), new Float32Array(3), Object.create(null), [tensor([1])]],
  ...[
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor(1),
    disposed,
    zeros([0]),
    zeros([0, 3]),
    zeros([2, 0]),
    tensor([Number.NaN, 1]),
  ],
  ...[
    tensor([1, 0], { dtype: 'int32' }),
    tensor(
      [
        [0, 1],
        [1, 0],
      ],
      { dtype: 'int32' },
    ),
    tensor([1, 0], { dtype: 'bool' }),
  ],
  ...[{ name: 5 }, { threshold: 'a' }, { ignoreLabel: null }, { average: {} }, { k: 'x' }, { beta: 1n }, { rate: Symbol('x') }],
];

/** The errors of calls that are not typed, as text. */
function untyped(...calls: (() => unknown)[]): string[] {
  return calls.flatMap((call) => {
    try {
      call();
    } catch (error) {
      if (!(error instanceof MyelinError)) return [String((error as Error).stack)];
    }
    return [];
  });
}

it.each(Object.entries(metrics) as [string, (...args: unknown[]) => unknown][])('%s', (name, make) => {
  const isMetric = name !== 'measure' && name !== 'confusionTable';
  for (const a of garbage) {
    expect(untyped(() => make(a))).toEqual([]);
    for (const b of garbage) {
      const measured = (): unknown => metrics.measure(make() as metrics.Metric, a as never, b as never);
      expect(untyped(() => make(a, b), isMetric ? measured : () => make(metrics.accuracy(), a, b))).toEqual([]);
    }
  }
});

it('Perceptron', () => {
  for (const a of garbage) {
    expect(untyped(() => new Perceptron(a as object))).toEqual([]);
    for (const b of garbage) {
      const unit = new Perceptron({ passes: 5 });
      expect(
        untyped(
          () => unit.fit(a as never, b as never),
          () => unit.predict(b as never),
          () => unit.scores(a as never),
        ),
      ).toEqual([]);
    }
  }
});
