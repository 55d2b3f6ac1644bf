import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../src/data/vocabulary.js';
import { ArgumentError, NonFiniteError, ShapeError } from '../../src/errors.js';
import { CellActivations, cellActivations, textFeatures, trackingUnits, unitCorrelations } from '../../src/inspect/index.js';
import {
  dense,
  dropout,
  embedding,
  graph,
  gru,
  input,
  type Layer,
  lstm,
  type Recurrent,
  sequential,
  simpleRnn,
} from '../../src/layers/index.js';
import { tanh } from '../../src/ops/index.js';
import { tensor } from '../../src/tensor/create.js';
import { memory } from '../../src/tensor/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const text = 'The cat (a "cat")\nsat.';
const vocabulary = Vocabulary.build(text);
const steps = text.length;
const { size: tokens } = vocabulary;
const table = () => embedding({ tokens, units: 5 });
const batch = () => tensor(vocabulary.encode(text), { shape: [1, steps] });
const modelOf = (layer: Recurrent) => sequential([table(), layer, dropout({ rate: 0.5 }), dense({ units: tokens })], { seed: 2 });
const recorded = (model: Layer) => cellActivations(model, text, { vocabulary });

describe('cellActivations', () => {
  it.each([
    ['lstm', () => lstm({ units: 4, returnSequences: true })],
    ['lstm with peepholes', () => lstm({ units: 4, returnSequences: true, peepholes: true, initialization: 'uniform' })],
    ['lstm with projection', () => lstm({ units: 4, projection: 3 })],
    ['gru', () => gru({ units: 4, returnSequences: true })],
    ['simple rnn', () => simpleRnn({ units: 4 })],
  ])('are those of the cell stepped by hand: %s', (_, make) => {
    const layer = make();
    const model = modelOf(layer);
    const seen = recorded(model);
    const [recordedCell] = seen.cells;
    const [cell] = layer.cells as [Recurrent['cells'][number]];
    const vectors = (model.layers.get('0') as Layer).predict(batch());
    let states = cell.zeroState(1);
    const expected: number[] = [];
    for (let step = 0; step < steps; step++) {
      states = cell.call([tensor(vectors.floats.slice(5 * step, 5 * step + 5), { shape: [1, 5] }), ...states]);
      expected.push(...(states[1] === undefined ? (states[0] as Tensor) : tanh(states[1])).data());
    }
    expect(recordedCell).toMatchObject({ path: '1.0', type: cell.type, units: 4, reverse: false, bounded: true });
    expect([...(recordedCell?.activations ?? [])]).toEqual(expected);
    expect([...seen.activations('1.0.2')]).toEqual(expected.filter((__, i) => i % 4 === 2));
    expect(seen.activations(2)).toEqual(seen.activations('1.0.2'));
    expect(seen.tokens).toEqual([...text]);
  });

  it('go through stacks and both directions', () => {
    const options = { units: 3, layers: 2, bidirectional: true } as const;
    const layer = lstm({ ...options, returnSequences: true });
    const model = modelOf(layer);
    const seen = recorded(model);
    expect(seen.cells.map(({ path, reverse }) => [path, reverse])).toEqual([
      ['1.0', false],
      ['1.0_reverse', true],
      ['1.1', false],
      ['1.1_reverse', true],
    ]);
    // What the run over the whole sequence ends with: forward at the last token, reverse at the first.
    const twin = lstm({ ...options, returnState: true });
    twin.build([steps, 5]);
    twin.loadStateDict(layer.stateDict());
    const [, ...final] = twin.call((model.layers.get('0') as Layer).predict(batch()));
    for (const [i, { activations, reverse }] of seen.cells.entries()) {
      const at = reverse ? 0 : 3 * (steps - 1);
      expect([...activations.slice(at, at + 3)]).toEqual([...tanh(final[2 * i + 1] as Tensor).data()]);
    }
  });

  it('of a gru in reverse are its outputs', () => {
    const layer = gru({ units: 3, reverse: true, returnSequences: true });
    const model = modelOf(layer);
    const [cell] = recorded(model).cells;
    expect(cell?.reverse).toBe(true);
    expect([...(cell?.activations ?? [])]).toEqual([...layer.predict((model.layers.get('0') as Layer).predict(batch())).data()]);
  });

  it('start from the states that a graph hands over', () => {
    const x = input([steps]);
    const vectors = embedding({ tokens, units: 5, name: 'table' }).apply(x);
    const [, ...states] = lstm({ units: 3, returnState: true, name: 'encoder' }).apply(vectors);
    const decoder = lstm({ units: 3, returnSequences: true, name: 'decoder' });
    const model = graph({ inputs: x, outputs: decoder.apply([vectors, ...states]), seed: 1 });
    const seen = recorded(model);
    expect(seen.cells.map(({ path }) => path)).toEqual(['encoder.0', 'decoder.0']);
    const [encoder, both] = [model.layers.get('encoder'), (model.layers.get('table') as Layer).predict(batch())];
    const [, h, c] = (encoder as unknown as Layer<Tensor, Tensor[]>).predict(both) as [Tensor, Tensor, Tensor];
    const [cell] = decoder.cells as [Recurrent['cells'][number]];
    const [, first] = cell.call([tensor(both.floats.slice(0, 5), { shape: [1, 5] }), h, c]) as [Tensor, Tensor];
    expect([...(seen.cells[1]?.activations.slice(0, 3) ?? [])]).toEqual([...tanh(first).data()]);
  });

  it('start from zeros in stateful models, and leave states and memory as they are', () => {
    const model = modelOf(lstm({ units: 4, stateful: true, returnSequences: true }));
    const fresh = recorded(model).cells[0]?.activations;
    const other = modelOf(lstm({ units: 4, stateful: true, returnSequences: true }));
    const run = (one: typeof model) => one.predict(batch()).toArray();
    expect(run(model)).toEqual(run(other));
    expect(recorded(model).cells[0]?.activations).toEqual(fresh);
    expect(run(model)).toEqual(run(other));
    const held = memory().tensors;
    recorded(model);
    expect(memory().tensors).toBe(held);
  });

  it('are the same in training mode, in double precision and of words', () => {
    const words = Vocabulary.build(text, { level: 'word', lowercase: true });
    const model = sequential([embedding({ tokens: words.size, units: 3 }), lstm({ units: 2, inputDropout: 0.5 })], {
      seed: 1,
      dtype: 'float64',
    });
    const seen = cellActivations(model, text, { vocabulary: words });
    expect(seen.tokens).toEqual(['the', 'cat', '(', 'a', '"', 'cat', '"', ')', '\n', 'sat', '.']);
    expect(seen.level).toBe('word');
    expect(seen.cells[0]?.activations).toBeInstanceOf(Float64Array);
    expect(cellActivations(model.train(), text, { vocabulary: words }).cells).toEqual(seen.cells);
  });

  it('say what they cannot be', () => {
    const model = modelOf(lstm({ units: 4 }));
    expect(() => cellActivations(model, '', { vocabulary })).toThrow(/expected a text of at least one token/);
    expect(() => cellActivations(model, 3 as never, { vocabulary })).toThrow(ArgumentError);
    expect(() => cellActivations({} as never, text, { vocabulary })).toThrow(/expected a model/);
    expect(() => cellActivations(model, text, {} as never)).toThrow(/expected a vocabulary, received undefined/);
    expect(() => cellActivations(model, text, { vocabulary, unit: 3 } as never)).toThrow(/options among vocabulary/);
    expect(() => recorded(sequential([table(), dense({ units: 3 })]))).toThrow(/with a recurrent layer/);
    expect(() => recorded(modelOf(lstm({ units: 4 })).build([steps, 2] as never))).toThrow(ShapeError);
    const seen = recorded(modelOf(lstm({ units: 4, layers: 2 })));
    for (const unit of ['1.0.4', '1.0', 'x', '', '1.2.0', 2, -1, '1.0.-1', '1.0.1e0', Number.NaN])
      expect(() => seen.find(unit)).toThrow(/expected a unit of 1\.0\.0 to 1\.0\.3, 1\.1\.0 to 1\.1\.3, received/);
    expect(seen.find('1.1.3')).toEqual({ name: '1.1.3', cell: seen.cells[1], index: 3 });
    const broken = modelOf(simpleRnn({ units: 2 })).build([steps]);
    broken.namedParameters().get('1.0.biasInput')?.assign(Float32Array.of(0, Number.NaN));
    expect(() => recorded(broken)).toThrow(NonFiniteError);
    expect(() => recorded(broken)).toThrow(/received NaN from unit 1\.0\.1/);
  });
});

describe('textFeatures', () => {
  const marks = (feature: string, given: string) => {
    const values = textFeatures([...given])[feature] as Float64Array;
    return Array.from(values, (value) => value.toString(36)).join('');
  };

  it('mark spaces, starts of words and line ends', () => {
    expect(marks('space', 'a b\t\n c')).toBe('0101010');
    expect(marks('line end', 'a\nb\n')).toBe('0101');
    expect(marks('start of word', "Don't x-ray 42é, 'go'")).toBe('100000100000100000100'.slice(0, 21));
    expect(marks('start of word', '日本 e\u0301a \u{1d400}b')).toBe('100100010');
  });

  it('count the position in the line', () => {
    expect(marks('position in line', 'abc\n\nde')).toBe('1230012');
  });

  it('know quotation marks and brackets', () => {
    expect(marks('inside quotes', 'a "b" c')).toBe('0011000');
    expect(marks('inside quotes', '“a” «b»')).toBe('1100110');
    expect(marks('inside quotes', '"a\nb\n\nc"')).toBe('11111001');
    expect(marks('inside brackets', 'a (b [c] d) e)')).toBe('00111111110000');
  });

  it('of words take them whole', () => {
    const words = ['knock', ',', '\n', '3', "don't"];
    expect([...(textFeatures(words, 'word')['start of word'] as Float64Array)]).toEqual([1, 0, 0, 1, 1]);
    expect(() => textFeatures('text' as never)).toThrow(ArgumentError);
    expect(() => textFeatures([''])).toThrow(ArgumentError);
  });
});

describe('trackingUnits', () => {
  const spoken = 'one two three\nfour five\nsix seven eight nine ten\n'.repeat(3);
  const cellsOf = (units: ((token: string, step: number) => number)[]) => {
    const all = [...spoken];
    const activations = Float64Array.from(all.flatMap((token, step) => units.map((unit) => unit(token, step))));
    const cell = { path: '1.0', type: 'LstmCell', units: units.length, reverse: false, bounded: true, activations };
    return new CellActivations(all, 'character', [cell]);
  };

  it('finds planted units, with the sign of their correlation', () => {
    const position = textFeatures([...spoken])['position in line'] as Float64Array;
    const seen = cellsOf([
      (_, step) => Math.sin(step * step),
      (_, step) => (position[step] as number) / 40 - 0.2,
      (token) => (token === ' ' ? -0.9 : 0.7),
      () => 0.1,
      (token) => (token === '\n' ? 0.5 : 0),
    ]);
    const report = trackingUnits(seen, { top: 2 });
    const best = Object.fromEntries(report.features.map(({ feature, units }) => [feature, units[0]]));
    expect(best.space).toEqual({ unit: '1.0.2', correlation: expect.closeTo(-1, 12) });
    expect(best['position in line']).toEqual({ unit: '1.0.1', correlation: expect.closeTo(1, 12) });
    expect(best['line end']).toEqual({ unit: '1.0.4', correlation: expect.closeTo(1, 12) });
    expect(best['inside quotes']).toBeUndefined();
    expect(report.features.map(({ units }) => units.length)).toEqual([2, 2, 2, 2, 0, 0]);
    expect(String(report)).toMatch(/^feature .*\n-.*\nspace +1\.0\.2 -1\.00 +1\.0\.\d .*\n/);
    expect(String(report)).toMatch(/\ninside quotes +the same everywhere\n/);
    // The unit that is the same everywhere is in no list.
    const all = trackingUnits(seen, { top: 9 }).features.flatMap(({ units }) => units);
    expect(all.some(({ unit }) => unit === '1.0.3')).toBe(false);
    expect(all.every(({ correlation }) => Math.abs(correlation) <= 1)).toBe(true);
    expect(unitCorrelations(seen, '1.0.3')).toEqual([]);
    expect(unitCorrelations(seen, 2)[0]).toEqual({ feature: 'space', correlation: expect.closeTo(-1, 12) });
  });

  it('finds a planted unit in a model', () => {
    const words = Vocabulary.build(spoken);
    const model = sequential([embedding({ tokens: words.size, units: words.size }), simpleRnn({ units: 6 })], { seed: 4 });
    model.build([8]);
    const state = model.stateDict();
    // Vectors that tell tokens apart, and a unit that sees nothing but the space.
    const identity = Float32Array.from({ length: words.size ** 2 }, (_, i) => (i % (words.size + 1) === 0 ? 1 : 0));
    const [weights, recurrent] = [state.get('1.0.weightInput'), state.get('1.0.weightRecurrent')] as [Tensor, Tensor];
    const seesSpace = weights.data().map((w, i) => (i % 6 !== 3 ? w : i === 6 * (words.index(' ') as number) + 3 ? -2 : 0));
    state.get('0.weight')?.assign(identity);
    state.get('1.0.weightInput')?.assign(seesSpace);
    state.get('1.0.weightRecurrent')?.assign(recurrent.data().map((w, i) => (i % 6 === 3 ? 0 : w)));
    const [space] = trackingUnits(cellActivations(model, spoken, { vocabulary: words })).features;
    expect(space).toMatchObject({
      feature: 'space',
      units: [{ unit: '1.0.3', correlation: expect.closeTo(-1, 6) }, {}, {}, {}, {}],
    });
  });

  it('computes the correlation of Pearson, with features of the caller too', () => {
    // (1, 2, 3, 4) and (1, 3, 2, 5): 5.5 / sqrt(5 * 8.75).
    const activations = Float64Array.of(1, 2, 3, 4);
    const cell = { path: '0', type: 'RnnCell', units: 1, reverse: false, bounded: false, activations };
    const seen = new CellActivations([...'abcd'], 'character', [cell]);
    const { features } = trackingUnits(seen, { features: { own: [1, 3, 2, 5], flat: [0.1, 0.1, 0.1, 0.1] } });
    expect(features[0]).toEqual({
      feature: 'own',
      units: [{ unit: '0.0', correlation: expect.closeTo(5.5 / Math.sqrt(5 * 8.75), 12) }],
    });
    expect(features[1]).toEqual({ feature: 'flat', units: [] });
    expect(() => trackingUnits(seen, { features: { own: [1, 2] } })).toThrow(/finite number of own for each of 4 tokens/);
    expect(() => trackingUnits(seen, { features: { own: [1, 2, 3, Number.NaN] } })).toThrow(ArgumentError);
    expect(() => trackingUnits(seen, { top: 0 })).toThrow(ArgumentError);
    expect(() => trackingUnits({} as never)).toThrow(/expected what cellActivations gives/);
    expect(() => unitCorrelations(seen, 1)).toThrow(/expected a unit of 0\.0 to 0\.0/);
  });
});
