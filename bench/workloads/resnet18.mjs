import { adam, crossEntropy, randomNormal, resNet18, scope, tensor, valueAndGrad } from '../../dist/index.js';
import { medianMs } from '../timing.mjs';

/** A training step of ResNet-18 on small colour images, and the most memory that the process ever held. */
export function* resnet18({ seconds, config }) {
  const { input, classes } = config;
  for (const batch of config.batches.train) {
    const model = resNet18({ inputShape: input, classes }).train();
    const parameters = model.parameters();
    const optimizer = adam({ lr: 1e-3 });
    const loss = crossEntropy();
    const x = randomNormal([batch, ...input]);
    const y = tensor(Int32Array.from({ length: batch }, (_, i) => i % classes));
    const step = () =>
      scope(() => {
        const { grads } = valueAndGrad(() => loss(model.call(x), y), parameters)();
        optimizer.step(parameters, grads);
      });
    const ms = medianMs(step, seconds);
    yield { workload: 'resnet18', mode: 'train', batch, ms, megabytes: process.resourceUsage().maxRSS / 1024 };
  }
}
