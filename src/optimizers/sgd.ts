import { backendFor } from '../backend/select.js';
import { ArgumentError } from '../errors.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkOptimizerOptions, checkRange, Optimizer, type ParameterState } from './optimizer.js';

export interface SgdOptions {
  /** Learning rate; default 0.01. */
  lr?: number;
  /** Share of the last step that goes on; default 0. */
  momentum?: number;
  /** Share of the gradient that momentum leaves out; default 0. */
  dampening?: number;
  /** Whether the gradient is taken as if the step had gone on already; default false. Wants momentum > 0 and dampening 0. */
  nesterov?: boolean;
  /** Added to the gradient, times the parameter; default 0. */
  weightDecay?: number;
}

/** Stochastic gradient descent, step by step as PyTorch's SGD. */
export class Sgd extends Optimizer {
  protected readonly slots: readonly string[];
  /** [lr, momentum, dampening, weightDecay, nesterov, firstStep] */
  protected readonly hyper: Float64Array;

  constructor(options: SgdOptions = {}) {
    super();
    checkOptimizerOptions('sgd', options, ['lr', 'momentum', 'dampening', 'nesterov', 'weightDecay']);
    const { lr = 0.01, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    checkRange('sgd', 'lr', lr, 0);
    checkRange('sgd', 'momentum', momentum, 0);
    checkRange('sgd', 'dampening', dampening, 0);
    checkRange('sgd', 'weightDecay', weightDecay, 0);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(`[sgd] expected momentum > 0 and dampening 0 for nesterov, received ${momentum} and ${dampening}`);
    }
    this.slots = momentum === 0 ? [] : ['velocity'];
    this.hyper = Float64Array.of(lr, momentum, dampening, weightDecay, nesterov ? 1 : 0, 0);
  }

  protected override update(parameter: Parameter, gradient: Tensor, state: ParameterState): void {
    this.hyper[5] = state.step === 1 ? 1 : 0;
    const velocity = state.slots[0];
    backendFor(parameter.dtype).sgd(
      parameter.floats,
      gradient.floats,
      velocity === undefined ? null : velocity.floats,
      this.hyper,
    );
  }
}

/**
 * Gradient descent, with momentum and Nesterov's variant: v = momentum v + (1 - dampening) g, p -= lr v.
 *
 * @example
 * const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
 */
export function sgd(options: SgdOptions = {}): Sgd {
  return new Sgd(options);
}
