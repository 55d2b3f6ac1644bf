// Many to many, word by word. The rule: has the sentence of a word a comma, semicolon or colon before the word, and has it one behind?
// An LSTM that reads in both directions learns it from examples; one that reads forward alone can only guess what is still to come.
// Any text will do: node examples/tagging.mjs TEXT.txt. Without one it takes the comments of TypeScript's library: npm install typescript
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  accuracy,
  adam,
  crossEntropy,
  dense,
  embedding,
  lstm,
  RandomStream,
  sequential,
  Trainer,
  tensor,
  Vocabulary,
} from 'myelin';

const [file, seed = '0'] = process.argv.slice(2);
const text = file ? await readFile(file, 'utf8') : await comments();

async function comments() {
  const library = createRequire(import.meta.url).resolve('typescript/lib/lib.dom.d.ts');
  const all = (await readFile(library, 'utf8')).match(/\/\*\*.*?\*\//gs);
  return all.join('\n').replace(/\[MDN Reference\]\(.*?\)|[*/]/g, ' ');
}

// Sentences are distinct, so that none of those to be tested with has been learnt; four in a row make an example.
const found = text.replace(/\s+/g, ' ').match(/[^ .!?][^.!?]*[.!?]/g);
const sentences = [...new Set(found)].filter(({ length }) => length < 500);
const texts = Array.from({ length: Math.floor(sentences.length / 4) }, (_, i) => sentences.slice(4 * i, 4 * i + 4).join(' '));
const order = Array.from(new RandomStream(Number(seed), 'order').permutation(texts.length), (i) => texts[i]);
const [learnt, held] = [order.slice(order.length / 10), order.slice(0, order.length / 10)];
const vocabulary = Vocabulary.build(learnt, { level: 'word', minCount: 2, symbols: ['padding', 'unknown'] });

/** The rule: 1 where a mark stands before the word in its sentence, plus 2 where one stands behind it. */
function tagsOf(words) {
  const tags = words.map(() => 0);
  const [ends, marks] = [words.map((word) => /[.!?]/.test(word)), words.map((word) => /[,;:]/.test(word))];
  let mark = false;
  for (let i = 0; i < words.length; i++) {
    tags[i] += Number(mark);
    mark = !ends[i] && (mark || marks[i]);
  }
  for (let i = words.length - 1; i >= 0; i--) {
    if (ends[i]) mark = false;
    tags[i] += 2 * Number(mark);
    mark ||= marks[i];
  }
  return tags;
}

const ignored = -1; // what stands in for a tag behind the end of an example
function encode(texts) {
  const { indices, lengths } = vocabulary.encodeBatch(texts);
  const [length, steps] = indices.shape;
  const y = new Int32Array(length * steps).fill(ignored);
  for (const [i, text] of texts.entries()) {
    const words = Array.from(vocabulary.encode(text), (index) => vocabulary.token(index));
    y.set(tagsOf(words), i * steps);
  }
  return { x: [indices, lengths], y: tensor(y, { shape: indices.shape }) };
}

const [training, testing] = [encode(learnt), encode(held)];
async function percentRight(bidirectional) {
  const model = sequential(
    [
      embedding({ tokens: vocabulary.size, units: 16 }),
      lstm({ units: 32, bidirectional, returnSequences: true }),
      dense({ units: 4 }),
    ],
    { seed: Number(seed) },
  );
  const judged = { loss: crossEntropy({ ignoreLabel: ignored }), metrics: [accuracy({ ignoreLabel: ignored })] };
  const trainer = new Trainer({ model, ...judged, optimizer: adam({ lr: 1e-2, clip: { globalNorm: 1 } }) });
  await trainer.fit(training, { epochs: Math.ceil(12_000 / learnt.length), batchSize: 32, seed: Number(seed) });
  return (100 * (await trainer.evaluate(testing)).accuracy).toFixed(2);
}
console.log(`${learnt.length} examples, such as: ${learnt[0]}`);
console.log(
  `right in ${held.length} others: ${await percentRight(true)} % of the words in both directions, ${await percentRight(false)} % forward alone`,
);
