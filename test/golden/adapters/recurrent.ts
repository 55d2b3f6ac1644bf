import { layerGroup } from '../runner/layerGroup.js';

export const recurrent = layerGroup('recurrent', {});
