/**
 * The safetensors format: 8 bytes with the length of the header (little-endian), the header (see safetensorsHeader.ts), the data.
 * Nothing in such a file is executed, and no size it states is believed: all of them are checked against the bytes that are there
 * before memory is taken.
 */
import type { FileHandle } from 'node:fs/promises';
import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, DTypeError, describe, FormatError } from '../errors.js';
import { bytesPerElement, checkDType, type DType } from '../tensor/dtype.js';
import { checkShape, type Shape, shapeText, sizeOf } from '../tensor/shape.js';
import { atomicWrite } from './atomicWrite.js';
import { allocateBytes, readFully, withRegularFile } from './regularFile.js';
import { type FileType, type Header, type HeaderEntry, metadataKey, parseHeader } from './safetensorsHeader.js';

/** A tensor as plain data. A Tensor is one, too. */
export interface ArrayEntry {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly array: AnyArray;
}

/** What a file holds: tensors by name, in the order of their data, and texts. */
export interface SafetensorsContents {
  readonly tensors: Map<string, ArrayEntry>;
  readonly metadata: Map<string, string>;
}

/** The limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;
const where = 'safetensors';

const writtenAs: Record<DType, FileType> = { float64: 'F64', float32: 'F32', int32: 'I32', uint8: 'U8', bool: 'BOOL' };
const readAs: Record<FileType, DType> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
  I64: 'int32',
  I32: 'int32',
  U8: 'uint8',
  BOOL: 'bool',
};

// ---- reading

function checkHeaderLength(prefix: Uint8Array, totalBytes: number, source: string): number {
  const length = new DataView(prefix.buffer, prefix.byteOffset, lengthBytes).getBigUint64(0, true);
  const most = Math.min(maxHeaderBytes, totalBytes - lengthBytes);
  if (length > BigInt(most))
    throw new FormatError(`[safetensors] expected a header of at most ${most} bytes in ${source}, received length ${length}`);
  return Number(length);
}

function checkTotal(totalBytes: number, source: string): void {
  if (totalBytes < lengthBytes)
    throw new FormatError(`[safetensors] expected at least ${lengthBytes} bytes in ${source}, received ${totalBytes}`);
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function widenBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (b) => b << 16).buffer);
}

function narrowInt64(name: string, values: BigInt64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    if (value !== BigInt.asIntN(32, value)) {
      throw new FormatError(`[safetensors] expected the I64 values of ${JSON.stringify(name)} to fit 32 bits, received ${value}`);
    }
    return Number(value);
  });
}

/** The elements behind the bytes of one tensor; `bytes` has its own buffer, which is taken over. */
function decode(name: string, entry: HeaderEntry, bytes: Uint8Array<ArrayBuffer>): ArrayEntry {
  const { buffer } = bytes;
  const result = (array: AnyArray): ArrayEntry => ({ dtype: readAs[entry.type], shape: entry.shape, array });
  switch (entry.type) {
    case 'F64':
      return result(new Float64Array(buffer));
    case 'F32':
      return result(new Float32Array(buffer));
    case 'F16':
      return result(Float32Array.from(new Uint16Array(buffer), float16));
    case 'BF16':
      return result(widenBfloat16(new Uint16Array(buffer)));
    case 'I64':
      return result(narrowInt64(name, new BigInt64Array(buffer)));
    case 'I32':
      return result(new Int32Array(buffer));
    case 'U8':
      return result(bytes);
    case 'BOOL': {
      const wrong = bytes.find((b) => b > 1);
      if (wrong !== undefined)
        throw new FormatError(
          `[safetensors] expected the BOOL values of ${JSON.stringify(name)} to be 0 or 1, received ${wrong}`,
        );
      return result(bytes);
    }
  }
}

function inFileOrder(header: Header): [string, HeaderEntry][] {
  return [...header.entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
}

/**
 * Reads a safetensors file that is in memory. The arrays are copies.
 *
 * Types: F32, F64, I32, U8 and BOOL as they are; F16 and BF16 become float32, I64 becomes int32 if all its values fit.
 *
 * @throws FormatError if the bytes are anything but one well-formed file with such types.
 */
export function parseSafetensors(bytes: Uint8Array): SafetensorsContents {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError(`[safetensors] expected a Uint8Array, received ${describe(bytes)}`);
  const source = 'the buffer';
  checkTotal(bytes.length, source);
  const start = lengthBytes + checkHeaderLength(bytes, bytes.length, source);
  const header = parseHeader(bytes.subarray(lengthBytes, start), bytes.length - start, source);
  const tensors = new Map<string, ArrayEntry>();
  for (const [name, entry] of inFileOrder(header)) {
    const own = allocateBytes(where, entry.end - entry.begin);
    own.set(bytes.subarray(start + entry.begin, start + entry.end));
    tensors.set(name, decode(name, entry, own));
  }
  return { tensors, metadata: header.metadata };
}

async function readContents(handle: FileHandle, size: number, file: string): Promise<SafetensorsContents> {
  checkTotal(size, file);
  const prefix = new Uint8Array(lengthBytes);
  await readFully(where, handle, prefix, 0);
  const headerBytes = new Uint8Array(checkHeaderLength(prefix, size, file));
  await readFully(where, handle, headerBytes, lengthBytes);
  const start = lengthBytes + headerBytes.length;
  const header = parseHeader(headerBytes, size - start, file);
  const tensors = new Map<string, ArrayEntry>();
  for (const [name, entry] of inFileOrder(header)) {
    const own = allocateBytes(where, entry.end - entry.begin);
    await readFully(where, handle, own, start + entry.begin);
    tensors.set(name, decode(name, entry, own));
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Reads a safetensors file: the header first, then, if all of it is sound, tensor after tensor. Types as for `parseSafetensors`.
 *
 * @throws MissingError if there is no such file, FormatError if it is not a well-formed one.
 */
export async function readSafetensors(file: string): Promise<SafetensorsContents> {
  return withRegularFile(where, file, (handle, size) => readContents(handle, size, file));
}

// ---- writing

function checkText(what: string, text: unknown): asserts text is string {
  if (typeof text !== 'string')
    throw new ArgumentError(`[safetensors] expected ${what} to be a string, received ${describe(text)}`);
  if (/\p{Surrogate}/u.test(text))
    throw new ArgumentError(`[safetensors] expected ${what} to be well-formed Unicode, received half a surrogate pair`);
}

/** The pairs of a Map or a list of pairs. */
function pairsOf<T>(what: string, pairs: Iterable<readonly [string, T]>): (readonly [string, T])[] {
  const list = typeof pairs?.[Symbol.iterator] === 'function' ? [...pairs] : null;
  if (list === null || !list.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new ArgumentError(`[safetensors] expected ${what} to be a Map or a list of pairs, received ${describe(pairs)}`);
  }
  return list;
}

function checkEntry(name: string, entry: ArrayEntry): void {
  const here = `safetensors ${JSON.stringify(name)}`;
  if (typeof entry !== 'object' || entry === null)
    throw new ArgumentError(`[${here}] expected a tensor, received ${describe(entry)}`);
  checkDType(here, entry.dtype);
  checkShape(here, entry.shape);
  const { array, dtype } = entry;
  if (
    !ArrayBuffer.isView(array) ||
    array.byteLength !== sizeOf(entry.shape) * bytesPerElement(dtype) ||
    array.length !== sizeOf(entry.shape)
  ) {
    throw new DTypeError(
      `[${here}] expected a typed array with the ${dtype} elements of shape ${shapeText(entry.shape)}, received another`,
    );
  }
}

/**
 * The bytes of a safetensors file, in pieces to be written one after the other. The pieces after the first are views of the arrays.
 * Equal contents give equal bytes, whatever order they come in: types of larger alignment first, then by name.
 */
function layOut(tensors: Iterable<readonly [string, ArrayEntry]>, metadata: Iterable<readonly [string, string]>): Uint8Array[] {
  const order = pairsOf<ArrayEntry>('tensors', tensors);
  const texts = pairsOf<string>('metadata', metadata);
  const names = new Set<string>();
  for (const [name, entry] of order) {
    checkText('the name of a tensor', name);
    if (name === metadataKey || names.has(name))
      throw new ArgumentError(`[safetensors] expected distinct names other than ${metadataKey}, received ${name}`);
    names.add(name);
    checkEntry(name, entry);
  }
  for (const [key, text] of texts) {
    checkText('a key of the metadata', key);
    checkText(`the metadata ${JSON.stringify(key)}`, text);
  }
  order.sort(([a, x], [b, y]) => bytesPerElement(y.dtype) - bytesPerElement(x.dtype) || (a < b ? -1 : 1));
  texts.sort(([a], [b]) => (a < b ? -1 : 1));

  const members: string[] = [];
  const data: Uint8Array[] = [];
  if (texts.length > 0)
    members.push(`"${metadataKey}":{${texts.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`).join(',')}}`);
  let filled = 0;
  for (const [name, { dtype, shape, array }] of order) {
    const begin = filled;
    filled += array.byteLength;
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${writtenAs[dtype]}","shape":[${shape.join(',')}],"data_offsets":[${begin},${filled}]}`,
    );
    data.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return [encodeHeader(`{${members.join(',')}}`), ...data];
}

/** The header with its length before it, padded with spaces so that the data begin at a multiple of 8 bytes. */
function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > maxHeaderBytes)
    throw new ArgumentError(`[safetensors] expected a header of at most ${maxHeaderBytes} bytes, received ${length}`);
  const bytes = new Uint8Array(lengthBytes + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, lengthBytes);
  return bytes;
}

/** The bytes of a safetensors file with these tensors and texts. */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, ArrayEntry]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array {
  const pieces = layOut(tensors, metadata);
  const bytes = allocateBytes(
    where,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/**
 * Writes a safetensors file so that its name never leads to half of one (see atomicWrite). The values are those at the moment of
 * the call: what training does to a parameter afterwards does not reach the file.
 */
export async function writeSafetensors(
  file: string,
  tensors: Iterable<readonly [string, ArrayEntry]>,
  metadata: Iterable<readonly [string, string]> = [],
): Promise<void> {
  const pieces = layOut(tensors, metadata).map((piece) => piece.slice());
  await atomicWrite(file, pieces);
}
