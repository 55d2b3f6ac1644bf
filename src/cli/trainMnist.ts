import { maxThreads, setThreads } from '../backend/control.js';
import { DataLoader } from '../data/loader.js';
import { type MnistDataset, mnist } from '../data/mnist.js';
import { save } from '../io/model.js';
import { crossEntropy } from '../losses/index.js';
import { accuracy } from '../metrics/index.js';
import { adam } from '../optimizers/index.js';
import { type History, progress, Trainer } from '../trainer/index.js';
import { choiceOption, exitCodes, integerOption, positiveOption, type Surroundings } from './command.js';
import { type ModelName, modelNames, models } from './models.js';
import type { TrainTask } from './train.js';
import { checkWritable } from './writable.js';

const help = `Usage: myelin train mnist [options]

Trains a network on the 60,000 handwritten digits of MNIST and tests it on the 10,000 others, with Adam.

Options:
  --model M    cnn (default): two convolutions and two dense layers; mlp: three dense layers
  --epochs N   how often to go through the images (default 3)
  --batch N    images a step (default 64)
  --lr X       learning rate (default 0.001)
  --seed N     seed of weights and order; the same seed gives the same bits (default 0)
  --threads N  threads to compute on (default: what myelin info tells)
  --out FILE   where to save the model; also after Ctrl-C
  --json       JSON lines: one for each epoch, one at the end
`;

/** The options as the command line gives them. */
interface TrainValues {
  model?: string;
  epochs?: string;
  batch?: string;
  lr?: string;
  seed?: string;
  threads?: string;
  out?: string;
  json: boolean;
}

interface TrainOptions {
  model: ModelName;
  epochs: number;
  batch: number;
  lr: number;
  seed: number;
  /** 0: as many as the backend finds right. */
  threads: number;
  out: string | undefined;
  json: boolean;
}

function readOptions(values: TrainValues): TrainOptions {
  return {
    model: choiceOption('model', values.model, 'cnn', modelNames),
    epochs: integerOption('epochs', values.epochs, 3, 1, 1_000_000),
    batch: integerOption('batch', values.batch, 64, 1, 60_000),
    lr: positiveOption('lr', values.lr, 1e-3),
    seed: integerOption('seed', values.seed, 0, 0, Number.MAX_SAFE_INTEGER),
    threads: values.threads === undefined ? 0 : integerOption('threads', values.threads, 1, 1, maxThreads),
    out: values.out,
    json: values.json,
  };
}

/** What a run came to; null where it was interrupted. */
async function runTraining(
  trainer: Trainer,
  training: MnistDataset,
  testing: MnistDataset,
  options: TrainOptions,
  surroundings: Surroundings,
): Promise<History | null> {
  const { batch, seed, epochs, json } = options;
  try {
    return await trainer.fit(new DataLoader(training, { batchSize: batch, shuffle: true, seed }), {
      epochs,
      validation: testing,
      callbacks: [progress({ writer: surroundings.out, mode: json ? 'json' : 'auto' })],
      signal: surroundings.signal,
    });
  } catch (error) {
    if (surroundings.signal.aborted) return null;
    throw error;
  }
}

async function run(values: TrainValues, surroundings: Surroundings): Promise<number> {
  const options = readOptions(values);
  if (options.out !== undefined) await checkWritable(options.out);
  if (options.threads > 0) setThreads(options.threads);
  const begun = performance.now();
  const [training, testing] = await Promise.all([mnist({ split: 'train' }), mnist({ split: 'test' })]);
  const model = models[options.model](options.seed);
  const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: options.lr }), metrics: [accuracy()] });
  const history = await runTraining(trainer, training, testing, options, surroundings);
  const trainSeconds = (performance.now() - begun) / 1000;
  if (options.out !== undefined) await save(model, options.out);
  if (history === null) {
    surroundings.err.write(
      `myelin: stopped${options.out === undefined ? '' : `; the model as it is now lies in ${options.out}`}\n`,
    );
    return exitCodes.interrupted;
  }

  const testAccuracy = history.epochs.at(-1)?.validation?.accuracy ?? Number.NaN;
  const imagesPerSecond = history.epochs.reduce((sum, { samples }) => sum + samples, 0) / trainSeconds;
  const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0);
  const { out } = surroundings;
  if (options.json) {
    out.write(`${JSON.stringify({ event: 'done', testAccuracy, trainSeconds, imagesPerSecond, parameters })}\n`);
  } else {
    const percent = (100 * testAccuracy).toFixed(2);
    const rate = Math.round(imagesPerSecond).toLocaleString('en');
    out.write(
      `${percent} % of the 10,000 test images right after ${trainSeconds.toFixed(1)} s, ${rate} images/s, ${parameters.toLocaleString('en')} parameters\n`,
    );
    if (options.out !== undefined) out.write(`Saved to ${options.out}. Try: myelin predict ${options.out} --index 0\n`);
  }
  return exitCodes.success;
}

const text = { type: 'string' } as const;

/** `myelin train mnist`. */
export const trainMnist: TrainTask = {
  help,
  options: {
    ...{ model: text, epochs: text, batch: text, lr: text, seed: text, threads: text, out: text },
    json: { type: 'boolean', default: false },
  },
  run: (values, surroundings) => run(values as unknown as TrainValues, surroundings),
};
