import { ArgumentError } from '../errors.js';
import { type Constraint, checkConstraint } from '../regularization/constraint.js';
import { checkPenalty, type Penalty } from '../regularization/penalty.js';
import { checkDType, checkFloat, type FloatDType } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import { checkSeed } from '../tensor/random.js';
import { checkShape, type Shape } from '../tensor/shape.js';

/** What every layer takes beside its own options. Seed and type also hold for the layers inside, unless they have their own. */
export interface LayerOptions {
  /** Its name among its siblings, a part of the names of its parameters; default its position. */
  name?: string;
  /** Shape of a sample (or, for several inputs, their shapes), for a model that is to be built before its first call. */
  inputShape?: Shape | readonly Shape[];
  /** What its initialisers and dropout draw from; default that of `setSeed`. */
  seed?: number;
  /** Type of its parameters; default float32. */
  dtype?: FloatDType;
  /** What large values of its own parameters cost, by their names: `{ weight: { l2: 1e-4 } }`. The trainer adds it to the loss. */
  penalties?: Readonly<Record<string, Penalty>>;
  /** What its own parameters fulfil after each step, by their names: `{ weight: { maxNorm: 3 } }`. */
  constraints?: Readonly<Record<string, Constraint>>;
}

const common: readonly string[] = ['name', 'inputShape', 'seed', 'dtype', 'penalties', 'constraints'];

/** Throws unless `options` is a plain object with no other keys than these and those that all layers take. */
export function checkOptions(where: string, options: unknown, own: readonly string[]): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new ArgumentError(
      `[${where}] expected an object of options, received ${Array.isArray(options) ? 'an array' : String(options)}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!own.includes(key) && !common.includes(key)) {
      throw new ArgumentError(`[${where}] expected options among ${[...own, ...common].join(', ')}, received '${key}'`);
    }
  }
}

export function checkBoolean(where: string, name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean')
    throw new ArgumentError(`[${where}] expected ${name} to be true or false, received ${String(value)}`);
}

/** Throws unless `name` can be a part of a path. */
export function checkLayerName(where: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !/^\w[\w-]{0,99}$/.test(name)) {
    throw new ArgumentError(
      `[${where}] expected a name of letters, digits, _ and -, received ${JSON.stringify(name) ?? String(name)}`,
    );
  }
}

function checkByName(where: string, key: string, byName: unknown, check: (where: string, value: unknown) => void): void {
  if (byName === undefined) return;
  if (byName === null || typeof byName !== 'object')
    throw new ArgumentError(`[${where}] expected ${key} by the name of the parameter, received ${String(byName)}`);
  for (const [name, value] of Object.entries(byName)) check(`${where}: ${key} of ${name}`, value);
}

/** Hands penalties and constraints to the parameters that they name. */
export function regularize(where: string, options: LayerOptions, parameters: ReadonlyMap<string, Parameter>): void {
  const named = (name: string): Parameter => {
    const parameter = parameters.get(name);
    if (parameter === undefined) {
      const names = [...parameters.keys()].join(', ') || 'none';
      throw new ArgumentError(`[${where}] expected penalties and constraints for parameters among ${names}, received '${name}'`);
    }
    return parameter;
  };
  for (const [name, penalty] of Object.entries(options.penalties ?? {})) named(name).penalty = penalty;
  for (const [name, constraint] of Object.entries(options.constraints ?? {})) named(name).constraint = constraint;
}

/** Throws where a common option is of the wrong kind. */
export function checkCommonOptions(where: string, options: LayerOptions): void {
  if (options.name !== undefined) checkLayerName(where, options.name);
  if (options.seed !== undefined) checkSeed(where, options.seed);
  if (options.dtype !== undefined) {
    checkDType(where, options.dtype);
    checkFloat(where, options.dtype);
  }
  checkByName(where, 'penalties', options.penalties, checkPenalty);
  checkByName(where, 'constraints', options.constraints, checkConstraint);
  if (options.inputShape !== undefined) {
    const { inputShape } = options;
    if (Array.isArray(inputShape) && Array.isArray(inputShape[0])) for (const shape of inputShape) checkShape(where, shape);
    else checkShape(where, inputShape);
  }
}
