import { ArgumentError } from '../errors.js';
import { checkDType, checkFloat, type FloatDType } from '../tensor/dtype.js';
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
}

const common: readonly string[] = ['name', 'inputShape', 'seed', 'dtype'];

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

/** Throws where a common option is of the wrong kind. */
export function checkCommonOptions(where: string, options: LayerOptions): void {
  if (options.name !== undefined) checkLayerName(where, options.name);
  if (options.seed !== undefined) checkSeed(where, options.seed);
  if (options.dtype !== undefined) {
    checkDType(where, options.dtype);
    checkFloat(where, options.dtype);
  }
  if (options.inputShape !== undefined) {
    const { inputShape } = options;
    if (Array.isArray(inputShape) && Array.isArray(inputShape[0])) for (const shape of inputShape) checkShape(where, shape);
    else checkShape(where, inputShape);
  }
}
