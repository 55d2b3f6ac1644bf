/**
 * The header of a safetensors file: JSON of one fixed form,
 *
 *   {"__metadata__": {"key": "text", ...}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 *
 * A general JSON parser keeps the last of two equal keys and builds whatever it is shown; this one reads that form alone, so that
 * a hostile header is refused at its first wrong character and costs no more memory than its valid part.
 */
import { FormatError } from '../errors.js';
import { maxRank, type Shape, shapeText, sizeOf } from '../tensor/shape.js';

/** Bytes an element takes in the file, for each type that is read. */
export const fileTypes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 } as const;
export type FileType = keyof typeof fileTypes;

/** One tensor of the file: its data are the bytes [begin, end) behind the header. */
export interface HeaderEntry {
  readonly type: FileType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Map<string, string>;
  readonly entries: Map<string, HeaderEntry>;
}

export const metadataKey = '__metadata__';
const maxElements = 2 ** 31 - 1;

class HeaderReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly source: string,
  ) {}

  fail(expected: string, received: string): never {
    throw new FormatError(`[safetensors] expected ${expected} in the header of ${this.source}, received ${received}`);
  }

  private skipSpace(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at] as string)) this.at++;
  }

  private here(): string {
    return this.at < this.text.length
      ? `${JSON.stringify(this.text.slice(this.at, this.at + 16))} at character ${this.at}`
      : 'its end';
  }

  /** Steps over `mark` if it comes next. */
  private accept(mark: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private require(mark: string): void {
    if (!this.accept(mark)) this.fail(`'${mark}'`, this.here());
  }

  string(): string {
    this.skipSpace();
    const start = this.at;
    if (this.text[start] !== '"') this.fail('a string', this.here());
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    try {
      const value: string = JSON.parse(this.text.slice(start, end + 1));
      if (/\p{Surrogate}/u.test(value)) this.fail('well-formed Unicode', this.here());
      this.at = end + 1;
      return value;
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      return this.fail('a string', this.here());
    }
  }

  private integer(): number {
    this.skipSpace();
    const digits = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
    digits.lastIndex = this.at;
    const match = digits.exec(this.text)?.[0];
    if (match === undefined || match.length > 16 || !Number.isSafeInteger(Number(match)))
      this.fail('an integer from 0 to 2^53 - 1', this.here());
    this.at += match.length;
    return Number(match);
  }

  integers(most: number): number[] {
    const list: number[] = [];
    this.require('[');
    if (this.accept(']')) return list;
    do {
      if (list.length === most) this.fail(`at most ${most} numbers`, this.here());
      list.push(this.integer());
    } while (this.accept(','));
    this.require(']');
    return list;
  }

  /** Reads an object, calling `member` where the value of each key stands. Keys may not recur. */
  object(member: (key: string) => void): void {
    const seen = new Set<string>();
    this.require('{');
    if (this.accept('}')) return;
    do {
      const key = this.string();
      if (seen.has(key)) this.fail('distinct names', `${JSON.stringify(key)} twice`);
      seen.add(key);
      this.require(':');
      member(key);
    } while (this.accept(','));
    this.require('}');
  }

  end(): void {
    this.skipSpace();
    if (this.at < this.text.length) this.fail('nothing behind the object', this.here());
  }
}

function readEntry(reader: HeaderReader, name: string): HeaderEntry {
  let type: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === 'dtype') type = reader.string();
    else if (key === 'shape') shape = reader.integers(maxRank);
    else if (key === 'data_offsets') offsets = reader.integers(2);
    else reader.fail(`dtype, shape and data_offsets of ${JSON.stringify(name)}`, JSON.stringify(key));
  });
  const of = `of ${JSON.stringify(name)}`;
  if (type === undefined || shape === undefined || offsets?.length !== 2) {
    return reader.fail(`dtype, shape and two data_offsets ${of}`, 'only a part of them');
  }
  if (!Object.hasOwn(fileTypes, type))
    reader.fail(`the dtype ${of} to be one of ${Object.keys(fileTypes).join(', ')}`, JSON.stringify(type));
  const fileType = type as FileType;
  const [begin, end] = offsets as [number, number];
  const elements = sizeOf(shape);
  if (elements > maxElements) reader.fail(`at most ${maxElements} elements ${of}`, `shape ${shapeText(shape)}`);
  if (end - begin !== elements * fileTypes[fileType]) {
    reader.fail(`${elements * fileTypes[fileType]} bytes for shape ${shapeText(shape)} ${of}`, `data_offsets [${begin}, ${end}]`);
  }
  return { type: fileType, shape, begin, end };
}

/** The tensors must fill the data one after the other: no hole, no overlap, nothing behind them. */
function checkLayout(reader: HeaderReader, entries: Map<string, HeaderEntry>, dataBytes: number): void {
  let filled = 0;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== filled) reader.fail(`the data of ${JSON.stringify(name)} to begin at ${filled}`, String(entry.begin));
    filled = entry.end;
  }
  if (filled !== dataBytes) reader.fail(`tensors of ${dataBytes} bytes, which follow the header`, `tensors of ${filled} bytes`);
}

/** Reads and checks the header of a file (or buffer) called `source` in which `dataBytes` bytes follow it. */
export function parseHeader(bytes: Uint8Array, dataBytes: number, source: string): Header {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`[safetensors] expected UTF-8 in the header of ${source}, received other bytes`, { cause });
  }
  const reader = new HeaderReader(text, source);
  const metadata = new Map<string, string>();
  const entries = new Map<string, HeaderEntry>();
  if (text[0] !== '{') reader.fail("'{' as the first character", JSON.stringify(text.slice(0, 16)));
  reader.object((name) => {
    if (name === metadataKey) reader.object((key) => metadata.set(key, reader.string()));
    else entries.set(name, readEntry(reader, name));
  });
  reader.end();
  checkLayout(reader, entries, dataBytes);
  return { metadata, entries };
}
