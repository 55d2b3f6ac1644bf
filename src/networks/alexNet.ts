import { adaptiveAvgPool2d, conv2d, dense, dropout, flatten, maxPool2d, type Sequential, sequential } from '../layers/index.js';
import { imageNet, type NetworkOptions, networkOptions } from './options.js';

/**
 * AlexNet (Krizhevsky, Sutskever and Hinton 2012) in the form of one column (Krizhevsky 2014), as torchvision has it: 61,100,840
 * parameters.
 */
export function alexNet(options: NetworkOptions = {}): Sequential {
  const { classes, scaled, common } = networkOptions('alexNet', options, imageNet);
  const pool = (name: string) => maxPool2d({ name, poolSize: 3, stride: 2 });
  const conv = (name: string, channels: number, kernelSize: number, padding: number, stride = 1) =>
    conv2d({ name, filters: scaled(channels), kernelSize, stride, padding, activation: 'relu' });
  return sequential(
    [
      conv('conv1', 64, 11, 2, 4),
      pool('pool1'),
      conv('conv2', 192, 5, 2),
      pool('pool2'),
      conv('conv3', 384, 3, 1),
      conv('conv4', 256, 3, 1),
      conv('conv5', 256, 3, 1),
      pool('pool5'),
      adaptiveAvgPool2d({ name: 'avgpool', outputSize: 6 }),
      flatten({ name: 'flatten' }),
      dropout({ name: 'dropout6', rate: 0.5 }),
      dense({ name: 'fc6', units: scaled(4096), activation: 'relu' }),
      dropout({ name: 'dropout7', rate: 0.5 }),
      dense({ name: 'fc7', units: scaled(4096), activation: 'relu' }),
      dense({ name: 'head', units: classes }),
    ],
    common,
  );
}
