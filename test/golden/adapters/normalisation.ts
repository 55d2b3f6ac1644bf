import { layerGroup } from '../runner/layerGroup.js';

export const normalisation = layerGroup('normalisation', {});
