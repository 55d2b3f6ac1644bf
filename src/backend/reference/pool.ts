import { type FloatArray, poolGeometryFields } from '../backend.js';
import { checkIndices } from './indexing.js';
import { outside, readGeometry, windowsOf } from './windows.js';

/** A window that lies in the padding altogether has no maximum: -Infinity and an index that the gradient refuses. */
export function maxPool(x: FloatArray, y: FloatArray, indices: Int32Array | null, geometry: Int32Array): void {
  const g = readGeometry(poolGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  for (let n = 0; n < g.batch; n++) {
    for (let position = 0; position < positions; position++) {
      for (let channel = 0; channel < g.channels; channel++) {
        let best = -Infinity;
        let bestCell = outside;
        for (let tap = 0; tap < taps; tap++) {
          const cell = cells[position * taps + tap];
          if (cell === outside) continue;
          const value = x[(n * plane + cell) * g.channels + channel];
          if (bestCell === outside || value > best || (Number.isNaN(value) && !Number.isNaN(best))) {
            best = value;
            bestCell = cell;
          }
        }
        const to = (n * positions + position) * g.channels + channel;
        y[to] = best;
        if (indices !== null) indices[to] = bestCell;
      }
    }
  }
}

export function maxPoolGrad(dy: FloatArray, indices: Int32Array, dx: FloatArray, geometry: Int32Array): void {
  const g = readGeometry(poolGeometryFields, geometry);
  const positions = g.outD * g.outH * g.outW;
  const plane = g.inD * g.inH * g.inW;
  checkIndices('maxPoolGrad', 'indices', indices, plane);
  const image = new Float64Array(plane * g.channels);
  for (let n = 0; n < g.batch; n++) {
    image.fill(0);
    for (let position = 0; position < positions; position++) {
      for (let channel = 0; channel < g.channels; channel++) {
        const from = (n * positions + position) * g.channels + channel;
        const to = indices[from] * g.channels + channel;
        image[to] = image[to] + dy[from];
      }
    }
    dx.set(image, n * image.length);
  }
}

/** By how much each window divides: by all its taps, or by those inside the input. */
function divisors(cells: Int32Array, positions: number, taps: number, countPad: boolean): Int32Array {
  const counts = new Int32Array(positions);
  for (let i = 0; i < cells.length; i++) {
    if (countPad || cells[i] !== outside) counts[Math.floor(i / taps)]++;
  }
  return counts;
}

export function avgPool(x: FloatArray, y: FloatArray, geometry: Int32Array, countPad: boolean): void {
  const g = readGeometry(poolGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  const counts = divisors(cells, positions, taps, countPad);
  const row = new Float64Array(g.channels);
  for (let n = 0; n < g.batch; n++) {
    for (let position = 0; position < positions; position++) {
      row.fill(0);
      for (let tap = 0; tap < taps; tap++) {
        const cell = cells[position * taps + tap];
        if (cell === outside) continue;
        const from = (n * plane + cell) * g.channels;
        for (let channel = 0; channel < g.channels; channel++) row[channel] = row[channel] + x[from + channel];
      }
      const to = (n * positions + position) * g.channels;
      const count = Math.max(counts[position], 1);
      for (let channel = 0; channel < g.channels; channel++) y[to + channel] = row[channel] / count;
    }
  }
}

export function avgPoolGrad(dy: FloatArray, dx: FloatArray, geometry: Int32Array, countPad: boolean): void {
  const g = readGeometry(poolGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  const counts = divisors(cells, positions, taps, countPad);
  const image = new Float64Array(plane * g.channels);
  for (let n = 0; n < g.batch; n++) {
    image.fill(0);
    for (let position = 0; position < positions; position++) {
      const from = (n * positions + position) * g.channels;
      for (let tap = 0; tap < taps; tap++) {
        const cell = cells[position * taps + tap];
        if (cell === outside) continue;
        const to = cell * g.channels;
        for (let channel = 0; channel < g.channels; channel++) {
          image[to + channel] = image[to + channel] + dy[from + channel] / counts[position];
        }
      }
    }
    dx.set(image, n * image.length);
  }
}
