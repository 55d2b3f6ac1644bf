import type { Layer } from '../../../src/layers/index.js';
import { type PadOptions, pad1d, pad2d, pad3d } from '../../../src/layers/index.js';
import type { PaddingMode } from '../../../src/ops/index.js';
import { throughLayer } from '../runner/images.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

/** PyTorch tells the last axis first: left, right, top, bottom, front, back. */
function pairsOf(padding: number | readonly number[], spatial: number): [number, number][] {
  const sides = typeof padding === 'number' ? new Array<number>(2 * spatial).fill(padding) : padding;
  if (sides.length !== 2 * spatial) throw new Error(`expected ${2 * spatial} sides to pad, received ${sides.length}`);
  return Array.from({ length: spatial }, (_, i): [number, number] => [
    sides[2 * i] as number,
    sides[2 * i + 1] as number,
  ]).reverse();
}

function padOf(spatial: number, layer: (options: PadOptions) => Layer, mode: (o: Options) => PaddingMode): LayerAdapter {
  return (one) => {
    const { options: o } = one;
    return throughLayer(one, layer({ padding: pairsOf(o.numbers('padding'), spatial), mode: mode(o) }), spatial);
  };
}

const modes: Readonly<Record<string, (o: Options) => PaddingMode>> = {
  ZeroPad: () => 'zeros',
  ConstantPad: (o) => ({ constant: o.number('value') }),
  ReflectionPad: () => 'reflect',
  ReplicationPad: () => 'replicate',
  CircularPad: () => 'circular',
};

/** Every padding layer of PyTorch. */
export const padding: Readonly<Record<string, LayerAdapter>> = Object.fromEntries(
  Object.entries(modes).flatMap(([name, mode]) =>
    [pad1d, pad2d, pad3d].map((layer, i) => [`${name}${i + 1}d`, padOf(i + 1, layer, mode)]),
  ),
);
