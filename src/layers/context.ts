import type { AnyLayer } from './layer.js';
import type { Value } from './value.js';

/** What a forward run tells its layers; it is handed on from layer to layer. */
export interface Context {
  /** Whether dropout drops, and the like. */
  readonly training: boolean;
  /** Sees each layer's result, inner layers first. */
  readonly observe: ((layer: AnyLayer, output: Value) => void) | null;
}

export const trainingContext: Context = Object.freeze({ training: true, observe: null });
export const inferenceContext: Context = Object.freeze({ training: false, observe: null });
