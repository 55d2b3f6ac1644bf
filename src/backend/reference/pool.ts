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

/** What a plane is told by a list of its cells. */
const planeFields = ['batch', 'positions', 'plane', 'channels'] as const;

export function maxUnpool(x: FloatArray, indices: Int32Array, y: FloatArray, dims: Int32Array): void {
  const { batch, positions, plane, channels } = readGeometry(planeFields, dims);
  checkIndices('maxUnpool', 'indices', indices, plane);
  y.fill(0);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < positions * channels; i++) {
      const from = n * positions * channels + i;
      y[(n * plane + indices[from]) * channels + (i % channels)] = x[from];
    }
  }
}

export function maxUnpoolGrad(dy: FloatArray, indices: Int32Array, dx: FloatArray, dims: Int32Array): void {
  const { batch, positions, plane, channels } = readGeometry(planeFields, dims);
  checkIndices('maxUnpoolGrad', 'indices', indices, plane);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < positions * channels; i++) {
      const to = n * positions * channels + i;
      dx[to] = dy[(n * plane + indices[to]) * channels + (i % channels)];
    }
  }
}
