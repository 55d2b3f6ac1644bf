/**
 * Convolution and its gradients, from the table of what each window sees. Sums are gathered in double and rounded once.
 */
import { type Activation, type ConvAlgorithm, type ConvKind, convGeometryFields, type FloatArray } from '../backend.js';
import { writeRow } from './gemm.js';
import { addColumns, addRows } from './rows.js';
import { outside, readGeometry, windowsOf } from './windows.js';

export const convAlgorithms: Readonly<Record<ConvAlgorithm, true>> = { auto: true, gemm: true, direct: true, winograd: true };

export function convAlgorithm(_kind: ConvKind, _geometry: Int32Array, algorithm: ConvAlgorithm): ConvAlgorithm {
  return algorithm === 'auto' ? 'direct' : algorithm;
}

export function conv(
  x: FloatArray,
  w: FloatArray,
  bias: FloatArray | null,
  y: FloatArray,
  geometry: Int32Array,
  activation: Activation,
  _algorithm: ConvAlgorithm,
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
        const xRow = (n * plane + cell) * g.inChannels;
        const wTap = tap * groupIn * g.outChannels;
        for (let group = 0; group < g.groups; group++) {
          const [from, to] = [group * groupIn, group * groupOut];
          addRows(row, to, groupOut, groupIn, x, xRow + from, 1, w, wTap + to, g.outChannels);
        }
      }
      writeRow(row, bias, activation, y, (n * positions + position) * g.outChannels);
    }
  }
}

export function convGradInput(
  dy: FloatArray,
  w: FloatArray,
  dx: FloatArray,
  geometry: Int32Array,
  _algorithm: ConvAlgorithm,
): void {
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
        const wTap = tap * groupIn * g.outChannels;
        for (let group = 0; group < g.groups; group++) {
          const [to, from] = [group * groupIn, group * groupOut];
          addColumns(image, cell * g.inChannels + to, groupIn, groupOut, dy, dyRow + from, 1, w, wTap + from, g.outChannels);
        }
      }
    }
    dx.set(image, n * image.length);
  }
}

export function convGradWeight(
  x: FloatArray,
  dy: FloatArray,
  dw: FloatArray,
  geometry: Int32Array,
  _algorithm: ConvAlgorithm,
): void {
  const g = readGeometry(convGeometryFields, geometry);
  const { positions, taps, plane, cells } = windowsOf(g);
  const groupIn = g.inChannels / g.groups;
  const groupOut = g.outChannels / g.groups;
  const total = new Float64Array(taps * groupIn * g.outChannels);
  // What one tap sees of an image: a cell for each output position.
  const seen = new Float64Array(positions * g.inChannels);
  for (let n = 0; n < g.batch; n++) {
    const dyImage = n * positions * g.outChannels;
    for (let tap = 0; tap < taps; tap++) {
      for (let position = 0; position < positions; position++) {
        const cell = cells[position * taps + tap];
        const [from, to] = [(n * plane + cell) * g.inChannels, position * g.inChannels];
        for (let channel = 0; channel < g.inChannels; channel++) seen[to + channel] = cell === outside ? 0 : x[from + channel];
      }
      for (let channel = 0; channel < g.inChannels; channel++) {
        const first = Math.floor(channel / groupIn) * groupOut;
        const to = (tap * groupIn + (channel % groupIn)) * g.outChannels + first;
        addRows(total, to, groupOut, positions, seen, channel, g.inChannels, dy, dyImage + first, g.outChannels);
      }
    }
  }
  dw.set(total);
}
