export { constant, ones, zeros } from './constant.js';
export {
  type FanMode,
  fanInUniform,
  type GainOptions,
  gainFor,
  glorotNormal,
  glorotUniform,
  type HeOptions,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
} from './fan.js';
export type { Fan, Initializer } from './initializer.js';
export { type KernelOptions, kernel } from './kernel.js';
export { orthogonal } from './orthogonal.js';
export { normal, uniform } from './random.js';
export { type TruncatedNormalOptions, truncatedNormal } from './truncated.js';
