/**
 * Where the windows of a convolution or a pooling look. The answer is the same for all images and channels, so it is
 * worked out once a call: a table [output positions, taps] of positions in the input plane, (d*inH + h)*inW + w, with
 * `outside` for cells of the padding.
 */
export const outside = -1;

/** The fields of the geometry array by name. */
export function readGeometry<Field extends string>(fields: readonly Field[], geometry: Int32Array): Record<Field, number> {
  return Object.fromEntries(fields.map((field, i) => [field, geometry[i]])) as Record<Field, number>;
}

type Axis = 'D' | 'H' | 'W';
type Geometry = Record<`${'in' | 'out' | 'kernel' | 'stride' | 'pad' | 'dilation'}${Axis}`, number>;

export interface Windows {
  readonly positions: number;
  readonly taps: number;
  readonly plane: number;
  readonly cells: Int32Array;
}

/** The cells of an axis that each window sees, all lists of one length; a kernel of 0 stands for the windows of adaptive pooling. */
function axisCells(g: Geometry, axis: Axis): number[][] {
  const input = g[`in${axis}`];
  const output = g[`out${axis}`];
  const kernel = g[`kernel${axis}`];
  const inside = (cell: number): number => (cell >= 0 && cell < input ? cell : outside);
  if (kernel > 0) {
    const first = (window: number) => window * g[`stride${axis}`] - g[`pad${axis}`];
    return times(output, (window) => times(kernel, (tap) => inside(first(window) + tap * g[`dilation${axis}`])));
  }
  const most = Math.floor(input / Math.max(output, 1)) + 2;
  return times(output, (window) => {
    const first = Math.floor((window * input) / output);
    const end = Math.ceil(((window + 1) * input) / output);
    return times(most, (tap) => (first + tap < end ? first + tap : outside));
  });
}

const times = <T>(count: number, f: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => f(i));

export function windowsOf(g: Geometry): Windows {
  const [depths, heights, widths] = [axisCells(g, 'D'), axisCells(g, 'H'), axisCells(g, 'W')];
  const positions = depths.length * heights.length * widths.length;
  const taps = [depths, heights, widths].reduce((product, lists) => product * (lists[0]?.length ?? 0), 1);
  const cells = new Int32Array(positions * taps);
  let at = 0;
  for (const ds of depths) {
    for (const hs of heights) {
      for (const ws of widths) {
        for (const d of ds) {
          for (const h of hs) {
            for (const w of ws) {
              const inside = d !== outside && h !== outside && w !== outside;
              cells[at++] = inside ? (d * g.inH + h) * g.inW + w : outside;
            }
          }
        }
      }
    }
  }
  return { positions, taps, plane: g.inD * g.inH * g.inW, cells };
}
