import {
  adaptiveAvgPool2d,
  conv2d,
  dense,
  dropout,
  flatten,
  type Layer,
  maxPool2d,
  type Sequential,
  sequential,
} from '../layers/index.js';
import { imageNet, type NetworkOptions, networkOptions } from './options.js';

/** Channels of the convolutions of each stage; a pooling ends it. */
const stages = [[64], [128], [256, 256], [512, 512], [512, 512]];

/** VGG-11, configuration A of Simonyan and Zisserman (2014): 132,863,336 parameters. */
export function vgg11(options: NetworkOptions = {}): Sequential {
  const { classes, scaled, common } = networkOptions('vgg11', options, imageNet);
  const features = stages.flatMap((stage, i): Layer[] => [
    ...stage.map((channels, j) =>
      conv2d({ name: `conv${i + 1}_${j + 1}`, filters: scaled(channels), kernelSize: 3, padding: 1, activation: 'relu' }),
    ),
    maxPool2d({ name: `pool${i + 1}` }),
  ]);
  return sequential(
    [
      ...features,
      adaptiveAvgPool2d({ name: 'avgpool', outputSize: 7 }),
      flatten({ name: 'flatten' }),
      dense({ name: 'fc6', units: scaled(4096), activation: 'relu' }),
      dropout({ name: 'dropout6', rate: 0.5 }),
      dense({ name: 'fc7', units: scaled(4096), activation: 'relu' }),
      dropout({ name: 'dropout7', rate: 0.5 }),
      dense({ name: 'head', units: classes }),
    ],
    common,
  );
}
