import { ArgumentError, describe } from '../errors.js';
import type { AnyLayer } from '../layers/layer.js';
import { Parameter } from '../tensor/parameter.js';
import { keep } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { blend } from './blend.js';
import { checkKeys, checkRange } from './settings.js';

export interface MovingAverageOptions {
  /** Share of the average that stays at each update; default 0.999. */
  decay?: number;
}

/**
 * Follows the weights of a model by a moving average: average = decay * average + (1 - decay) * weight, from the weights of the
 * first update on. It is a callback of `fit`, too, which updates it after each step.
 */
export class MovingAverage {
  readonly decay: number;
  private readonly source: () => readonly Parameter[];
  private averages: Map<Parameter, Tensor> | null = null;
  private own: Map<Parameter, Tensor> | null = null;

  constructor(source: AnyLayer | readonly Parameter[], options: MovingAverageOptions = {}) {
    checkKeys('movingAverage', options, ['decay']);
    const { decay = 0.999 } = options;
    checkRange('movingAverage', 'decay', decay, 0, 1);
    this.decay = decay;
    this.source = parametersOf(source);
  }

  /** Takes the weights as they are now into the average. */
  update(): void {
    if (this.own !== null)
      throw new ArgumentError('[movingAverage] expected the own weights of the model, received applied averages');
    if (this.averages === null) this.averages = copies(this.source());
    else for (const [parameter, average] of this.averages) blend(average, parameter, 1 - this.decay);
  }

  /** Called by `fit` after each step. */
  onStepEnd(): void {
    this.update();
  }

  /** Puts the averages in the place of the weights, until `restore`. */
  apply(): void {
    if (this.averages === null) throw new ArgumentError('[movingAverage] expected an update before apply, received none');
    if (this.own !== null) return;
    this.own = copies(this.averages.keys());
    for (const [parameter, average] of this.averages) parameter.assign(average);
  }

  /** Puts the weights back that `apply` took away. */
  restore(): void {
    if (this.own === null) return;
    for (const [parameter, weights] of this.own) {
      parameter.assign(weights);
      weights.dispose();
    }
    this.own = null;
  }

  /** Copies of the averages, by the paths of the parameters. */
  stateDict(): Map<string, Tensor> {
    return new Map([...(this.averages ?? [])].map(([parameter, average]) => [parameter.name, copyOf(average)]));
  }

  /** Takes up what `stateDict` gave. */
  loadStateDict(saved: ReadonlyMap<string, Tensor>): void {
    if (!(saved instanceof Map))
      throw new ArgumentError(`[movingAverage] expected averages as a map of tensors, received ${describe(saved)}`);
    const parameters = this.source();
    const averages = copies(parameters);
    for (const parameter of parameters) {
      const value = saved.get(parameter.name);
      if (!(value instanceof Tensor) || value.size !== parameter.size || value.dtype !== parameter.dtype) {
        throw new ArgumentError(
          `[movingAverage] expected an average of ${parameter.name} with its shape and type, received ${describe(value)}`,
        );
      }
      averages.get(parameter)?.array.set(value.array);
    }
    this.averages = averages;
  }
}

function parametersOf(source: unknown): () => readonly Parameter[] {
  if (Array.isArray(source) && source.every((one) => one instanceof Parameter)) return () => source;
  const layer = source as Partial<AnyLayer> | null;
  if (typeof layer === 'object' && typeof layer?.parameters === 'function') return () => (source as AnyLayer).parameters();
  throw new ArgumentError(`[movingAverage] expected a model or a list of parameters, received ${describe(source)}`);
}

function copies(parameters: Iterable<Parameter>): Map<Parameter, Tensor> {
  return new Map([...parameters].map((parameter) => [parameter, keep(copyOf(parameter))]));
}

function copyOf(value: Tensor): Tensor {
  const copy = new Tensor(value.shape, value.dtype);
  copy.array.set(value.array);
  return copy;
}

/**
 * A moving average of the weights of a model (Polyak and Juditsky, 1992): often better on new data than the last weights.
 *
 * @example
 * const average = movingAverage(model, { decay: 0.99 });
 * await trainer.fit(data, { callbacks: [average] });
 * average.apply(); // evaluate, save ...
 * average.restore();
 */
export function movingAverage(source: AnyLayer | readonly Parameter[], options: MovingAverageOptions = {}): MovingAverage {
  return new MovingAverage(source, options);
}
