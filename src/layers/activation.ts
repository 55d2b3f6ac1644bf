import type { Tensor } from '../tensor/tensor.js';
import { type ActivationLike, type ActivationName, type ResolvedActivation, resolveActivation } from './activations.js';
import { Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';

export interface ActivationOptions extends LayerOptions {
  activation: ActivationLike;
}

/** Applies an activation to each element (softmax and logSoftmax: along an axis of the batch, by default the last). */
export class Activation extends Layer {
  private readonly activation: ResolvedActivation;

  constructor(options: ActivationOptions) {
    checkOptions('Activation', options, ['activation']);
    super(options);
    this.activation = resolveActivation(this.type, options.activation);
  }

  protected override forward(x: Tensor): Tensor {
    return this.activation.apply(x);
  }

  override config(): Record<string, unknown> {
    return { activation: this.activation.config };
  }
}

/**
 * An activation as a layer of its own: by name, or by options. Layers with weights apply theirs faster, by their option
 * `activation`.
 */
export function activation(options: ActivationName | ActivationOptions): Activation {
  return new Activation(typeof options === 'string' ? { activation: options } : options);
}
