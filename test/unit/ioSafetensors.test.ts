import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, FormatError, MissingError, MyelinError } from '../../src/errors.js';
import {
  type ArrayEntry,
  encodeSafetensors,
  parseSafetensors,
  readSafetensors,
  writeSafetensors,
} from '../../src/io/safetensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const entries: [string, ArrayEntry][] = [
  [
    '0.weight',
    { dtype: 'float32', shape: [2, 3], array: Float32Array.of(1, -2.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-40) },
  ],
  ['exact', { dtype: 'float64', shape: [1], array: Float64Array.of(Math.PI) }],
  ['steps', { dtype: 'int32', shape: [], array: Int32Array.of(-(2 ** 31)) }],
  ['pixels', { dtype: 'uint8', shape: [3], array: Uint8Array.of(0, 127, 255) }],
  ['mask', { dtype: 'bool', shape: [1, 2], array: Uint8Array.of(0, 1) }],
  ['empty', { dtype: 'float32', shape: [4, 0], array: new Float32Array(0) }],
  ['__proto__', { dtype: 'float32', shape: [1], array: Float32Array.of(7) }],
  ['Ünïcödé "quoted" \\ \n', { dtype: 'float32', shape: [1], array: Float32Array.of(8) }],
];
const metadata: [string, string][] = [
  ['format', 'myelin'],
  ['__proto__', '{"a": 1}'],
];

/** A file with this header text and data. */
function fileOf(header: string, data = new Uint8Array(0), statedLength?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, statedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const tensorText = (name: string, dtype: string, shape: unknown, offsets: unknown): string =>
  `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":${JSON.stringify(offsets)}}`;

describe('what is written', () => {
  it('is read again, from memory and from a file', async () => {
    const file = join(folder, 'round.safetensors');
    await writeSafetensors(file, entries, metadata);
    for (const contents of [parseSafetensors(encodeSafetensors(entries, metadata)), await readSafetensors(file)]) {
      expect(contents.tensors).toEqual(new Map(entries));
      expect(contents.metadata).toEqual(new Map(metadata));
    }
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('does not depend on the order of the tensors, and aligns the data', () => {
    const bytes = encodeSafetensors(entries, metadata);
    expect(encodeSafetensors([...entries].reverse(), [...metadata].reverse())).toEqual(bytes);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  it('is what it was at the moment of the call', async () => {
    const array = Float32Array.of(1, 2);
    const file = join(folder, 'moment.safetensors');
    const written = writeSafetensors(file, [['a', { dtype: 'float32', shape: [2], array }]]);
    array.fill(9);
    await written;
    expect((await readSafetensors(file)).tensors.get('a')?.array).toEqual(Float32Array.of(1, 2));
  });

  it('is refused where it could not be read again', async () => {
    const good: ArrayEntry = { dtype: 'float32', shape: [1], array: new Float32Array(1) };
    const wrong: [string, ArrayEntry][][] = [
      [['__metadata__', good]],
      [
        ['a', good],
        ['a', good],
      ],
      [['\ud800', good]],
      [['a', { ...good, shape: [2] }]],
      [['a', { ...good, array: new Float64Array(1) }]],
      [['a', { ...good, dtype: 'complex64' as 'float32' }]],
    ];
    for (const list of wrong) {
      expect(() => encodeSafetensors(list)).toThrow(MyelinError);
      await expect(writeSafetensors(join(folder, 'wrong.safetensors'), list)).rejects.toThrow(MyelinError);
    }
    expect(() => encodeSafetensors([], [['key', 5 as unknown as string]])).toThrow(ArgumentError);
    await expect(readSafetensors(join(folder, 'wrong.safetensors'))).rejects.toThrow(MissingError);
  });
});

describe('types of other writers', () => {
  const read = (dtype: string, shape: number[], data: ArrayBuffer): ArrayEntry | undefined =>
    parseSafetensors(fileOf(`{${tensorText('a', dtype, shape, [0, data.byteLength])}}`, new Uint8Array(data))).tensors.get('a');

  it('F16 and BF16 become float32', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000);
    expect(read('F16', [8], halves.buffer)).toEqual({
      dtype: 'float32',
      shape: [8],
      array: Float32Array.of(1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0),
    });
    expect(read('BF16', [2], Uint16Array.of(0x3f80, 0xc049).buffer)?.array).toEqual(Float32Array.of(1, -3.140625));
  });

  it('I64 becomes int32 if its values fit', () => {
    expect(read('I64', [2], BigInt64Array.of(-(2n ** 31n), 5n).buffer)).toEqual({
      dtype: 'int32',
      shape: [2],
      array: Int32Array.of(-(2 ** 31), 5),
    });
    expect(() => read('I64', [1], BigInt64Array.of(2n ** 31n).buffer)).toThrow(FormatError);
  });

  it('others, and bools that are neither 0 nor 1, are refused', () => {
    expect(() => read('C64', [1], new ArrayBuffer(8))).toThrow(FormatError);
    expect(() => read('constructor', [1], new ArrayBuffer(8))).toThrow(FormatError);
    expect(() => read('BOOL', [1], Uint8Array.of(2).buffer)).toThrow(FormatError);
  });
});

describe('hostile files', () => {
  const four = new Uint8Array(4);
  const good = tensorText('a', 'F32', [1], [0, 4]);
  const cases: Record<string, Uint8Array> = {
    'no bytes': new Uint8Array(0),
    'seven bytes': new Uint8Array(7),
    'header longer than the file': fileOf(`{${good}}`, four, 10_000n),
    'header length of 2^64 - 1': fileOf(`{${good}}`, four, 2n ** 64n - 1n),
    'header cut short': fileOf(`{${good}}`, four, 20n),
    'no header': fileOf('', four),
    'not an object': fileOf('[]'),
    'space before the object': fileOf(` {${good}}`, four),
    'text behind the object': fileOf(`{${good}}x`, four),
    'not UTF-8': fileOf(`{${good}}`, four).fill(0xff, 10, 12),
    'a byte order mark': fileOf(`\ufeff{${good}}`, four),
    'the same name twice': fileOf(`{${good},${good}}`, four),
    'the same name twice, once escaped': fileOf(`{${good},${good.replace('"a"', '"\\u0061"')}}`, four),
    'the same key twice': fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', four),
    'metadata twice': fileOf(`{"__metadata__":{},"__metadata__":{},${good}}`, four),
    'metadata that is no text': fileOf(`{"__metadata__":{"a":1},${good}}`, four),
    'metadata that is null': fileOf(`{"__metadata__":null,${good}}`, four),
    'an unknown key': fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":"x"}}', four),
    'no shape': fileOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}', four),
    'one offset': fileOf(`{${tensorText('a', 'F32', [1], [4])}}`, four),
    'three offsets': fileOf(`{${tensorText('a', 'F32', [1], [0, 4, 4])}}`, four),
    'offsets that go back': fileOf(`{${tensorText('a', 'F32', [1], [4, 0])}}`, four),
    'a size below 0': fileOf(`{${tensorText('a', 'F32', [-1], [0, 4])}}`, four),
    'a fraction': fileOf('{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}', four),
    'an integer written as a fraction': fileOf('{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', four),
    'an exponent': fileOf('{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', four),
    'a leading zero': fileOf('{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', four),
    'a size beyond 2^53': fileOf('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', four),
    'a size of 300 digits': fileOf(`{"a":{"dtype":"F32","shape":[1${'0'.repeat(300)}],"data_offsets":[0,4]}}`, four),
    'sizes whose product overflows': fileOf(`{${tensorText('a', 'F32', [2 ** 32, 2 ** 32], [0, 4])}}`, four),
    'more elements than bytes': fileOf(`{${tensorText('a', 'F32', [2], [0, 4])}}`, four),
    'nine axes': fileOf(`{${tensorText('a', 'F32', [1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 4])}}`, four),
    'a hole': fileOf(`{${good},${tensorText('b', 'F32', [1], [8, 12])}}`, new Uint8Array(12)),
    'an overlap': fileOf(`{${good},${tensorText('b', 'F32', [1], [2, 6])}}`, new Uint8Array(6)),
    'the same bytes twice': fileOf(`{${good},${tensorText('b', 'F32', [1], [0, 4])}}`, four),
    'data that do not begin at 0': fileOf(`{${tensorText('a', 'F32', [1], [4, 8])}}`, new Uint8Array(8)),
    'bytes behind the data': fileOf(`{${good}}`, new Uint8Array(5)),
    'data cut short': fileOf(`{${good}}`, new Uint8Array(3)),
    'deep nesting': fileOf('['.repeat(100_000)),
    'deep nesting inside': fileOf(`{"a":${'{"dtype":'.repeat(100_000)}`),
    'half a surrogate pair': fileOf(`{${good.replace('"a"', '"\\ud800"')}}`, four),
    'a string without end': fileOf('{"a'),
    'a string that ends in a backslash': fileOf('{"a\\'),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    it(name, async () => {
      expect(() => parseSafetensors(bytes)).toThrow(FormatError);
      const file = join(folder, 'hostile.safetensors');
      await writeFile(file, bytes);
      await expect(readSafetensors(file)).rejects.toThrow(FormatError);
    });
  }

  it('a header of more than 100 MB, in a sparse file', async () => {
    const file = join(folder, 'sparse.safetensors');
    await writeFile(file, fileOf('', undefined, 200_000_000n));
    await truncate(file, 300_000_000);
    await expect(readSafetensors(file)).rejects.toThrow(/at most 100000000 bytes/);
  });

  it('what is no file', async () => {
    await expect(readSafetensors(folder)).rejects.toThrow(ArgumentError);
    await expect(readSafetensors(join(folder, 'absent'))).rejects.toThrow(MissingError);
    await expect(readSafetensors(5 as unknown as string)).rejects.toThrow(ArgumentError);
    expect(() => parseSafetensors('text' as unknown as Uint8Array)).toThrow(ArgumentError);
  });

  it('any mutation of a good file is read or refused with a FormatError', () => {
    const bytes = encodeSafetensors(entries, metadata);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        (edits, length) => {
          const mutated = bytes.slice(0, length < bytes.length / 2 ? bytes.length : length);
          for (const [at, value] of edits) mutated[at % mutated.length] = value;
          try {
            parseSafetensors(mutated);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 3000, seed: 1 },
    );
  });
});
