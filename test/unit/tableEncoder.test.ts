import { describe, expect, it } from 'vitest';
import { parseCsv, Table, TableEncoder } from '../../src/data/index.js';
import { ArgumentError, FormatError, ShapeError } from '../../src/errors.js';
import { tensor, zeros } from '../../src/tensor/create.js';

const csv = `size,colour,day,price
1,red,2020-01-01,10
3,blue,2020-01-03,20
,red,2020-01-05,30
100,,2020-01-07,40
`;
const table = parseCsv(csv);
/** The last row is held out. */
const rows = [0, 1, 2];

describe('a table encoder', () => {
  it('fits to the rows to train on, and to no others', () => {
    const encoder = TableEncoder.fit(table, { target: 'price', rows });
    expect(encoder.task).toBe('regress');
    expect(encoder.features).toEqual(['size', 'size missing', 'colour=blue', 'colour=red', 'day']);
    const { x, y } = encoder.encode(table);
    const half = Math.fround(Math.sqrt(1.5));
    expect(x.toArray()).toEqual([
      [-1, 0, 0, 1, -half],
      [1, 0, 1, 0, 0],
      [0, 1, 0, 1, half],
      [98, 0, 0, 0, Math.fround(2 * Math.sqrt(1.5))],
    ]);
    expect(y.shape).toEqual([4, 1]);
    expect(encoder.decode(y).map(({ value }) => Math.round(value as number))).toEqual([10, 20, 30, 40]);
    expect(TableEncoder.fit(table, { target: 'price' }).features).toEqual([
      'size',
      'size missing',
      'colour=blue',
      'colour=red',
      'colour missing',
      'day',
    ]);
  });

  it('scales and fills in as asked', () => {
    const columns = ['size'];
    const inputs = (options: object) =>
      TableEncoder.fit(table, { target: 'price', columns, ...options })
        .inputs(table)
        .toArray();
    expect(inputs({ rows, scale: 'minMax' })).toEqual([
      [0, 0],
      [1, 0],
      [0.5, 1],
      [49.5, 0],
    ]);
    expect(inputs({ scale: 'none', impute: 'median' })).toEqual([
      [1, 0],
      [3, 0],
      [3, 1],
      [100, 0],
    ]);
    expect(inputs({ scale: 'none', impute: 'zero' })).toEqual([
      [1, 0],
      [3, 0],
      [0, 1],
      [100, 0],
    ]);
    expect(inputs({ rows: [0], scale: 'minMax' })).toEqual([[0], [2], [0], [99]]);
    const even = TableEncoder.fit(table, { target: 'price', columns, rows: [0, 3], scale: 'none', impute: 'median' });
    expect(even.inputs(table.take([2])).toArray()).toEqual([[50.5]]);
  });

  it('makes labels of classes, those of the whole table', () => {
    const encoder = TableEncoder.fit(table, { target: 'colour', rows: [0] });
    expect([encoder.task, encoder.classes]).toEqual(['classify', ['blue', 'red']]);
    expect(encoder.targets(table.take([0, 1, 2])).toArray()).toEqual([1, 0, 1]);
    expect(() => encoder.targets(table)).toThrow(/expected a known class in 'colour', received null in row 4/);
    const [first, second] = encoder.decode(
      tensor([
        [0, 100],
        [Math.log(3), 0],
      ]),
    );
    expect([first?.value, second?.value]).toEqual(['red', 'blue']);
    expect(second?.probabilities[0]).toBeCloseTo(0.75, 6);
    expect(() => encoder.decode(zeros([2, 3]))).toThrow(ShapeError);
  });

  it('finds the task', () => {
    const numbers = Table.fromRows(
      Array.from({ length: 30 }, (_, i) => ({ few: i % 3, many: i, half: (i % 3) / 2, day: `2020-01-${10 + (i % 20)}` })),
    );
    const task = (target: string) => TableEncoder.fit(numbers, { target }).task;
    expect(['few', 'many', 'half'].map(task)).toEqual(['classify', 'regress', 'regress']);
    expect(TableEncoder.fit(numbers, { target: 'few', task: 'regress' }).targets(numbers).shape).toEqual([30, 1]);
    expect(TableEncoder.fit(numbers, { target: 'many', task: 'classify' }).classes.length).toBe(30);
    expect(TableEncoder.fit(numbers, { target: 'few' }).classes).toEqual(['0', '1', '2']);
  });

  it('leaves out columns of names, and tells', () => {
    const many = Table.fromRows(Array.from({ length: 60 }, (_, i) => ({ name: `n${i}`, none: null, v: i % 4, y: i / 7 })));
    const encoder = TableEncoder.fit(many, { target: 'y' });
    expect(encoder.features).toEqual(['v']);
    expect(encoder.leftOut).toEqual([
      { name: 'name', reason: '60 different texts' },
      { name: 'none', reason: 'no values' },
    ]);
    expect(TableEncoder.fit(many, { target: 'y', maxCategories: 60 }).features.length).toBe(61);
    expect(() => TableEncoder.fit(many, { target: 'y', columns: ['name', 'none'] })).toThrow(/columns to predict 'y' from/);
  });

  it('is the same after a way through JSON, and encodes tables read by its types', () => {
    for (const target of ['price', 'colour']) {
      const encoder = TableEncoder.fit(table, { target, rows });
      const again = TableEncoder.fromJSON(JSON.parse(JSON.stringify(encoder)));
      expect(again.inputs(table).toArray()).toEqual(encoder.inputs(table).toArray());
      expect([again.target, again.task, again.features, again.classes]).toEqual([
        encoder.target,
        encoder.task,
        encoder.features,
        encoder.classes,
      ]);
      const line = parseCsv('day,size,colour,price\n2020-01-03,,green,1\n', { types: again.types });
      const other = parseCsv('price,day,more,size,colour\n1,2020-01-03,x,,green\n');
      expect(again.inputs(line).toArray()).toEqual(again.inputs(other.take([0])).toArray());
    }
  });

  it('refuses tables that do not fit', () => {
    const encoder = TableEncoder.fit(table, { target: 'price' });
    expect(() => encoder.inputs(parseCsv('size\n1\n'))).toThrow(/a table with the columns colour, day, received one with size/);
    expect(() => encoder.inputs(parseCsv('size,colour,day\nbig,red,2020-01-01\n'))).toThrow(
      /finite numbers in column 'size', received "big" in row 1/,
    );
    expect(() => encoder.targets(parseCsv('price\n1\nNA\n'))).toThrow(/expected a number in 'price', received null in row 2/);
    expect(() => TableEncoder.fit(table, { target: 'absent' })).toThrow(ArgumentError);
  });

  it('refuses options and JSON that do not fit', () => {
    for (const options of [
      { task: 'guess' },
      { scale: 'max' },
      { impute: 'mode' },
      { rows: [4] },
      { columns: ['price'] },
      { columns: ['x'] },
      { maxCategories: 0 },
      { scaler: 1 },
    ])
      expect(() => TableEncoder.fit(table, { target: 'price', ...options } as never), JSON.stringify(options)).toThrow(
        ArgumentError,
      );
    expect(() => TableEncoder.fit([] as never, { target: 'price' })).toThrow(ArgumentError);
    const good = JSON.parse(JSON.stringify(TableEncoder.fit(table, { target: 'price' })));
    const [size, colour] = good.columns;
    const wrong: unknown[] = [
      null,
      {},
      { ...good, version: 2 },
      { ...good, columns: {} },
      { ...good, columns: [] },
      { ...good, columns: [size, size] },
      { ...good, columns: [null] },
      { ...good, columns: [{ ...size, scale: 0 }] },
      { ...good, columns: [{ ...size, fill: null }] },
      { ...good, columns: [{ ...size, kind: 'text' }] },
      { ...good, columns: [{ ...size, indicator: 1 }] },
      { ...good, columns: [{ ...colour, categories: ['a', 'a'] }] },
      { ...good, columns: [{ ...colour, categories: [1] }] },
      { ...good, target: null },
      { ...good, target: { name: 'price', task: 'guess' } },
      { ...good, target: { name: 'price', task: 'regress', shift: '0', scale: 1 } },
      { ...good, target: { name: 'price', task: 'classify' } },
    ];
    for (const json of wrong) expect(() => TableEncoder.fromJSON(json), JSON.stringify(json)).toThrow(FormatError);
  });
});
