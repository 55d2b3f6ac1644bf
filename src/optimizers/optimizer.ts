import { ArgumentError, FormatError, ShapeError } from '../errors.js';
import { zeros } from '../tensor/create.js';
import { Parameter } from '../tensor/parameter.js';
import { keep } from '../tensor/scope.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** What an optimizer remembers of one parameter. */
export interface ParameterState {
  /** Updates so far. */
  step: number;
  /** One tensor of the parameter's shape for each name in `Optimizer.slots`; zeros at first. */
  readonly slots: readonly Tensor[];
}

/** An optimizer's memory as plain tensors: `<parameter path>/<slot>`, and `<parameter path>/step`. */
export type OptimizerState = Map<string, Tensor>;

/**
 * Changes parameters by their gradients. To write one: name the state it keeps of each parameter in `slots`, and say in `update`
 * what one step does to one parameter. Hyper-parameters live in a Float64Array that kernels read, so that changing them between
 * steps (as schedules do) changes nothing else.
 */
export abstract class Optimizer {
  /** Names of the tensors kept for each parameter. */
  protected abstract readonly slots: readonly string[];
  /** Hyper-parameters, as the update kernel wants them; the first is the learning rate. */
  protected abstract readonly hyper: Float64Array;
  private readonly states = new Map<Parameter, ParameterState>();

  /** One step of one parameter; `state.step` is 1 at the first. */
  protected abstract update(parameter: Parameter, gradient: Tensor, state: ParameterState): void;

  get learningRate(): number {
    return this.hyper[0] as number;
  }

  set learningRate(value: number) {
    checkRange(this.constructor.name, 'the learning rate', value, 0);
    this.hyper[0] = value;
  }

  /** Changes each parameter by its gradient; those that are not trainable stay. Gradients are left as they are. */
  step(parameters: readonly Parameter[], gradients: readonly Tensor[]): void {
    if (!Array.isArray(parameters) || !Array.isArray(gradients) || parameters.length !== gradients.length) {
      throw new ArgumentError(
        `[${this.constructor.name}] expected as many gradients as parameters, received ${gradients?.length} and ${parameters?.length}`,
      );
    }
    for (let i = 0; i < parameters.length; i++) this.check(parameters[i], gradients[i]);
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i] as Parameter;
      if (!parameter.trainable) continue;
      const state = this.stateOf(parameter);
      state.step++;
      this.update(parameter, gradients[i] as Tensor, state);
    }
  }

  /** Copies of what it remembers of the parameters, by their path: what a checkpoint needs beside the model. */
  stateDict(parameters: ReadonlyMap<string, Parameter>): OptimizerState {
    const saved: OptimizerState = new Map();
    for (const [path, parameter] of parameters) {
      const state = this.states.get(parameter);
      if (state === undefined) continue;
      saved.set(`${path}/step`, full64(state.step));
      for (const [i, name] of this.slots.entries()) saved.set(`${path}/${name}`, copyOf(state.slots[i] as Tensor));
    }
    return saved;
  }

  /** Takes up what `stateDict` gave, so that training goes on as if it had not stopped. */
  loadStateDict(parameters: ReadonlyMap<string, Parameter>, saved: ReadonlyMap<string, Tensor>): void {
    const known = new Set([...parameters.keys()].flatMap((path) => ['step', ...this.slots].map((name) => `${path}/${name}`)));
    for (const name of saved.keys()) {
      if (!known.has(name))
        throw new FormatError(`[${this.constructor.name}] expected state of its own of known parameters, received ${name}`);
    }
    const states = new Map<Parameter, ParameterState>();
    for (const [path, parameter] of parameters) {
      const step = saved.get(`${path}/step`);
      if (step === undefined) continue;
      states.set(parameter, {
        step: checkStep(path, step),
        slots: this.slots.map((name) => keep(copyOf(slotValue(`${path}/${name}`, saved, parameter)))),
      });
    }
    for (const state of this.states.values()) for (const slot of state.slots) slot.dispose();
    this.states.clear();
    for (const [parameter, state] of states) this.states.set(parameter, state);
  }

  private check(parameter: unknown, gradient: unknown): void {
    if (!(parameter instanceof Parameter))
      throw new ArgumentError(`[${this.constructor.name}] expected parameters, received ${typeof parameter}`);
    if (!(gradient instanceof Tensor))
      throw new ArgumentError(
        `[${this.constructor.name}] expected a gradient for ${parameter.name}, received ${typeof gradient}`,
      );
    if (!sameShape(parameter.shape, gradient.shape) || parameter.dtype !== gradient.dtype) {
      throw new ShapeError(
        `[${this.constructor.name}] expected a gradient of ${parameter.dtype} ${shapeText(parameter.shape)} for ${parameter.name}, received ${gradient.dtype} ${shapeText(gradient.shape)}`,
      );
    }
  }

  private stateOf(parameter: Parameter): ParameterState {
    let state = this.states.get(parameter);
    if (state === undefined) {
      state = { step: 0, slots: this.slots.map(() => keep(zeros(parameter.shape, { dtype: parameter.dtype }))) };
      this.states.set(parameter, state);
    }
    return state;
  }
}

function full64(value: number): Tensor {
  const scalar = new Tensor([], 'float64');
  scalar.array[0] = value;
  return scalar;
}

function checkStep(path: string, step: Tensor): number {
  const count = step.size === 1 ? step.item() : Number.NaN;
  if (!Number.isSafeInteger(count) || count < 0)
    throw new FormatError(`[optimizer] expected ${path}/step to be a count, received ${count}`);
  return count;
}

function slotValue(name: string, saved: ReadonlyMap<string, Tensor>, parameter: Parameter): Tensor {
  const value = saved.get(name);
  if (value !== undefined && sameShape(value.shape, parameter.shape) && value.dtype === parameter.dtype) return value;
  const seen = value === undefined ? 'none' : `${value.dtype} ${shapeText(value.shape)}`;
  throw new FormatError(`[optimizer] expected ${name} of ${parameter.dtype} ${shapeText(parameter.shape)}, received ${seen}`);
}

function copyOf(value: Tensor): Tensor {
  const copy = new Tensor(value.shape, value.dtype);
  copy.array.set(value.array);
  return copy;
}

/** Throws unless `value` is a finite number of at least `low`, and below `high`. */
export function checkRange(
  where: string,
  name: string,
  value: unknown,
  low: number,
  high = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < low || value >= high) {
    const range = high === Number.POSITIVE_INFINITY ? `>= ${low}` : `from ${low} to below ${high}`;
    throw new ArgumentError(`[${where}] expected ${name} to be a finite number ${range}, received ${String(value)}`);
  }
}

/** Throws unless `options` is an object with none but the given keys. */
export function checkOptimizerOptions(where: string, options: unknown, keys: readonly string[]): void {
  if (options === null || typeof options !== 'object')
    throw new ArgumentError(`[${where}] expected an object of options, received ${String(options)}`);
  for (const key of Object.keys(options)) {
    if (!keys.includes(key)) throw new ArgumentError(`[${where}] expected options among ${keys.join(', ')}, received '${key}'`);
  }
}
