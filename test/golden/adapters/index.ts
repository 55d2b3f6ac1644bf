import type { Adapter } from '../runner/main.js';
import { activations } from './activations.js';
import { clipping } from './clipping.js';
import { convolution } from './convolution.js';
import { embedding } from './embedding.js';
import { initializers } from './initializers.js';
import { linear } from './linear.js';
import { losses } from './losses.js';
import { normalisation } from './normalisation.js';
import { optimizers } from './optimizers.js';
import { padding } from './padding.js';
import { pooling } from './pooling.js';
import { recurrent } from './recurrent.js';
import { schedules } from './schedules.js';
import { textbook } from './textbook.js';
import { transposedConvolution } from './transposedConvolution.js';

/** How the cases of each group are run here. */
export const adapters: Readonly<Record<string, Adapter>> = {
  linear,
  activations,
  losses,
  normalisation,
  optimizers,
  clipping,
  schedules,
  initializers,
  textbook,
  convolution,
  transposed_convolution: transposedConvolution,
  padding,
  pooling,
  recurrent,
  embedding,
};
