import { conv2d, dense, flatten, maxPool2d, type Sequential, sequential } from '../layers/index.js';

/** The models that `myelin train` knows, for images of 28 x 28 x 1 and ten classes. */
export const models = {
  mlp: (seed: number): Sequential =>
    sequential(
      [flatten(), dense({ units: 256, activation: 'relu' }), dense({ units: 128, activation: 'relu' }), dense({ units: 10 })],
      { inputShape: [28, 28, 1], seed },
    ),
  cnn: (seed: number): Sequential =>
    sequential(
      [
        conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
        maxPool2d({ poolSize: 2 }),
        conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
        maxPool2d({ poolSize: 2 }),
        flatten(),
        dense({ units: 128, activation: 'relu' }),
        dense({ units: 10 }),
      ],
      { inputShape: [28, 28, 1], seed },
    ),
} as const;

export type ModelName = keyof typeof models;
export const modelNames = Object.keys(models) as ModelName[];
