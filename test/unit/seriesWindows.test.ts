import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { setBackend } from '../../src/backend/select.js';
import { SeriesWindows, splitSeries } from '../../src/data/index.js';
import { ArgumentError, FormatError, ShapeError } from '../../src/errors.js';
import { tensor, zeros } from '../../src/tensor/create.js';
import { RandomStream } from '../../src/tensor/random.js';

setBackend('reference');
afterAll(() => setBackend('reference'));

const scales = ['standard', 'minMax', 'relative', 'difference', 'none'] as const;
const ramp = [10, 12, 11, 15, 14, 18, 20, 19];

/** A series of two variables that wander. */
function wandering(rows: number): number[][] {
  const steps = new RandomStream(1, 'walk').normal([rows, 2], 0.1, 1).toArray() as number[][];
  let a = 100;
  let b = -5;
  return steps.map(([da, db]) => {
    a += da as number;
    b += 0.01 * (db as number);
    return [a, b];
  });
}

describe('windows of a series', () => {
  it('hold what was seen and what came next', () => {
    const windows = SeriesWindows.fit(ramp, { window: 3, horizon: 2, training: 8, scale: 'none' });
    const { x, y, starts } = windows.encode(ramp, { stride: 2 });
    expect(x.toArray()).toEqual([
      [[10], [12], [11]],
      [[11], [15], [14]],
    ]);
    expect(y.toArray()).toEqual([
      [15, 14],
      [18, 20],
    ]);
    expect([...starts]).toEqual([3, 5]);
    expect(windows.last(ramp).toArray()).toEqual([[[18], [20], [19]]]);
  });

  it('see all variables and predict those wanted', () => {
    const rows = ramp.map((value, i) => [value, i, -value]);
    const windows = SeriesWindows.fit(rows, { window: 2, training: 8, scale: 'none', targets: [2, 1] });
    const { x, y } = windows.encode(rows, { rows: [4, 6] });
    expect(x.toArray()).toEqual([
      [
        [11, 2, -11],
        [15, 3, -15],
      ],
      [
        [15, 3, -15],
        [14, 4, -14],
      ],
    ]);
    expect(y.toArray()).toEqual([
      [-14, 4],
      [-18, 5],
    ]);
    expect([windows.variables, windows.outputs]).toEqual([3, 2]);
    expect(windows.encode(tensor(rows), { rows: [4, 6] }).x.toArray()).toEqual(x.toArray());
  });

  it('are scaled by the rows to train on, relative to their last value, or as steps', () => {
    const encode = (scale: (typeof scales)[number]) => {
      const { x, y } = SeriesWindows.fit(ramp, { window: 2, training: 4, scale }).encode(ramp, { rows: [4, 5] });
      return [...(x.toArray() as number[][][]).flat(2), ...(y.toArray() as number[][]).flat()];
    };
    const deviation = Math.sqrt((4 + 0 + 1 + 9) / 4);
    const near = (values: number[]) => values.map((value) => expect.closeTo(value, 5));
    expect(encode('standard')).toEqual(near([(11 - 12) / deviation, (15 - 12) / deviation, (14 - 12) / deviation]));
    expect(encode('minMax')).toEqual(near([0.2, 1, 0.8]));
    const size = Math.sqrt((4 + 1 + 16) / 3);
    expect(encode('relative')).toEqual(near([-4 / size, 0, -1 / size]));
    const [mean, spread] = [5 / 3, Math.sqrt((4 + 1 + 16) / 3 - 25 / 9)];
    expect(encode('difference')).toEqual(near([(-1 - mean) / spread, (4 - mean) / spread, (-1 - mean) / spread]));
  });

  it('lie in the rows wanted, each target once', () => {
    for (const scale of scales) {
      const windows = SeriesWindows.fit(ramp, { window: 3, training: 5, scale });
      const { training, test } = splitSeries(ramp.length, { test: 0.375 });
      const starts = [training, test].map((rows) => [...windows.encode(ramp, { rows }).starts]);
      expect(starts).toEqual([scale === 'difference' ? [4] : [3, 4], [5, 6, 7]]);
    }
    const wide = SeriesWindows.fit(ramp, { window: 3, horizon: 3, training: 5 });
    expect([...wide.encode(ramp).starts]).toEqual([3, 4, 5]);
    expect(wide.encode(ramp, { rows: [0, 5] }).x.shape).toEqual([0, 3, 1]);
  });

  it.each(scales)('come back as values of the series: %s', (scale) => {
    const series = wandering(40);
    const windows = SeriesWindows.fit(series, { window: 5, horizon: 3, training: 30, scale, targets: [1, 0] });
    const { y, starts } = windows.encode(series);
    windows.decode(y, series, starts).forEach((steps, i) => {
      steps.forEach(([b, a], step) => {
        const [wantA, wantB] = series[(starts[i] as number) + step] as [number, number];
        expect(Math.abs((a as number) - wantA)).toBeLessThan(1e-4);
        expect(Math.abs((b as number) - wantB)).toBeLessThan(1e-5);
      });
    });
    const beyond = windows.decode(zeros([1, 6]), series, [series.length]);
    expect(beyond).toHaveLength(1);
    const lastA = series.at(-1)?.[0] as number;
    if (scale === 'relative') expect(beyond[0]?.map(([, a]) => a)).toEqual([lastA, lastA, lastA]);
  });

  it.each(scales)('know nothing of the future: %s', (scale) => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 30 }), fc.constantFrom(NaN, 1e30, -7), (training, poison) => {
        const series = wandering(36);
        const poisoned = series.map((row, i) => (i < training ? row : [poison, poison]));
        const options = { window: 4, horizon: 2, training, scale };
        const [clean, other] = [SeriesWindows.fit(series, options), SeriesWindows.fit(poisoned, options)];
        expect(other.toJSON()).toEqual(clean.toJSON());
        const rows = [0, training] as const;
        const [a, b] = [clean.encode(series, { rows }), other.encode(poisoned, { rows })];
        expect(a.starts.length).toBeGreaterThan(0);
        expect([...b.x.data()]).toEqual([...a.x.data()]);
        expect([...b.y.data()]).toEqual([...a.y.data()]);
        // Nor does what a window is shown depend on what is to be predicted.
        const cut = series.map((row, i) => (i < training + 2 ? row : [poison, poison]));
        const last = clean.encode(cut, { rows: [training, training + 2] }).x;
        expect([...last.data()]).toEqual([...clean.last(series.slice(0, training)).data()]);
      }),
      { numRuns: 30 },
    );
  });

  it('go through JSON', () => {
    const series = wandering(20);
    for (const scale of scales) {
      const windows = SeriesWindows.fit(series, { window: 3, training: 15, scale, targets: [1] });
      const back = SeriesWindows.fromJSON(JSON.parse(JSON.stringify(windows)));
      expect([...back.encode(series).x.data()]).toEqual([...windows.encode(series).x.data()]);
      expect(back.toJSON()).toEqual(windows.toJSON());
    }
    const good = SeriesWindows.fit(series, { window: 3, training: 15 }).toJSON();
    for (const change of [
      { version: 0 },
      { window: 0 },
      { horizon: 'a' },
      { scale: 'log' },
      { targets: [5] },
      { scalings: [null, 3] },
      { scalings: 1 },
    ]) {
      expect(() => SeriesWindows.fromJSON({ ...good, ...change })).toThrow(FormatError);
    }
    for (const json of [null, 1, 'x', {}]) expect(() => SeriesWindows.fromJSON(json)).toThrow(FormatError);
  });

  it('refuse what cannot be', () => {
    const make = (options: object, series: unknown = ramp) =>
      SeriesWindows.fit(series as never, { window: 2, training: 5, ...options });
    for (const options of [
      { window: 0 },
      { horizon: 0 },
      { training: 0 },
      { training: 9 },
      { training: undefined },
      { scale: 'log' },
      { targets: [] },
      { targets: [1] },
      { targets: [0, 0] },
      { size: 3 },
    ]) {
      expect(() => make(options)).toThrow(ArgumentError);
    }
    for (const series of [3, null, [[1], [2, 3]], ['a'], [1, [2]]]) expect(() => make({}, series)).toThrow(ArgumentError);
    expect(() => make({}, zeros([2, 2, 2]))).toThrow(ShapeError);
    expect(() => make({}, [1, 2, NaN, 4, 5, 6])).toThrow(/received NaN in row 2/);
    const windows = make({});
    expect(() => windows.encode([1, 2, 3, NaN])).toThrow(/received NaN in row 3, column 0/);
    expect(() => windows.encode([[1, 2]])).toThrow(ShapeError);
    expect(() => windows.encode(ramp, { rows: [3, 9] })).toThrow(ArgumentError);
    expect(() => windows.encode(ramp, { rows: [3, 2] })).toThrow(ArgumentError);
    expect(() => windows.encode(ramp, { stride: 0 })).toThrow(ArgumentError);
    expect(() => windows.last([1])).toThrow(ArgumentError);
    expect(() => windows.decode(zeros([2, 2]), ramp, [3, 4])).toThrow(ShapeError);
    expect(() => windows.decode(zeros([1, 1]), ramp, [9])).toThrow(ArgumentError);
  });
});

describe('splitSeries', () => {
  it('cuts in time', () => {
    expect(splitSeries(741)).toEqual({ training: [0, 592], validation: [592, 592], test: [592, 741] });
    expect(splitSeries(10, { validation: 0.1, test: 0.3 })).toEqual({ training: [0, 6], validation: [6, 7], test: [7, 10] });
    expect(() => splitSeries(10, { validation: 0.6, test: 0.5 })).toThrow(ArgumentError);
    expect(() => splitSeries(10, { train: 0.5 } as never)).toThrow(ArgumentError);
  });
});
