import { conv2d, dense, flatten, maxPool2d, randomNormal, sequential, tensor } from '../../dist/index.js';
import { medianMs } from '../timing.mjs';
import { trainStep } from './step.mjs';

const builders = {
  mlp: () =>
    sequential([dense({ units: 256, activation: 'relu' }), dense({ units: 128, activation: 'relu' }), dense({ units: 10 })]),
  cnn: () =>
    sequential([
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 128, activation: 'relu' }),
      dense({ units: 10 }),
    ]),
};

const inputs = { mlp: [784], cnn: [28, 28, 1] };

/** One training step and one prediction of a network, by batch size. */
function* network(name, { seconds, config }) {
  const shape = inputs[name];
  for (const batch of config.batches.train) {
    const y = tensor(Int32Array.from({ length: batch }, (_, i) => i % 10));
    const step = trainStep(builders[name]().build(shape), randomNormal([batch, ...shape]), y);
    yield { workload: name, mode: 'train', batch, ms: medianMs(step, seconds) };
  }
  for (const batch of config.batches.infer) {
    const model = builders[name]().build(shape);
    const x = randomNormal([batch, ...shape]);
    yield { workload: name, mode: 'infer', batch, ms: medianMs(() => model.predict(x).dispose(), seconds) };
  }
}

export const mlp = (options) => network('mlp', options);
export const cnn = (options) => network('cnn', options);
