// Many to many of other lengths: an encoder reads a string of digits, and a decoder that begins with its states writes the string
// backwards, and another one sorted.
import {
  adam,
  crossEntropy,
  dense,
  embedding,
  full,
  generateTokens,
  graph,
  input,
  lstm,
  RandomStream,
  schedules,
  slice,
  Trainer,
  Vocabulary,
} from 'myelin';

const seed = Number(process.argv[2] ?? 0);
const [longest, units, epochs, batchSize] = [8, 128, 2, 128];
const vocabulary = Vocabulary.build('0123456789', { symbols: ['padding', 'start', 'end'] });
const [padding, start, end] = vocabulary.symbols.map((symbol) => vocabulary.symbol(symbol));

// Distinct strings. Lengths are drawn alike, but there are only 10 strings of one digit, 100 of two ..., so most are longer.
const stream = new RandomStream(seed, 'strings');
const lengths = stream.uniform([100_000], 1, longest + 1).toArray();
const digits = stream.uniform([100_000, longest], 0, 10).toArray();
const drawn = [...new Set(lengths.map((length, i) => digits[i].slice(0, length).map(Math.floor).join('')))];
const strings = Array.from(stream.permutation(drawn.length), (i) => drawn[i]);
const [held, seen] = [strings.slice(0, 2000), strings.slice(2000)];

const tasks = {
  reversed: (string) => [...string].reverse().join(''),
  sorted: (string) => [...string].sort().join(''),
};
for (const [name, rule] of Object.entries(tasks)) {
  const table = embedding({ tokens: vocabulary.size, units: 32 });
  const encoder = lstm({ units, returnState: true });
  const decoder = lstm({ units, returnSequences: true });
  const head = dense({ units: vocabulary.size });

  // In training the decoder is shown what it should have written (teacher forcing): the target from its start symbol on.
  const [source, sourceLengths, before] = [input([longest]), input([]), input([longest + 1])];
  const [, ...states] = encoder.apply([table.apply(source), sourceLengths]);
  const logits = head.apply(decoder.apply([table.apply(before), ...states]));
  const model = graph({ inputs: [source, sourceLengths, before], outputs: logits, seed });

  const read = vocabulary.encodeBatch(seen);
  const { indices: target } = vocabulary.encodeBatch(seen.map(rule), { start: true, end: true });
  const x = [read.indices, read.lengths, slice(target, [null, [0, -1]])];
  const trainer = new Trainer({
    model,
    loss: crossEntropy({ ignoreLabel: padding }),
    optimizer: adam({ lr: 5e-3, clip: { globalNorm: 1 } }),
  });
  const schedule = schedules.cosine({ steps: epochs * Math.ceil(seen.length / batchSize) });
  await trainer.fit({ x, y: slice(target, [null, [1, null]]) }, { epochs, batchSize, seed, schedule });

  /** What it writes to strings by itself: always the likeliest digit, until it ends. */
  const write = (list) => {
    const { indices, lengths } = vocabulary.encodeBatch(list);
    const [, ...states] = encoder.predict([table.predict(indices), lengths]);
    const step = (tokens, states) => {
      const [h, c] = decoder.cells[0].call([table.call(tokens), ...states]);
      return [head.call(h), h, c];
    };
    const first = full([list.length], start, { dtype: 'int32' });
    const written = generateTokens(step, { start: first, states, end, length: longest + 1, temperature: 0 });
    return written.toArray().map((tokens) => vocabulary.decode(tokens));
  };
  const written = write(held);
  const right = written.filter((string, i) => string === rule(held[i])).length;
  console.log(
    `${held[0]} ${name}: ${written[0]}; ${((100 * right) / held.length).toFixed(2)} % of ${held.length} strings it has not seen`,
  );
}
