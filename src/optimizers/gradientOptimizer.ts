import { backendFor } from '../backend/select.js';
import { ArgumentError, describe, FormatError, NonFiniteError, ShapeError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { full } from '../tensor/create.js';
import { Parameter } from '../tensor/parameter.js';
import { keep } from '../tensor/scope.js';
import { sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { type ClipOptions, checkClip, clipFactor, globalNorm } from './clip.js';
import type { ParameterGroup } from './groups.js';
import { checkParameters, checkState, doubles, type Evaluate, evaluated, Optimizer, type OptimizerState } from './optimizer.js';
import type { Fields, Settings } from './settings.js';

/** What such an optimizer can be made with: its settings, and what holds for all parameters. */
export type OptionsOf<S extends Settings> = Partial<S> & {
  /** Parameters with settings of their own; the first group that has a parameter counts. */
  groups?: readonly ParameterGroup<S>[];
  /** Limits gradients before each step. */
  clip?: ClipOptions;
  /** Steps whose gradients make one update by their mean; default 1. */
  accumulate?: number;
};

/** What an optimizer remembers of one parameter. */
export interface ParameterState<S extends Settings = Settings> {
  /** The settings of its group, live. */
  readonly settings: S;
  /** Updates so far. */
  step: number;
  /** One tensor of the parameter's shape for each name in `slots`. */
  readonly slots: readonly Tensor[];
  /** One number for each name in `scalars`. */
  readonly scalars: Float64Array;
  /** The sum of the gradients since the last update, where several make one. */
  readonly sum: Tensor | null;
  /** What an update kernel takes: scale and limit of the gradient, decay and shrink are there before `update`. */
  hyper: Float64Array;
}

/** A parameter that is to be changed. */
export interface Item<S extends Settings> {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  readonly state: ParameterState<S>;
}

const gradientSum = 'gradientSum';

/**
 * An optimizer that takes one step for one gradient. To write one: name what it keeps of each parameter in `slots`, and say in
 * `update` what one step does to one parameter.
 */
export abstract class GradientOptimizer<S extends Settings = Settings> extends Optimizer<S> {
  /** Numbers that it keeps of all parameters together. */
  protected readonly shared: Float64Array = new Float64Array(0);
  private readonly clip: ClipOptions;
  private readonly accumulate: number;
  private readonly states = new Map<Parameter, ParameterState<S>>();
  /** Gradients gathered since the last update. */
  private gathered = 0;

  constructor(type: string, fields: Fields<S>, options: OptionsOf<S>, more: readonly string[] = []) {
    super(type, fields, options, ['groups', 'clip', 'accumulate', ...more]);
    const { clip = {}, accumulate = 1 } = options;
    if (options.clip !== undefined) checkClip(type, clip);
    checkInteger(type, 'accumulate', accumulate, 1);
    this.clip = clip;
    this.accumulate = accumulate;
  }

  /** Names of the tensors that it keeps of a parameter with these settings. */
  protected abstract slots(settings: S): readonly string[];

  /** One step of one parameter; `state.step` is 1 at the first. */
  protected abstract update(parameter: Parameter, gradient: Tensor, state: ParameterState<S>): void;

  /** Names of numbers that it keeps of a parameter, with their first values. */
  protected scalars(): Readonly<Record<string, number>> {
    return {};
  }

  /** The first value of a slot's elements. */
  protected initialValue(_slot: string, _settings: S): number {
    return 0;
  }

  /** Called before the updates of a step, for optimizers that look at all gradients at once. */
  protected prepare(_items: readonly Item<S>[]): void {}

  override step(parameters: readonly Parameter[], gradients: readonly Tensor[]): void;
  override step(parameters: readonly Parameter[], evaluate: Evaluate): number;
  override step(parameters: readonly Parameter[], given: readonly Tensor[] | Evaluate): number | undefined {
    if (typeof given !== 'function') {
      this.take(parameters, given);
      return undefined;
    }
    const { value, grads } = evaluated(this.type, given);
    const loss = value.item();
    this.take(parameters, grads);
    value.dispose();
    for (const gradient of grads) gradient.dispose();
    return loss;
  }

  override stateDict(parameters: ReadonlyMap<string, Parameter>): OptimizerState {
    checkParameters(this.type, parameters);
    const saved: OptimizerState = new Map();
    this.saveSettings(saved);
    if (this.accumulate > 1) saved.set('/gathered', doubles([this.gathered]));
    if (this.shared.length > 0) saved.set('/shared', doubles(this.shared));
    for (const [path, parameter] of parameters) {
      const state = this.states.get(parameter);
      if (state === undefined) continue;
      saved.set(`${path}/step`, doubles([state.step]));
      if (state.sum !== null) saved.set(`${path}/${gradientSum}`, copyOf(state.sum));
      for (const [i, name] of this.slots(state.settings).entries()) saved.set(`${path}/${name}`, copyOf(state.slots[i]));
      for (const [i, name] of Object.keys(this.scalars()).entries()) saved.set(`${path}/${name}`, doubles([state.scalars[i]]));
    }
    return saved;
  }

  override loadStateDict(parameters: ReadonlyMap<string, Parameter>, saved: ReadonlyMap<string, Tensor>): void {
    checkParameters(this.type, parameters);
    checkState(this.type, saved);
    const known = new Set(['/learningRates', '/momenta', '/gathered', '/shared']);
    const states = new Map<Parameter, ParameterState<S>>();
    for (const [path, parameter] of parameters) {
      const settings = this.settingsFor(parameter);
      const [slots, scalars] = [this.slots(settings), Object.keys(this.scalars())];
      for (const name of ['step', gradientSum, ...slots, ...scalars]) known.add(`${path}/${name}`);
      if (!saved.has(`${path}/step`)) continue;
      states.set(parameter, {
        settings,
        step: savedCount(this.type, `${path}/step`, saved),
        slots: slots.map((name) => keep(copyOf(this.savedSlot(`${path}/${name}`, saved, parameter)))),
        sum: this.accumulate > 1 ? keep(copyOf(this.savedSlot(`${path}/${gradientSum}`, saved, parameter))) : null,
        scalars: Float64Array.from(scalars, (name) => savedNumber(this.type, `${path}/${name}`, saved)),
        hyper: new Float64Array(4),
      });
    }
    for (const name of saved.keys()) {
      if (!known.has(name))
        throw new FormatError(`[${this.type}] expected state of its own of known parameters, received ${name}`);
    }
    const gathered = saved.has('/gathered') ? savedCount(this.type, '/gathered', saved) : 0;
    const shared = saved.get('/shared');
    if ((shared?.size ?? 0) !== this.shared.length)
      throw new FormatError(
        `[${this.type}] expected ${this.shared.length} numbers as /shared, received ${shared?.size ?? 'none'}`,
      );
    this.loadSettings(saved);
    this.shared.set(shared?.array ?? []);
    for (const { slots, sum } of this.states.values()) for (const slot of [...slots, sum]) slot?.dispose();
    this.states.clear();
    for (const [parameter, state] of states) this.states.set(parameter, state);
    this.gathered = gathered % this.accumulate;
  }

  private take(parameters: readonly Parameter[], gradients: readonly Tensor[]): void {
    if (!Array.isArray(parameters) || !Array.isArray(gradients) || parameters.length !== gradients.length) {
      throw new ArgumentError(
        `[${this.type}] expected as many gradients as parameters, received ${gradients?.length} and ${parameters?.length}`,
      );
    }
    for (let i = 0; i < parameters.length; i++) this.check(parameters[i], gradients[i]);
    const items = new Array<Item<S>>(parameters.length);
    let count = 0;
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i];
      if (parameter.trainable) items[count++] = { parameter, gradient: gradients[i], state: this.stateOf(parameter) };
    }
    items.length = count;
    if (this.accumulate === 1) this.advance(items, 1);
    else this.gather(items);
  }

  /** Adds gradients up, until there are enough for an update. */
  private gather(items: readonly Item<S>[]): void {
    const sums = items.map(({ parameter, gradient, state }) => {
      const sum = state.sum as Tensor;
      backendFor(sum.dtype).binary('add', sum.floats, gradient.floats, sum.floats, Int32Array.of(1, sum.size, 1, 1));
      return { parameter, gradient: sum, state };
    });
    if (++this.gathered < this.accumulate) return;
    this.gathered = 0;
    this.advance(sums, 1 / this.accumulate);
    for (const { gradient } of sums) gradient.floats.fill(0);
  }

  private advance(items: readonly Item<S>[], scale: number): void {
    const { value = Number.POSITIVE_INFINITY, norm, globalNorm: most } = this.clip;
    const gradientsOf = (): Tensor[] => items.map(({ gradient }) => gradient);
    const factor = most === undefined ? scale : scale * this.factor(gradientsOf(), scale, most);
    for (const { gradient, state } of items) {
      const { lr, weightDecay = 0, decoupled = false } = state.settings;
      state.step++;
      state.hyper[0] = norm === undefined ? factor : scale * this.factor([gradient], scale, norm);
      state.hyper[1] = value;
      state.hyper[2] = decoupled ? 0 : weightDecay;
      state.hyper[3] = decoupled ? 1 - lr * weightDecay : 1;
    }
    this.prepare(items);
    for (const { parameter, gradient, state } of items) this.update(parameter, gradient, state);
  }

  /** What brings gradients, once scaled, to a norm of at most `most`. */
  private factor(gradients: readonly Tensor[], scale: number, most: number): number {
    const norm = scale * globalNorm(gradients, this.clip.order);
    if (!Number.isFinite(norm))
      throw new NonFiniteError(`[${this.type}] expected gradients with a finite norm to clip, received ${norm}`);
    return clipFactor(norm, most);
  }

  private check(parameter: unknown, gradient: unknown): void {
    if (!(parameter instanceof Parameter))
      throw new ArgumentError(`[${this.type}] expected parameters, received ${describe(parameter)}`);
    if (!(gradient instanceof Tensor))
      throw new ArgumentError(`[${this.type}] expected a gradient for ${parameter.name}, received ${describe(gradient)}`);
    if (!sameShape(parameter.shape, gradient.shape) || parameter.dtype !== gradient.dtype) {
      throw new ShapeError(
        `[${this.type}] expected a gradient of ${parameter.dtype} ${shapeText(parameter.shape)} for ${parameter.name}, received ${gradient.dtype} ${shapeText(gradient.shape)}`,
      );
    }
  }

  private stateOf(parameter: Parameter): ParameterState<S> {
    let state = this.states.get(parameter);
    if (state === undefined) {
      const settings = this.settingsFor(parameter);
      const { shape, dtype } = parameter;
      const filled = (value: number): Tensor => keep(full(shape, value, { dtype }));
      state = {
        settings,
        step: 0,
        slots: this.slots(settings).map((name) => filled(this.initialValue(name, settings))),
        sum: this.accumulate > 1 ? filled(0) : null,
        scalars: Float64Array.from(Object.values(this.scalars())),
        hyper: new Float64Array(4),
      };
      this.states.set(parameter, state);
    }
    return state;
  }

  private savedSlot(name: string, saved: ReadonlyMap<string, Tensor>, parameter: Parameter): Tensor {
    const value = saved.get(name);
    if (value !== undefined && sameShape(value.shape, parameter.shape) && value.dtype === parameter.dtype) return value;
    const seen = value === undefined ? 'none' : `${value.dtype} ${shapeText(value.shape)}`;
    throw new FormatError(
      `[${this.type}] expected ${name} of ${parameter.dtype} ${shapeText(parameter.shape)}, received ${seen}`,
    );
  }
}

function savedNumber(where: string, name: string, saved: ReadonlyMap<string, Tensor>): number {
  const value = saved.get(name);
  if (value?.size !== 1) throw new FormatError(`[${where}] expected ${name} to be a number, received ${describe(value)}`);
  return value.item();
}

function savedCount(where: string, name: string, saved: ReadonlyMap<string, Tensor>): number {
  const count = savedNumber(where, name, saved);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new FormatError(`[${where}] expected ${name} to be a count, received ${count}`);
  return count;
}

function copyOf(value: Tensor): Tensor {
  const copy = new Tensor(value.shape, value.dtype);
  copy.array.set(value.array);
  return copy;
}
