import { layerGroup } from '../runner/layerGroup.js';

export const transposedConvolution = layerGroup('transposed_convolution', {});
