export { constant, ones, zeros } from './constant.js';
export { fanInUniform, glorotNormal, glorotUniform, heNormal, heUniform } from './fan.js';
export type { Fan, Initializer } from './initializer.js';
export { normal, uniform } from './random.js';
