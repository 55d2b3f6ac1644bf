import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kFold, splitRows } from '../../src/data/index.js';
import { ArgumentError } from '../../src/errors.js';
import { tensor } from '../../src/tensor/create.js';

const counts = (rows: Int32Array, classes: readonly number[], kind: number): number =>
  rows.filter((row) => classes[row] === kind).length;
const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('splitRows', () => {
  it('deals out each row once, in the shares asked for', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (rows, test, validation) => {
          const split = splitRows(rows, { test, validation, seed: 1 });
          expect([...split.training, ...split.validation, ...split.test].sort((a, b) => a - b)).toEqual(all(rows));
          expect(split.test.length).toBe(Math.round(test * rows));
          expect(Math.abs(split.validation.length - validation * rows)).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 1 },
    );
  });

  it('gives each part its share of each class', () => {
    const classes = all(200).map((i) => (i % 10 === 0 ? 2 : i % 10 < 4 ? 1 : 0));
    const { training, validation, test } = splitRows(200, { test: 0.25, validation: 0.25, seed: 5, stratify: classes });
    for (const [kind, share] of [
      [0, 0.6],
      [1, 0.3],
      [2, 0.1],
    ] as const) {
      for (const part of [training, validation, test])
        expect(Math.abs(counts(part, classes, kind) - share * part.length)).toBeLessThanOrEqual(1.5);
    }
    expect(splitRows(200, { seed: 5, stratify: tensor(classes) })).toEqual(splitRows(200, { seed: 5, stratify: classes }));
    expect(splitRows(3, { seed: 5, stratify: ['a', 'b', 'a'] }).training.length).toBe(2);
  });

  it('depends on the seed', () => {
    expect(splitRows(50, { seed: 1 })).toEqual(splitRows(50, { seed: 1 }));
    expect(splitRows(50, { seed: 1 })).not.toEqual(splitRows(50, { seed: 2 }));
    expect(splitRows(5, { test: 1 })).toMatchObject({ training: new Int32Array(0), validation: new Int32Array(0) });
  });

  it('refuses what does not fit', () => {
    for (const options of [
      { test: -0.1 },
      { test: 0.6, validation: 0.6 },
      { test: Number.NaN },
      { seed: -1 },
      { stratify: [1] },
      { shuffle: true },
      null,
    ])
      expect(() => splitRows(10, options as object), JSON.stringify(options)).toThrow(ArgumentError);
    expect(() => splitRows(-1)).toThrow(ArgumentError);
  });
});

describe('kFold', () => {
  it('holds out each row once; folds differ by one row at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 2, max: 8 }), (rows, folds) => {
        fc.pre(folds <= rows);
        const parts = kFold(rows, folds, { seed: 2 });
        expect(parts.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual(all(rows));
        for (const { training, test } of parts) {
          expect([...training, ...test].sort((a, b) => a - b)).toEqual(all(rows));
          expect(Math.abs(test.length - rows / folds)).toBeLessThan(1);
        }
      }),
      { seed: 2 },
    );
  });

  it('gives each fold its share of each class', () => {
    const classes = all(97).map((i) => (i % 7 === 0 ? 1 : 0));
    for (const { test } of kFold(97, 5, { seed: 3, stratify: classes }))
      for (const kind of [0, 1])
        expect(Math.abs(counts(test, classes, kind) - counts(Int32Array.from(all(97)), classes, kind) / 5)).toBeLessThan(1);
  });

  it('depends on the seed, and refuses what does not fit', () => {
    expect(kFold(20, 4, { seed: 1 })).toEqual(kFold(20, 4, { seed: 1 }));
    expect(kFold(20, 4, { seed: 1 })).not.toEqual(kFold(20, 4, { seed: 2 }));
    for (const folds of [1, 21, 2.5]) expect(() => kFold(20, folds)).toThrow(ArgumentError);
    expect(() => kFold(20, 4, { stratify: new Int32Array(3) })).toThrow(ArgumentError);
  });
});
