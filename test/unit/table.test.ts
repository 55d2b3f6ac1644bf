import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleTable, parseCsv, readCsv, readJsonRows, readTable, Table } from '../../src/data/index.js';
import { ArgumentError, FormatError, MissingError } from '../../src/errors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-table-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('columns', () => {
  it('are of the narrowest kind that takes their cells', () => {
    const table = parseCsv('size,day,name,flag,code\n1.5,2020-02-29,a,true,007\n-2e3,2020-03-01T12:00,b c,false,8\n,,NA,,x\n');
    expect(table.toString()).toBe(
      'Table of 3 rows (size: number, 1 missing; day: date, 1 missing; name: category of 2, 1 missing; flag: category of 2, 1 missing; code: category of 3)',
    );
    expect(table.toRows()).toEqual([
      { size: 1.5, day: '2020-02-29', name: 'a', flag: 'true', code: '007' },
      { size: -2000, day: '2020-03-01T12:00:00.000Z', name: 'b c', flag: 'false', code: '8' },
      { size: null, day: null, name: null, flag: null, code: 'x' },
    ]);
    const day = table.column('day');
    expect(day.kind === 'date' && [...day.values]).toEqual([18321, 18322.5, Number.NaN]);
    expect(table.rowsWith('size')).toEqual(Int32Array.of(0, 1));
  });

  it('are of the kind asked for, or refused', () => {
    const csv = 'zip,size\n01234,3\n99999,4\n';
    expect(parseCsv(csv, { types: { zip: 'category', absent: 'number' } }).toRows()[0]).toEqual({ zip: '01234', size: 3 });
    expect(() => parseCsv('size\n3\nlarge\n', { types: { size: 'number' } })).toThrow(
      /\[parseCsv\] expected finite numbers in column 'size', received "large" in row 2/,
    );
    expect(() => parseCsv('day\n2020-13-01\n', { types: { day: 'date' } })).toThrow(FormatError);
    expect(parseCsv(csv).columnAs('size', 'category')).toMatchObject({ categories: ['3', '4'] });
    expect(() => parseCsv(csv).columnAs('size', 'date')).toThrow(FormatError);
    expect(() => parseCsv(csv, { types: { zip: 'text' as 'category' } })).toThrow(ArgumentError);
  });

  it('hold what the user calls missing, and nothing else, as missing', () => {
    expect(parseCsv('a\n-1\n0\n-\n').toRows()).toEqual([{ a: -1 }, { a: 0 }, { a: null }]);
    expect(parseCsv('a\n-1\n0\n', { missing: ['-1'] }).toRows()).toEqual([{ a: null }, { a: 0 }]);
    expect(parseCsv('a,b\n,x\n', { missing: [] }).column('a')).toMatchObject({ kind: 'category', categories: [''] });
  });
});

describe('a table', () => {
  const table = Table.fromRows([{ a: 1, b: 'x' }, { b: 'y', c: true }, { a: 3 }]);

  it('is made of rows, where fields may lack', () => {
    expect(table.names).toEqual(['a', 'b', 'c']);
    expect(table.toRows()).toEqual([
      { a: 1, b: 'x', c: null },
      { a: null, b: 'y', c: 'true' },
      { a: 3, b: null, c: null },
    ]);
    expect([Table.fromRows([]).length, Table.fromRows([{}, {}]).length]).toEqual([0, 2]);
    expect(() => Table.fromRows([{ a: [1] as unknown as number }])).toThrow(
      /plain values in column 'a', received \[1\] in row 1/,
    );
    for (const rows of [null, {}, [null], [[1]], ['x']]) expect(() => Table.fromRows(rows as never)).toThrow();
  });

  it('gives rows in any order', () => {
    expect(
      table
        .take([2, 0, 2])
        .toRows()
        .map(({ a }) => a),
    ).toEqual([3, 1, 3]);
    expect(table.take(new Int32Array(0)).length).toBe(0);
    expect(() => table.take([3])).toThrow(ArgumentError);
    expect(() => table.column('d')).toThrow(/expected the name of a column \(a, b, c\), received "d"/);
  });

  it('takes names that objects have by themselves', () => {
    const odd = Table.fromRows([JSON.parse('{"__proto__": 1, "constructor": "x"}'), {}]);
    expect(odd.names).toEqual(['__proto__', 'constructor']);
    expect(Object.entries(odd.toRows()[0] as object)).toEqual([
      ['__proto__', 1],
      ['constructor', 'x'],
    ]);
    expect(parseCsv('toString,a\n1,2\n').toRows()).toEqual([{ toString: 1, a: 2 }]);
  });
});

describe('CSV', () => {
  it('is read with quotes, line ends, byte order marks and other delimiters', () => {
    const rows = [{ a: 'x, "y"\nz', b: 1 }];
    expect(parseCsv('\ufeffa,b\r\n"x, ""y""\nz",1\r\n').toRows()).toEqual(rows);
    expect(parseCsv(Buffer.from('a;b\n"x, ""y""\nz";1')).toRows()).toEqual(rows);
    expect(parseCsv('# note; with; semicolons\na\tb\n1\t2,5\n', { comment: '#' }).toRows()).toEqual([{ a: 1, b: '2,5' }]);
    expect(parseCsv('"a;b;c",d\n1,2\n').names).toEqual(['a;b;c', 'd']);
    expect(parseCsv('a\n1\n\n2\n').length).toBe(2);
    expect(parseCsv('1,2\n3,4\n', { columns: ['p', 'q'] }).toRows()).toEqual([
      { p: 1, q: 2 },
      { p: 3, q: 4 },
    ]);
    expect(parseCsv(',b\n1,2\n').names).toEqual(['column 1', 'b']);
    expect(parseCsv('a,b\n').length).toBe(0);
  });

  it('is refused where it is not CSV, or beyond a limit', () => {
    const wrong: [string, object, RegExp][] = [
      ['', {}, /expected a first line with the names of the columns, received nothing/],
      ['a,b\n1\n', {}, /expected CSV, received text that is not: .*line 2/],
      ['a,b\n"1,2\n', {}, /not: Quote Not Closed/],
      ['a,a\n1,2\n', {}, /distinct names of columns, received 'a' twice/],
      ['a\n1\n2\n3\n', { maxRows: 2 }, /at most 2 rows/],
      ['a,b,c\n', { maxColumns: 2 }, /at most 2 columns, received 3/],
      [`a\n${'x'.repeat(300)}\n`, { maxRowBytes: 100 }, /not: Max Record Size/],
      ['a\n1\n', { maxBytes: 3 }, /at most 3 bytes, received 4/],
      ['1,2\n', { columns: ['a'] }, /expected rows of 1 fields, received 2 in row 1/],
    ];
    for (const [text, options, message] of wrong) {
      expect(() => parseCsv(text, options), text).toThrow(message);
      expect(() => parseCsv(text, options), text).toThrow(FormatError);
    }
    for (const options of [
      { delimiter: '' },
      { comment: 1 },
      { columns: 'a' },
      { maxRows: 0 },
      { header: true },
      null,
      { missing: '' },
    ])
      expect(() => parseCsv('a\n1\n', options as object), JSON.stringify(options)).toThrow(ArgumentError);
    expect(() => parseCsv(5 as unknown as string)).toThrow(ArgumentError);
  });

  it('brings back what was written', () => {
    const cell = fc.oneof(fc.integer(), fc.constantFrom('a', 'b "c"', 'd,e', 'ü;\n', "'"), fc.constant(null));
    const quote = (value: unknown): string => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`);
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const text = `"p","q"\n${rows.map((row) => row.map(quote).join(',')).join('\n')}\n`;
        const expected = Table.fromRows(rows.map(([p, q]) => ({ p, q }))).toRows();
        const texts = (list: object[]) => list.map((row) => Object.values(row).map((value) => value && String(value).trim()));
        expect(texts(parseCsv(text).toRows())).toEqual(texts(expected));
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it('answers any text with a table or a FormatError', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '1', ',', ';', '"', '\n', '\r', '-', '.', '\0', 'é'), maxLength: 40 }),
        (text) => {
          try {
            parseCsv(text).toRows();
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe('files', () => {
  it('of CSV are read in pieces, the event loop turning', async () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${i},"row ${i % 7}"`);
    const path = await file('large.csv', `number,name\n${lines.join('\n')}\n`);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const table = await readTable(path);
    clearInterval(timer);
    expect([table.length, table.take([119_999]).toRows()]).toEqual([120_000, [{ number: 119_999, name: 'row 5' }]]);
    expect(turns).toBeGreaterThan(1);
  });

  it('are read by their ending', async () => {
    expect((await readTable(await file('a.tsv', 'a,b\tc\n1\t2\n'))).names).toEqual(['a,b', 'c']);
    expect((await readTable(await file('a.JSON', '[{"a": 1.5}]'))).toRows()).toEqual([{ a: 1.5 }]);
    expect((await readTable(await file('a.txt', 'a|b\n1|2\n'))).names).toEqual(['a', 'b']);
  });

  it('that do not fit are refused', async () => {
    await expect(readTable(join(folder, 'absent.csv'))).rejects.toThrow(MissingError);
    await expect(readCsv(folder)).rejects.toThrow(ArgumentError);
    await expect(readCsv(await file('bad.csv', 'a,b\n1\n'))).rejects.toThrow(FormatError);
    await expect(readCsv(await file('rows.csv', 'a\n1\n2\n'), { maxRows: 1 })).rejects.toThrow(/at most 1 rows/);
    await expect(readCsv(await file('long.csv', 'a\n1\n2\n'), { maxBytes: 2 })).rejects.toThrow(FormatError);
    for (const text of ['', '{}', '[1]', '[{"a": {}}]', '[{"a":1}', 'null'])
      await expect(readJsonRows(await file('bad.json', text)), text).rejects.toThrow(FormatError);
    await expect(readJsonRows(await file('latin.json', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])))).rejects.toThrow(
      FormatError,
    );
    await expect(readJsonRows(await file('long.json', '[{"a":1}]'), { maxBytes: 3 })).rejects.toThrow(FormatError);
    await expect(readTable(7 as unknown as string)).rejects.toThrow(ArgumentError);
  });
});

describe('example tables', () => {
  it.each([
    ['iris', 150, 'Species', 5],
    ['cars', 406, 'Miles_per_Gallon', 9],
    ['penguins', 344, 'Species', 7],
  ])('%s', async (name, rows, target, columns) => {
    const example = await exampleTable(name);
    expect([example.table.length, example.target, example.table.names.length]).toEqual([rows, target, columns]);
  });

  it('are these alone', async () => {
    await expect(exampleTable('constructor')).rejects.toThrow(/expected one of iris, cars, penguins/);
  });
});
