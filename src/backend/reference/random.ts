import { philox } from '../../tensor/philox.js';
import type { FloatArray } from '../backend.js';

/** Calls `visit` with the random word of each element: word i % 4 of the block that i / 4 counts. */
function forEachWord(length: number, state: Uint32Array, visit: (i: number, word: number) => void): void {
  const key = state.subarray(0, 2);
  const counter = new Uint32Array([0, 0, state[2], state[3]]);
  const words = new Uint32Array(4);
  for (let i = 0; i < length; i++) {
    if (i % 4 === 0) {
      counter[0] = i / 4;
      counter[1] = Math.floor(i / 4 / 2 ** 32);
      philox(counter, key, words);
    }
    visit(i, words[i % 4]);
  }
}

export function dropout(x: FloatArray, y: FloatArray, rate: number, state: Uint32Array): void {
  const threshold = Math.floor(rate * 2 ** 32);
  forEachWord(y.length, state, (i, word) => {
    y[i] = word >= threshold ? x[i] / (1 - rate) : 0;
  });
}

/** Rounded to the array's type at each step, so that the addon and the reference draw the same numbers. */
export function uniform(y: FloatArray, low: number, high: number, state: Uint32Array): void {
  const round = y.BYTES_PER_ELEMENT === 4 ? Math.fround : (value: number) => value;
  const start = round(low);
  const span = round(high - low);
  forEachWord(y.length, state, (i, word) => {
    y[i] = start + round(span * ((word >>> 8) / 2 ** 24));
  });
}
