export { alexNet } from './alexNet.js';
export { type LeNet5Options, lenet5 } from './lenet5.js';
export { mobileNetV2 } from './mobileNetV2.js';
export type { NetworkOptions } from './options.js';
export { resNet18 } from './resNet18.js';
export { vgg11 } from './vgg11.js';
