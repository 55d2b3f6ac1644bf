import type { UpdateOp } from '../backend/backend.js';
import { backendFor } from '../backend/select.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { GradientOptimizer, type ParameterState } from './gradientOptimizer.js';
import type { Settings } from './settings.js';

/** An optimizer whose step is one kernel: one pass over the parameter, its gradient and what is kept of it. */
export abstract class KernelOptimizer<S extends Settings> extends GradientOptimizer<S> {
  protected abstract readonly op: UpdateOp;

  /** The hyper-parameters of the kernel's own, behind the four common ones, for the step `state.step`. */
  protected abstract own(state: ParameterState<S>): readonly number[];

  /** The slots as the kernel's a, b and c; null for one that it does without. */
  protected kept(state: ParameterState<S>): readonly (Tensor | null)[] {
    return state.slots;
  }

  protected override update(parameter: Parameter, gradient: Tensor, state: ParameterState<S>): void {
    const own = this.own(state);
    if (state.hyper.length !== 4 + own.length) state.hyper = Float64Array.of(...state.hyper.subarray(0, 4), ...own);
    else state.hyper.set(own, 4);
    const [a = null, b = null, c = null] = this.kept(state);
    const backend = backendFor(parameter.dtype);
    backend.update(
      this.op,
      parameter.floats,
      gradient.floats,
      a?.floats ?? null,
      b?.floats ?? null,
      c?.floats ?? null,
      state.hyper,
    );
  }
}
