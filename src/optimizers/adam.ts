import { backendFor } from '../backend/select.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkOptimizerOptions, checkRange, Optimizer, type ParameterState } from './optimizer.js';

export interface AdamOptions {
  /** Learning rate; default 0.001. */
  lr?: number;
  /** Decay of the mean gradient; default 0.9. */
  beta1?: number;
  /** Decay of the mean squared gradient; default 0.999. */
  beta2?: number;
  /** Keeps the divisor from 0; default 1e-8. */
  epsilon?: number;
  /** Added to the gradient, times the parameter (L2); default 0. */
  weightDecay?: number;
}

/** Adam (Kingma and Ba, 2014), step by step as PyTorch's. */
export class Adam extends Optimizer {
  protected readonly slots: readonly string[] = ['m', 'v'];
  /** [lr, beta1, beta2, epsilon, weightDecay, decoupled, bias1, bias2] */
  protected readonly hyper: Float64Array;

  constructor(options: AdamOptions = {}) {
    super();
    checkOptimizerOptions('adam', options, ['lr', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
    const { lr = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
    checkRange('adam', 'lr', lr, 0);
    checkRange('adam', 'beta1', beta1, 0, 1);
    checkRange('adam', 'beta2', beta2, 0, 1);
    checkRange('adam', 'epsilon', epsilon, 0);
    checkRange('adam', 'weightDecay', weightDecay, 0);
    this.hyper = Float64Array.of(lr, beta1, beta2, epsilon, weightDecay, 0, 0, 0);
  }

  protected override update(parameter: Parameter, gradient: Tensor, state: ParameterState): void {
    const { hyper } = this;
    hyper[6] = 1 - (hyper[1] as number) ** state.step;
    hyper[7] = 1 - (hyper[2] as number) ** state.step;
    const [m, v] = state.slots as [Tensor, Tensor];
    backendFor(parameter.dtype).adam(parameter.floats, gradient.floats, m.floats, v.floats, hyper);
  }
}

/**
 * Adam: steps of the mean gradient over the root of the mean squared gradient, each corrected for its start at 0.
 *
 * @example
 * const optimizer = adam({ lr: 1e-3 });
 */
export function adam(options: AdamOptions = {}): Adam {
  return new Adam(options);
}
