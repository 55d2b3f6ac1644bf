import { layerGroup } from '../runner/layerGroup.js';
import type { Adapter } from '../runner/main.js';
import { activations } from './activations.js';
import { clipping } from './clipping.js';
import { composedActivations } from './composedActivations.js';
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

/** By PyTorch's class, whatever group a case of it stands in. */
const layers = {
  ...linear,
  ...activations,
  ...composedActivations,
  ...losses,
  ...normalisation,
  ...convolution,
  ...transposedConvolution,
  ...padding,
  ...pooling,
  ...recurrent,
  ...embedding,
};

/** Groups that are no cases of layers. */
const others: Readonly<Record<string, Adapter>> = { optimizers, clipping, schedules, initializers, textbook };

/** How the cases of a group are run here. */
export function adapterOf(group: string): Adapter {
  return (Object.hasOwn(others, group) ? others[group] : undefined) ?? layerGroup(group, layers);
}

/** The groups of a folder whose cases of layers stand in these. */
export function groupsOf(layerGroups: Iterable<string>): string[] {
  return [...new Set([...layerGroups, ...Object.keys(others)])];
}
