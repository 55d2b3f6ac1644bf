import { describe, expect, it } from 'vitest';
import { findSeason, persistence, seasonalNaive, seasonalNaiveWithDrift } from '../../src/data/seriesBaselines.js';
import { ArgumentError } from '../../src/errors.js';

describe('baselines of a series', () => {
  const values = [1, 2, 3, 11, 12, 13, 21];

  it('go on as they are defined', () => {
    expect(persistence(values, 6, 3, 3)).toEqual([13, 13, 13]);
    expect(seasonalNaive(values, 6, 4, 3)).toEqual([11, 12, 13, 11]);
    // One season lifted the series by 10.
    expect(seasonalNaiveWithDrift(values, 6, 4, 3)).toEqual([21, 22, 23, 31]);
    expect(persistence(values, 7, 0, 1)).toEqual([]);
  });

  it('look at no value from the start of the forecast on', () => {
    const other = [...values.slice(0, 6), Number.NaN];
    for (const baseline of [persistence, seasonalNaive, seasonalNaiveWithDrift])
      expect(baseline(other, 6, 2, 3)).toEqual(baseline(values, 6, 2, 3));
  });

  it('refuse a series that does not reach back far enough', () => {
    expect(() => seasonalNaive(values, 2, 1, 3)).toThrow(ArgumentError);
    expect(() => seasonalNaiveWithDrift(values, 3, 1, 3)).toThrow(/at least 4 values before the forecast, received 3/);
  });
});

describe('findSeason', () => {
  const series = (season: number, rows = 240): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => 0.3 * i + 2 * Math.sin((2 * Math.PI * i) / season) + 0.05 * Math.sin(i * i));

  it('finds the season beside a trend and noise', () => {
    expect([7, 12, 24].map((season) => findSeason(series(season)))).toEqual([7, 12, 24]);
  });

  it('finds none where there is none', () => {
    expect(findSeason(Float64Array.from({ length: 200 }, (_, i) => Math.sin(i * i) * 3 + i))).toBe(1);
    expect(findSeason([])).toBe(1);
    expect(findSeason(new Float64Array(50))).toBe(1);
  });
});
