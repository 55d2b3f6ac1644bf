import { add, batchNorm, conv2d, dense, dropout, globalAvgPool, graph, input, sequential } from '../layers/index.js';
import type { Layer } from '../layers/layer.js';
import type { Sequential } from '../layers/sequential.js';
import type { Shape } from '../tensor/shape.js';
import { imageNet, type NetworkOptions, networkOptions } from './options.js';

/** Stages of blocks: how far they widen inside, their channels, how many there are, the stride of the first. */
const stages = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1 },
];

/** The multiple of 8 nearest to a number of channels, but not below 90 % of it. */
function roundChannels(channels: number): number {
  const near = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return near < 0.9 * channels ? near + 8 : near;
}

const conv = (filters: number, kernelSize: number, stride: number, groups = 1) =>
  conv2d({ filters, kernelSize, stride, groups, padding: kernelSize >> 1, bias: false, weightInitializer: 'heUniform' });

const convNormRelu = (filters: number, kernelSize: number, stride: number, groups = 1): Layer =>
  sequential([conv(filters, kernelSize, stride, groups), batchNorm({ activation: 'relu6' })]);

/** Inverted residual: wide inside, where each channel is filtered alone, narrow and linear at its ends; a skip where shapes agree. */
function block(inputShape: Shape, expansion: number, channels: number, stride: number): Layer {
  const inside = (inputShape[2] as number) * expansion;
  const widen = expansion === 1 ? [] : [convNormRelu(inside, 1, 1)];
  const layers = [...widen, convNormRelu(inside, 3, stride, inside), conv(channels, 1, 1), batchNorm()];
  const body = sequential(layers, { name: 'conv' });
  if (stride !== 1 || inputShape[2] !== channels) return sequential([body]);
  const x = input(inputShape);
  return graph({ inputs: x, outputs: add().apply([x, body.apply(x)]) });
}

/**
 * MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov and Chen 2018): 3,504,872 parameters. Layers have the names
 * that they have in torchvision.
 */
export function mobileNetV2(options: NetworkOptions = {}): Sequential {
  const { classes, inputShape, width, common } = networkOptions('mobileNetV2', options, imageNet);
  const features = [convNormRelu(roundChannels(32 * width), 3, 2)];
  let shape = (features[0] as Layer).outputShape(inputShape);
  for (const { expansion, channels, blocks, stride } of stages) {
    for (let i = 0; i < blocks; i++) {
      const next = block(shape, expansion, roundChannels(channels * width), i === 0 ? stride : 1);
      shape = next.outputShape(shape);
      features.push(next);
    }
  }
  features.push(convNormRelu(roundChannels(1280 * Math.max(1, width)), 1, 1));
  return sequential(
    [
      sequential(features, { name: 'features' }),
      globalAvgPool({ name: 'avgpool' }),
      sequential([dropout({ rate: 0.2 }), dense({ units: classes })], { name: 'classifier' }),
    ],
    common,
  );
}
