import { randomNormal, resNet18, tensor } from '../../dist/index.js';
import { medianMs } from '../timing.mjs';
import { trainStep } from './step.mjs';

/** A training step of ResNet-18 on small colour images, and the most memory that the process ever held. */
export function* resnet18({ seconds, config }) {
  const { input, classes } = config;
  for (const batch of config.batches.train) {
    const y = tensor(Int32Array.from({ length: batch }, (_, i) => i % classes));
    const step = trainStep(resNet18({ inputShape: input, classes }), randomNormal([batch, ...input]), y);
    const ms = medianMs(step, seconds);
    yield { workload: 'resnet18', mode: 'train', batch, ms, megabytes: process.resourceUsage().maxRSS / 1024 };
  }
}
