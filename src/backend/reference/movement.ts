import type { AnyArray } from '../backend.js';
import { walkRows } from './strided.js';

export function fill(y: AnyArray, value: number): void {
  y.fill(value);
}

export function copy(x: AnyArray, y: AnyArray, dims: Int32Array, xOffset: number, yOffset: number): void {
  walkRows(dims, (_row, length, startX, stepX, startY, stepY) => {
    const from = xOffset + startX;
    const to = yOffset + startY;
    for (let i = 0; i < length; i++) y[to + i * stepY] = x[from + i * stepX];
  });
}

/** What an integer array can hold. The class is asked by its tag, which works for arrays of another realm too. */
const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  Int32Array: [-(2 ** 31), 2 ** 31 - 1],
  Uint8Array: [0, 255],
};

export function cast(x: AnyArray, y: AnyArray): void {
  const range = integerRanges[y[Symbol.toStringTag]];
  if (range === undefined) {
    for (let i = 0; i < y.length; i++) y[i] = x[i];
    return;
  }
  const [low, high] = range;
  for (let i = 0; i < y.length; i++) {
    const value = x[i];
    // Storing into an integer array drops the fraction.
    y[i] = Number.isNaN(value) ? 0 : Math.min(Math.max(value, low), high);
  }
}
