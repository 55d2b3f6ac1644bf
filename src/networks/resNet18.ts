import { add, batchNorm, conv2d, dense, globalAvgPool, graph, input, maxPool2d, sequential } from '../layers/index.js';
import type { Layer } from '../layers/layer.js';
import type { Sequential } from '../layers/sequential.js';
import type { Shape } from '../tensor/shape.js';
import { imageNet, type NetworkOptions, networkOptions } from './options.js';

const conv = (name: string, filters: number, kernelSize: number, stride = 1) =>
  conv2d({ name, filters, kernelSize, stride, padding: kernelSize >> 1, bias: false, weightInitializer: 'heUniform' });

/** Two convolutions, and around them the input itself, or where its shape differs a convolution of one tap. */
function block(inputShape: Shape, filters: number, stride: number): Layer {
  const x = input(inputShape);
  const inner = batchNorm({ name: 'bn1', activation: 'relu' }).apply(conv('conv1', filters, 3, stride).apply(x));
  const y = batchNorm({ name: 'bn2' }).apply(conv('conv2', filters, 3).apply(inner));
  const same = stride === 1 && inputShape[2] === filters;
  const around = same ? x : sequential([conv('0', filters, 1, stride), batchNorm()], { name: 'downsample' }).apply(x);
  return graph({ inputs: x, outputs: add({ activation: 'relu' }).apply([y, around]) });
}

/** Two blocks, the first of which takes the stride. */
function stage(name: string, inputShape: Shape, filters: number, stride: number): Layer {
  const first = block(inputShape, filters, stride);
  return sequential([first, block(first.outputShape(inputShape), filters, 1)], { name });
}

/**
 * ResNet-18 (He, Zhang, Ren and Sun 2015): 11,689,512 parameters. Layers have the names that they have in
 * torchvision.
 */
export function resNet18(options: NetworkOptions = {}): Sequential {
  const { classes, inputShape, scaled, common } = networkOptions('resNet18', options, imageNet);
  const layers: Layer[] = [
    conv('conv1', scaled(64), 7, 2),
    batchNorm({ name: 'bn1', activation: 'relu' }),
    maxPool2d({ name: 'maxpool', poolSize: 3, stride: 2, padding: 1 }),
  ];
  let shape = layers.reduce((at, layer) => layer.outputShape(at), inputShape);
  [64, 128, 256, 512].forEach((channels, i) => {
    const next = stage(`layer${i + 1}`, shape, scaled(channels), i === 0 ? 1 : 2);
    shape = next.outputShape(shape);
    layers.push(next);
  });
  return sequential([...layers, globalAvgPool({ name: 'avgpool' }), dense({ name: 'fc', units: classes })], common);
}
