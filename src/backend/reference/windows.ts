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

export function windowsOf(g: Geometry): Windows {
  const positions = g.outD * g.outH * g.outW;
  const taps = g.kernelD * g.kernelH * g.kernelW;
  const cells = new Int32Array(positions * taps);
  let at = 0;
  for (let od = 0; od < g.outD; od++) {
    for (let oh = 0; oh < g.outH; oh++) {
      for (let ow = 0; ow < g.outW; ow++) {
        for (let kd = 0; kd < g.kernelD; kd++) {
          const d = od * g.strideD - g.padD + kd * g.dilationD;
          for (let kh = 0; kh < g.kernelH; kh++) {
            const h = oh * g.strideH - g.padH + kh * g.dilationH;
            for (let kw = 0; kw < g.kernelW; kw++) {
              const w = ow * g.strideW - g.padW + kw * g.dilationW;
              const inside = d >= 0 && d < g.inD && h >= 0 && h < g.inH && w >= 0 && w < g.inW;
              cells[at++] = inside ? (d * g.inH + h) * g.inW + w : outside;
            }
          }
        }
      }
    }
  }
  return { positions, taps, plane: g.inD * g.inH * g.inW, cells };
}
