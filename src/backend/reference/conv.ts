/**
 * Convolution and its gradients, all three as one walk over (image, output position, tap, input channel) with a loop
 * over the output channels of the group inside. Sums are gathered in double and rounded once.
 */
import { type Activation, convGeometryFields, type FloatArray } from '../backend.js';
import { writeRow } from './gemm.js';
import { outside, readGeometry, windowsOf } from './windows.js';

export function conv(
  x: FloatArray,
  w: FloatArray,
  bias: FloatArray | null,
  y: FloatArray,
  geometry: Int32Array,
  activation: Activation,
): void {
  const g = readGeometry(convGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  const groupIn = g.inChannels / g.groups;
  const groupOut = g.outChannels / g.groups;
  const row = new Float64Array(g.outChannels);
  for (let n = 0; n < g.batch; n++) {
    for (let position = 0; position < positions; position++) {
      row.fill(0);
      for (let tap = 0; tap < taps; tap++) {
        const cell = cells[position * taps + tap];
        if (cell === outside) continue;
        for (let channel = 0; channel < g.inChannels; channel++) {
          const first = Math.floor(channel / groupIn) * groupOut;
          const factor = x[(n * plane + cell) * g.inChannels + channel];
          const wRow = (tap * groupIn + (channel % groupIn)) * g.outChannels;
          for (let o = first; o < first + groupOut; o++) row[o] = row[o] + factor * w[wRow + o];
        }
      }
      writeRow(row, bias, activation, y, (n * positions + position) * g.outChannels);
    }
  }
}

export function convGradInput(dy: FloatArray, w: FloatArray, dx: FloatArray, geometry: Int32Array): void {
  const g = readGeometry(convGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  const groupIn = g.inChannels / g.groups;
  const groupOut = g.outChannels / g.groups;
  const image = new Float64Array(plane * g.inChannels);
  for (let n = 0; n < g.batch; n++) {
    image.fill(0);
    for (let position = 0; position < positions; position++) {
      const dyRow = (n * positions + position) * g.outChannels;
      for (let tap = 0; tap < taps; tap++) {
        const cell = cells[position * taps + tap];
        if (cell === outside) continue;
        for (let channel = 0; channel < g.inChannels; channel++) {
          const first = Math.floor(channel / groupIn) * groupOut;
          const wRow = (tap * groupIn + (channel % groupIn)) * g.outChannels;
          let sum = image[cell * g.inChannels + channel];
          for (let o = first; o < first + groupOut; o++) sum += dy[dyRow + o] * w[wRow + o];
          image[cell * g.inChannels + channel] = sum;
        }
      }
    }
    dx.set(image, n * image.length);
  }
}

export function convGradWeight(x: FloatArray, dy: FloatArray, dw: FloatArray, geometry: Int32Array): void {
  const g = readGeometry(convGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  const groupIn = g.inChannels / g.groups;
  const groupOut = g.outChannels / g.groups;
  const total = new Float64Array(taps * groupIn * g.outChannels);
  for (let n = 0; n < g.batch; n++) {
    for (let position = 0; position < positions; position++) {
      const dyRow = (n * positions + position) * g.outChannels;
      for (let tap = 0; tap < taps; tap++) {
        const cell = cells[position * taps + tap];
        if (cell === outside) continue;
        for (let channel = 0; channel < g.inChannels; channel++) {
          const first = Math.floor(channel / groupIn) * groupOut;
          const factor = x[(n * plane + cell) * g.inChannels + channel];
          const wRow = (tap * groupIn + (channel % groupIn)) * g.outChannels;
          for (let o = first; o < first + groupOut; o++) total[wRow + o] = total[wRow + o] + factor * dy[dyRow + o];
        }
      }
    }
  }
  dw.set(total);
}
