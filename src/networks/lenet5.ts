import { avgPool2d, conv2d, dense, flatten, type Sequential, sequential } from '../layers/index.js';
import { type NetworkOptions, networkOptions } from './options.js';

/** Images smaller than this are padded to it: digits of 28 x 28 by 2 on each side, as in the paper. */
const side = 32;

/**
 * LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998), with full connections between the maps, plain averages and a linear end: 61,706
 * parameters for [28, 28, 1] (padded to 32 x 32) and [32, 32, 1].
 */
export function lenet5(options: NetworkOptions = {}): Sequential {
  const { classes, inputShape, scaled, common } = networkOptions('lenet5', options, { classes: 10, inputShape: [28, 28, 1] });
  const padding = inputShape.slice(0, 2).map((size): [number, number] => {
    const missing = Math.max(0, side - size);
    return [missing >> 1, missing - (missing >> 1)];
  });
  return sequential(
    [
      conv2d({ name: 'conv1', filters: scaled(6), kernelSize: 5, padding, activation: 'tanh' }),
      avgPool2d({ name: 'pool1' }),
      conv2d({ name: 'conv2', filters: scaled(16), kernelSize: 5, activation: 'tanh' }),
      avgPool2d({ name: 'pool2' }),
      flatten({ name: 'flatten' }),
      dense({ name: 'fc1', units: scaled(120), activation: 'tanh' }),
      dense({ name: 'fc2', units: scaled(84), activation: 'tanh' }),
      dense({ name: 'head', units: classes }),
    ],
    common,
  );
}
