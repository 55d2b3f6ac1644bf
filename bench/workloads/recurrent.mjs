import { dense, embedding, gru, lstm, randomNormal, sequential, simpleRnn, tensor } from '../../dist/index.js';
import { medianMs } from '../timing.mjs';
import { trainStep } from './step.mjs';

const layers = { lstm, gru, rnn: simpleRnn };

/** `count` whole numbers below `limit`, spread evenly. */
const spread = (count, limit) => Int32Array.from({ length: count }, (_, i) => (i * 7919) % limit);

/** A recurrent layer and a dense one upon its last output. */
function* network(name, { seconds, config }) {
  const { input, units, classes, batches } = config;
  const build = () => sequential([layers[name]({ units }), dense({ units: classes })]).build(input);
  for (const batch of batches.train) {
    const step = trainStep(build(), randomNormal([batch, ...input]), tensor(spread(batch, classes)));
    yield { workload: name, mode: 'train', batch, ms: medianMs(step, seconds) };
  }
  for (const batch of batches.infer) {
    const [model, x] = [build(), randomNormal([batch, ...input])];
    yield { workload: name, mode: 'infer', batch, ms: medianMs(() => model.predict(x).dispose(), seconds) };
  }
}

export const recurrent = Object.fromEntries(Object.keys(layers).map((name) => [name, (options) => network(name, options)]));

/** A model of text by characters: each position tells the next character. */
export function* charlstm({ seconds, config }) {
  const { tokens, steps, embedding: width, units, depth, batches } = config;
  for (const batch of batches.train) {
    const model = sequential([
      embedding({ tokens, units: width }),
      lstm({ units, layers: depth, returnSequences: true }),
      dense({ units: tokens }),
    ]).build([steps]);
    const x = tensor(spread(batch * steps, tokens)).reshape([batch, steps]);
    const y = tensor(spread(batch * steps, tokens)).reshape([batch, steps]);
    yield { workload: 'charlstm', mode: 'train', batch, ms: medianMs(trainStep(model, x, y), seconds) };
  }
}

/** A training step with lengths spread evenly from 1 to all steps, and one with all steps. */
export function* lengths({ seconds, config }) {
  const { input, units, classes, batches } = config;
  const [steps] = input;
  for (const batch of batches.train) {
    const [x, y] = [randomNormal([batch, ...input]), tensor(spread(batch, classes))];
    const cases = { uniform: (i) => 1 + Math.floor(((i * 37) % batch) * (steps / batch)), all: () => steps };
    for (const [mode, lengthOf] of Object.entries(cases)) {
      const model = sequential([lstm({ units }), dense({ units: classes })]).build(input);
      const own = tensor(Int32Array.from({ length: batch }, (_, i) => lengthOf(i)));
      yield { workload: 'lengths', mode, batch, ms: medianMs(trainStep(model, [x, own], y), seconds) };
    }
  }
}
