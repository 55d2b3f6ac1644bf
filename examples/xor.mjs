// The smallest problem that one layer cannot solve: exclusive or.
import { adam, dense, meanSquaredError, sequential, Trainer, tensor } from 'myelin';

const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tensor([[0], [1], [1], [0]]);

const model = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1 })], { seed: 0 });
const trainer = new Trainer({ model, loss: meanSquaredError(), optimizer: adam({ lr: 0.05 }) });

await trainer.fit({ x, y }, { epochs: 300, batchSize: 4 });

const { loss } = await trainer.evaluate({ x, y });
console.log(`loss ${loss.toExponential(1)}`);
for (const [i, [value]] of model.predict(x).toArray().entries())
  console.log(x.at(i).toArray().join(' xor '), '=', value.toFixed(3));
