/**
 * In use, the first layers of a model of images run over a few samples at a time, so that what one layer writes still lies in the
 * processor's cache when the next one reads it. A sample's result does not depend on those beside it, so nothing else changes.
 */
import { concat, slice } from '../ops/index.js';
import { scope } from '../tensor/scope.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Context } from './context.js';
import type { Layer } from './layer.js';

export interface SampleSlices {
  /** How many of the layers, from the first on. */
  readonly layers: number;
  /** Samples at a time. */
  readonly samples: number;
}

/** Elements of the largest tensor on the way: with the one before it, about the second-level caches of two cores. */
const cachedElements = 384 * 1024;
/** With fewer samples at a time, what each layer does once a call (packing its weights, above all) would cost more than is saved. */
const fewestSamples = 8;

/** How to run these layers for samples of this shape; null where all samples at once are as good. */
export function planSlices(chain: readonly Layer[], inputShape: Shape): SampleSlices | null {
  let shape = inputShape;
  let layers = 0;
  let largest = 0;
  let weights = 0;
  for (const layer of chain) {
    if (!layer.mapsSamples) break;
    shape = layer.outputShape(shape);
    largest = Math.max(largest, sizeOf(shape));
    weights += layer.parameters().reduce((sum, { size }) => sum + size, 0);
    layers++;
  }
  const samples = Math.floor(cachedElements / Math.max(1, largest));
  return layers > 1 && samples >= fewestSamples && weights <= cachedElements / 4 ? { layers, samples } : null;
}

/** The result of the first layers of a plan. Records no gradients. */
export function runSlices(chain: readonly Layer[], plan: SampleSlices, x: Tensor, context: Context): Tensor {
  const batch = x.shape[0] as number;
  const parts = Math.ceil(batch / plan.samples);
  const bound = (part: number): number => Math.round((part * batch) / parts);
  const results = Array.from({ length: parts }, (_, part) =>
    scope(() => {
      const samples = slice(x, [[bound(part), bound(part + 1)]]);
      return chain.slice(0, plan.layers).reduce((y, layer) => layer.call(y, context), samples);
    }),
  );
  const y = concat(results);
  for (const result of results) result.dispose();
  return y;
}
