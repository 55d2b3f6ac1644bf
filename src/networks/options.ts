import { ArgumentError, describe, ShapeError } from '../errors.js';
import type { LayerOptions } from '../layers/options.js';
import { checkInteger } from '../ops/operand.js';
import { checkShape, type Shape } from '../tensor/shape.js';

/** What every network takes beside a name, a seed and a type. */
export interface NetworkOptions extends Pick<LayerOptions, 'name' | 'seed' | 'dtype'> {
  /** How many scores come out; default 1000, the classes of ImageNet (LeNet-5: 10). */
  classes?: number;
  /** [height, width, channels] of an image; default [224, 224, 3] (LeNet-5: [28, 28, 1]). */
  inputShape?: Shape;
  /** Factor of the numbers of channels and units, default 1: a fraction makes a small relative for small images. */
  width?: number;
}

/** The options with their defaults, checked. */
export interface Network {
  readonly classes: number;
  readonly inputShape: Shape;
  /** A number of channels, times the factor. */
  readonly scaled: (channels: number) => number;
  readonly width: number;
  /** What goes on to the model. */
  readonly common: LayerOptions;
}

const keys = ['classes', 'inputShape', 'width', 'name', 'seed', 'dtype'];

export function networkOptions(
  where: string,
  options: NetworkOptions,
  defaults: { classes: number; inputShape: Shape },
): Network {
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    throw new ArgumentError(`[${where}] expected an object of options, received ${describe(options)}`);
  for (const key of Object.keys(options)) {
    if (!keys.includes(key))
      throw new ArgumentError(`[${where}] expected options among ${keys.join(', ')}, received ${describe(key)}`);
  }
  const { classes = defaults.classes, inputShape = defaults.inputShape, width = 1, ...others } = options;
  checkInteger(where, 'classes', classes, 1);
  checkShape(where, inputShape);
  if (inputShape.length !== 3 || inputShape.includes(0))
    throw new ShapeError(`[${where}] expected inputShape [height, width, channels], received ${describe(inputShape)}`);
  if (!(typeof width === 'number' && width > 0 && width < Infinity))
    throw new ArgumentError(`[${where}] expected a finite width > 0, received ${describe(width)}`);
  const scaled = (channels: number): number => Math.max(1, Math.round(channels * width));
  return { classes, inputShape, width, scaled, common: { ...others, inputShape } };
}

/** The networks that were made for ImageNet. */
export const imageNet = { classes: 1000, inputShape: [224, 224, 3] as Shape };
