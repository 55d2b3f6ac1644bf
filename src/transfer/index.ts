export { extractor, features } from './features.js';
export { freeze, unfreeze } from './freeze.js';
export { replaceHead, replaceLayer } from './head.js';
export { bodyRate } from './rates.js';
