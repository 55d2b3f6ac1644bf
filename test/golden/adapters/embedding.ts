import { layerGroup } from '../runner/layerGroup.js';

export const embedding = layerGroup('embedding', {});
