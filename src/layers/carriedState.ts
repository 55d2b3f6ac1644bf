import { ShapeError } from '../errors.js';
import { keep } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { AnyLayer } from './layer.js';
import { namedLayers } from './state.js';

/**
 * The states with which a recurrent layer goes on where the batch before ended. Those of training and those of use are kept apart:
 * evaluating between two steps of training does not disturb them. Gradients do not reach back over the end of a batch.
 */
export class CarriedState {
  private readonly states = new Map<boolean, Tensor[]>();

  /** The states to start from, null at first: handles of their own, as the gradient needs them when `put` has replaced them. */
  take(training: boolean, batch: number): Tensor[] | null {
    const states = this.states.get(training) ?? null;
    const size = states?.[0]?.shape[0] ?? batch;
    if (size !== batch) {
      throw new ShapeError(
        `[stateful] expected a batch of ${size} rows to go on with the ${size} sequences of the batch before, received ${batch}; resetState() begins anew`,
      );
    }
    return states === null ? null : states.map((state) => state.alias());
  }

  /** Keeps these for the next batch. */
  put(training: boolean, states: readonly Tensor[]): void {
    const before = this.states.get(training) ?? [];
    this.states.set(
      training,
      states.map((state) => keep(state.alias())),
    );
    for (const state of before) state.dispose();
  }

  /** The next batch starts from zeros. */
  reset(): void {
    for (const states of this.states.values()) for (const state of states) state.dispose();
    this.states.clear();
  }
}

/** A layer that remembers batches. */
interface Stateful {
  resetState(): void;
}

function isStateful(layer: object): layer is Stateful {
  return 'resetState' in layer && typeof layer.resetState === 'function';
}

/** Makes all stateful layers of a model start from zeros with the next batch: for the begin of new sequences. */
export function resetState(model: AnyLayer): void {
  for (const layer of namedLayers(model).values()) if (isStateful(layer)) layer.resetState();
}
