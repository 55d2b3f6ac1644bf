import type { ValueAndGrads } from '../autograd/grad.js';
import { ArgumentError, describe, FormatError } from '../errors.js';
import { Parameter } from '../tensor/parameter.js';
import { Tensor } from '../tensor/tensor.js';
import { checkSelector, type ParameterGroup, type ParameterSelector, selects } from './groups.js';
import { checkKeys, checkRange, type Fields, initialSettings, type Settings, settingsOf } from './settings.js';

/** An optimizer's memory as plain tensors: `<parameter path>/<name>` what it keeps of one parameter, `/<name>` what it keeps of all. */
export type OptimizerState = Map<string, Tensor>;

/** The loss and the gradients where the parameters stand now, as `valueAndGrad` gives them. */
export type Evaluate = () => ValueAndGrads;

interface Group<S> {
  readonly settings: S;
  readonly parameters: ParameterSelector;
  /** Its rate, as a multiple of that of the parameters in no group. */
  readonly ratio: number;
}

/**
 * Changes parameters by their gradients. All of them take settings for each group of parameters, have a learning rate that
 * schedules change, and can be saved. To write one, extend `GradientOptimizer`.
 */
export abstract class Optimizer<S extends Settings = Settings> {
  /** What messages call it. */
  readonly type: string;
  /** Of the parameters in no group. */
  protected readonly settings: S;
  private readonly groups: readonly Group<S>[];
  private bases: readonly number[];

  /** `more` names options that are no settings. */
  constructor(type: string, fields: Fields<S>, options: object, more: readonly string[] = []) {
    checkKeys(type, options, [...Object.keys(fields), ...more]);
    this.type = type;
    this.settings = settingsOf(type, fields, initialSettings(fields), options);
    const { groups = [] } = options as { groups?: readonly ParameterGroup<S>[] };
    if (!Array.isArray(groups)) throw new ArgumentError(`[${type}] expected groups as an array, received ${describe(groups)}`);
    this.groups = groups.map((group: ParameterGroup<S>, i) => {
      checkKeys(`${type}: group ${i}`, group, ['parameters', ...Object.keys(fields)]);
      checkSelector(`${type}: group ${i}`, group.parameters);
      const settings = settingsOf(`${type}: group ${i}`, fields, this.settings, group);
      return { settings, parameters: group.parameters, ratio: settings.lr / this.settings.lr };
    });
    this.bases = this.learningRates;
  }

  /** Changes each parameter by its gradient; those that are not trainable stay. Gradients are left as they are. */
  abstract step(parameters: readonly Parameter[], gradients: readonly Tensor[]): void;
  /** Changes parameters by what `evaluate` tells of them, and gives the loss that it told first. */
  abstract step(parameters: readonly Parameter[], evaluate: Evaluate): number;

  /** Copies of what it remembers of the parameters, by their path: what a checkpoint needs beside the model. */
  abstract stateDict(parameters: ReadonlyMap<string, Parameter>): OptimizerState;

  /** Takes up what `stateDict` gave, so that training goes on as if it had not stopped. */
  abstract loadStateDict(parameters: ReadonlyMap<string, Parameter>, saved: ReadonlyMap<string, Tensor>): void;

  /** That of the parameters in no group. To set it scales those of the groups alike. */
  get learningRate(): number {
    return this.settings.lr;
  }

  set learningRate(value: number) {
    checkRange(this.type, 'the learning rate', value, 0);
    this.settings.lr = value;
    for (const { settings, ratio } of this.groups) if (Number.isFinite(ratio)) settings.lr = value * ratio;
    this.bases = this.learningRates;
  }

  /** The rates that it was made with, or that `learningRate` was last set to: what schedules start from. */
  get baseRates(): readonly number[] {
    return this.bases;
  }

  /** The rates in force: of the parameters in no group, then of the groups. To set them leaves `baseRates` as they are. */
  get learningRates(): number[] {
    return this.allSettings.map(({ lr }) => lr);
  }

  set learningRates(values: readonly number[]) {
    const all = this.allSettings;
    if (!Array.isArray(values) || values.length !== all.length)
      throw new ArgumentError(`[${this.type}] expected ${all.length} learning rates, received ${describe(values)}`);
    for (const value of values) checkRange(this.type, 'the learning rate', value, 0);
    for (const [i, settings] of all.entries()) settings.lr = values[i];
  }

  /** The share of the last step that goes on (beta1 where the optimizer has no momentum); undefined if it has neither. */
  get momentum(): number | undefined {
    return this.momenta?.[0];
  }

  set momentum(value: number) {
    const momenta = this.momenta;
    if (!momenta?.[0])
      throw new ArgumentError(
        `[${this.type}] expected an optimizer that was made with a momentum to change, received one without`,
      );
    checkRange(this.type, 'the momentum', value, 0, 1);
    this.momenta = momenta.map(() => value);
  }

  /** The name of the setting that `momentum` means. */
  protected momentumName(): string | null {
    return null;
  }

  private get momenta(): readonly number[] | undefined {
    const name = this.momentumName();
    return name === null ? undefined : this.allSettings.map((settings) => settings[name as keyof S] as number);
  }

  private set momenta(values: ArrayLike<number>) {
    const name = this.momentumName() as keyof S;
    for (const [i, settings] of this.allSettings.entries()) settings[name] = values[i] as S[keyof S];
  }

  /** The settings of a parameter's group, live. */
  protected settingsFor(parameter: Parameter): S {
    return this.groups.find((group) => selects(group.parameters, parameter))?.settings ?? this.settings;
  }

  protected get allSettings(): S[] {
    return [this.settings, ...this.groups.map(({ settings }) => settings)];
  }

  /** What schedules change of the settings, for `stateDict`. */
  protected saveSettings(saved: OptimizerState): void {
    saved.set('/learningRates', doubles(this.learningRates));
    if (this.momenta !== undefined) saved.set('/momenta', doubles(this.momenta));
  }

  /** Takes them up; files of former versions lack them. */
  protected loadSettings(saved: ReadonlyMap<string, Tensor>): void {
    const rates = this.savedSettings('/learningRates', saved);
    const momenta = this.momenta === undefined ? null : this.savedSettings('/momenta', saved);
    if (rates !== null) for (const [i, settings] of this.allSettings.entries()) settings.lr = rates[i];
    if (momenta !== null) this.momenta = momenta;
  }

  private savedSettings(key: string, saved: ReadonlyMap<string, Tensor>): ArrayLike<number> | null {
    const values = saved.get(key);
    if (values === undefined) return null;
    const count = this.allSettings.length;
    if (values.size !== count)
      throw new FormatError(`[${this.type}] expected ${count} numbers as ${key}, received ${values.size}`);
    for (const value of values.array) {
      if (!Number.isFinite(value) || value < 0)
        throw new FormatError(`[${this.type}] expected ${key} of at least 0, received ${value}`);
    }
    return values.array;
  }
}

/** Throws unless this is a map of parameters. */
export function checkParameters(where: string, parameters: unknown): void {
  if (!(parameters instanceof Map) || ![...parameters.values()].every((one) => one instanceof Parameter))
    throw new ArgumentError(`[${where}] expected a map of parameters by their paths, received ${describe(parameters)}`);
}

/** Throws unless this is a map of tensors. */
export function checkState(where: string, saved: unknown): void {
  if (!(saved instanceof Map) || ![...saved.values()].every((one) => one instanceof Tensor))
    throw new ArgumentError(`[${where}] expected a state as a map of tensors, received ${describe(saved)}`);
}

/** The loss and the gradients where the parameters stand. */
export function evaluated(where: string, evaluate: Evaluate): ValueAndGrads {
  const result: unknown = evaluate();
  const { value, grads } = (result ?? {}) as Partial<ValueAndGrads>;
  if (!(value instanceof Tensor) || !Array.isArray(grads) || !grads.every((grad) => grad instanceof Tensor))
    throw new ArgumentError(`[${where}] expected a function that gives { value, grads }, received ${describe(result)} from it`);
  return { value, grads };
}

/** A list of numbers as a tensor of a state. */
export function doubles(values: ArrayLike<number>): Tensor {
  const list = new Tensor([values.length], 'float64');
  list.array.set(values);
  return list;
}
