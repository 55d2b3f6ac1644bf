import { ArgumentError, describe } from '../errors.js';
import {
  type ActivationLike,
  avgPool2d,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  type Sequential,
  sequential,
} from '../layers/index.js';
import { type NetworkOptions, networkOptions } from './options.js';

export interface LeNet5Options extends NetworkOptions {
  /** Of all layers but the last; default 'tanh', as in the paper. */
  activation?: ActivationLike;
  /** What halves the maps; default 'average', as in the paper. */
  pooling?: 'average' | 'max';
}

/** Images smaller than this are padded to it: digits of 28 x 28 by 2 on each side, as in the paper. */
const side = 32;

/**
 * LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998), with full connections between the maps, plain averages and a linear end: 61,706
 * parameters for [28, 28, 1] (padded to 32 x 32) and [32, 32, 1].
 *
 * @example
 * const modern = lenet5({ activation: 'relu', pooling: 'max' });
 */
export function lenet5({ activation = 'tanh', pooling = 'average', ...options }: LeNet5Options = {}): Sequential {
  const { classes, inputShape, scaled, common } = networkOptions('lenet5', options, { classes: 10, inputShape: [28, 28, 1] });
  if (pooling !== 'average' && pooling !== 'max')
    throw new ArgumentError(`[lenet5] expected pooling 'average' or 'max', received ${describe(pooling)}`);
  const pool = pooling === 'max' ? maxPool2d : avgPool2d;
  const padding = inputShape.slice(0, 2).map((size): [number, number] => {
    const missing = Math.max(0, side - size);
    return [missing >> 1, missing - (missing >> 1)];
  });
  return sequential(
    [
      conv2d({ name: 'conv1', filters: scaled(6), kernelSize: 5, padding, activation }),
      pool({ name: 'pool1' }),
      conv2d({ name: 'conv2', filters: scaled(16), kernelSize: 5, activation }),
      pool({ name: 'pool2' }),
      flatten({ name: 'flatten' }),
      dense({ name: 'fc1', units: scaled(120), activation }),
      dense({ name: 'fc2', units: scaled(84), activation }),
      dense({ name: 'head', units: classes }),
    ],
    common,
  );
}
