export { atomicWrite } from './atomicWrite.js';
export type { LayerClasses } from './description.js';
export { type LoadOptions, load, type SaveOptions, save } from './model.js';
export {
  type ArrayEntry,
  encodeSafetensors,
  parseSafetensors,
  readSafetensors,
  type SafetensorsContents,
  writeSafetensors,
} from './safetensors.js';
