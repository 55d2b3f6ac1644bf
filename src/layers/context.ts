import type { AnyLayer } from './layer.js';
import type { Value } from './value.js';

/** What a forward run tells its layers; it is handed on from layer to layer. */
export interface Context {
  /** Whether the model learns: batch normalisation then takes the statistics of the batch. */
  readonly training: boolean;
  /** Whether dropout drops: in training, and where its chance is wanted in use. */
  readonly dropout: boolean;
  /** Whether stateful layers go on from the batch before, and keep their states for the next one. */
  readonly carry: boolean;
  /** Sees each layer's result and what it was computed from, inner layers first. */
  readonly observe: ((layer: AnyLayer, output: Value, input: Value) => void) | null;
}

export const trainingContext: Context = Object.freeze({ training: true, dropout: true, carry: true, observe: null });
export const inferenceContext: Context = Object.freeze({ training: false, dropout: false, carry: true, observe: null });
/** In use, but with dropout at work: each run, from the same state, gives another sample. */
export const samplingContext: Context = Object.freeze({ training: false, dropout: true, carry: false, observe: null });
/** The run on zeros that tells a layer which shapes reach those inside. */
export const probingContext: Context = Object.freeze({ training: false, dropout: false, carry: false, observe: null });
