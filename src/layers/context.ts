import type { AnyLayer } from './layer.js';
import type { Value } from './value.js';

/** What a forward run tells its layers; it is handed on from layer to layer. */
export interface Context {
  /** Whether the model learns: batch normalisation then takes the statistics of the batch. */
  readonly training: boolean;
  /** Whether dropout drops: in training, and where its chance is wanted in use. */
  readonly dropout: boolean;
  /** Sees each layer's result, inner layers first. */
  readonly observe: ((layer: AnyLayer, output: Value) => void) | null;
}

export const trainingContext: Context = Object.freeze({ training: true, dropout: true, observe: null });
export const inferenceContext: Context = Object.freeze({ training: false, dropout: false, observe: null });
/** In use, but with dropout at work: each run gives another sample. */
export const samplingContext: Context = Object.freeze({ training: false, dropout: true, observe: null });
/** The run on zeros that tells a layer which shapes reach those inside: what remembers earlier batches leaves it out. */
export const probingContext: Context = Object.freeze({ training: false, dropout: false, observe: null });
