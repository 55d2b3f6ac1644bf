/**
 * Normalisation in double. With u = (x - mean) * inverse, inverse = 1 / sqrt(variance + epsilon), g = dy * scale and means over the
 * elements of a statistic: dx = inverse * (g - mean(g) - u * mean(g * u)). What follows from the statistics falls away where they are
 * fixed; mean(g) belongs to the mean and falls away without one.
 */
import type { FloatArray } from '../backend.js';

interface Group {
  /** Its place among the statistics. */
  index: number;
  /** Visits its elements: their place in x and their channel. */
  each(visit: (at: number, channel: number) => void): void;
  /** How many it has. */
  count: number;
}

function eachGroup(geometry: Int32Array, visit: (group: Group) => void): void {
  const [outer, length, groups, width] = geometry as unknown as [number, number, number, number];
  for (let o = 0; o < outer; o++) {
    for (let g = 0; g < groups; g++) {
      const each: Group['each'] = (see) => {
        for (let l = 0; l < length; l++) {
          const start = ((o * length + l) * groups + g) * width;
          for (let w = 0; w < width; w++) see(start + w, g * width + w);
        }
      };
      visit({ index: o * groups + g, each, count: length * width });
    }
  }
}

export function norm(
  x: FloatArray,
  scale: FloatArray | null,
  shift: FloatArray | null,
  mean: FloatArray | null,
  variance: FloatArray,
  y: FloatArray,
  geometry: Int32Array,
  epsilon: number,
  fixed: boolean,
  relu: boolean,
): void {
  eachGroup(geometry, ({ index, each, count }) => {
    let centre = 0;
    let spread = 0;
    if (fixed) {
      centre = mean === null ? 0 : mean[index];
      spread = variance[index];
    } else {
      if (mean !== null) {
        each((at) => {
          centre += x[at];
        });
        centre /= count;
        mean[index] = centre;
      }
      each((at) => {
        spread += (x[at] - centre) ** 2;
      });
      spread /= count;
      variance[index] = spread;
    }
    const inverse = 1 / Math.sqrt(spread + epsilon);
    each((at, channel) => {
      const value = (x[at] - centre) * inverse * (scale === null ? 1 : scale[channel]) + (shift === null ? 0 : shift[channel]);
      y[at] = relu ? Math.max(value, 0) : value;
    });
  });
}

export function normGrad(
  x: FloatArray,
  dy: FloatArray,
  scale: FloatArray | null,
  mean: FloatArray | null,
  variance: FloatArray,
  dx: FloatArray | null,
  dscale: FloatArray | null,
  dshift: FloatArray | null,
  geometry: Int32Array,
  epsilon: number,
  fixed: boolean,
  rectified: FloatArray | null,
): void {
  const gradientAt = (at: number): number => (rectified === null || rectified[at] > 0 ? dy[at] : 0);
  const channels = geometry[2] * geometry[3];
  const scales = new Float64Array(channels);
  const shifts = new Float64Array(channels);
  eachGroup(geometry, ({ index, each, count }) => {
    const centre = mean === null ? 0 : mean[index];
    const inverse = 1 / Math.sqrt(variance[index] + epsilon);
    let sum = 0;
    let product = 0;
    each((at, channel) => {
      const unit = (x[at] - centre) * inverse;
      scales[channel] += gradientAt(at) * unit;
      shifts[channel] += gradientAt(at);
      const g = gradientAt(at) * (scale === null ? 1 : scale[channel]);
      sum += g;
      product += g * unit;
    });
    if (dx === null) return;
    const ofMean = fixed || mean === null ? 0 : sum / count;
    const ofVariance = fixed ? 0 : product / count;
    each((at, channel) => {
      const g = gradientAt(at) * (scale === null ? 1 : scale[channel]);
      dx[at] = inverse * (g - ofMean - (x[at] - centre) * inverse * ofVariance);
    });
  });
  dscale?.set(scales);
  dshift?.set(shifts);
}
