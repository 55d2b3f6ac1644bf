/**
 * IDX, the format of MNIST: two zero bytes, a type, the number of axes, their sizes (32 bits, big-endian), then the elements
 * (big-endian, row-major), and nothing more. Files may be compressed with gzip.
 */
import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { AnyArray } from '../backend/backend.js';
import { ArgumentError, checkOptions, describe, FormatError } from '../errors.js';
import { allocateBytes, readFully, withRegularFile } from '../io/regularFile.js';
import { checkInteger } from '../ops/operand.js';
import type { DType } from '../tensor/dtype.js';
import { maxRank, shapeText, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

export interface IdxOptions {
  /** The most bytes that a file may hold, or expand to. Default 1 GiB. */
  maxBytes?: number;
}

interface IdxType {
  bytes: number;
  /** The type it becomes: what there is no tensor of is widened. */
  dtype: DType;
  read(view: DataView, offset: number): number;
}

const types: Readonly<Record<number, IdxType>> = {
  8: { bytes: 1, dtype: 'uint8', read: (view, offset) => view.getUint8(offset) },
  9: { bytes: 1, dtype: 'int32', read: (view, offset) => view.getInt8(offset) },
  11: { bytes: 2, dtype: 'int32', read: (view, offset) => view.getInt16(offset) },
  12: { bytes: 4, dtype: 'int32', read: (view, offset) => view.getInt32(offset) },
  13: { bytes: 4, dtype: 'float32', read: (view, offset) => view.getFloat32(offset) },
  14: { bytes: 8, dtype: 'float64', read: (view, offset) => view.getFloat64(offset) },
};

const where = 'idx';
const defaultMaxBytes = 2 ** 30;
const maxElements = 2 ** 31 - 1;
const longestHeader = 4 + 4 * maxRank;

interface IdxHeader {
  type: IdxType;
  shape: number[];
  dataStart: number;
  /** What the whole file must take. */
  totalBytes: number;
}

/** Reads the header, or gives undefined while `bytes` are too few to hold it. */
function parseIdxHeader(bytes: Uint8Array, source: string): IdxHeader | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = types[view.getUint8(2)];
  if (view.getUint16(0) !== 0 || type === undefined) {
    throw new FormatError(
      `[${where}] expected 0, 0 and a type (${Object.keys(types).join(', ')}) at the start of ${source}, received ${bytes.subarray(0, 3).join(', ')}`,
    );
  }
  const rank = view.getUint8(3);
  if (rank < 1 || rank > maxRank)
    throw new FormatError(`[${where}] expected 1 to ${maxRank} axes in ${source}, received ${rank}`);
  const dataStart = 4 + 4 * rank;
  if (bytes.length < dataStart) return undefined;
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const elements = sizeOf(shape);
  if (elements > maxElements)
    throw new FormatError(`[${where}] expected at most ${maxElements} elements in ${source}, received shape ${shapeText(shape)}`);
  return { type, shape, dataStart, totalBytes: dataStart + elements * type.bytes };
}

/** The header of a file of `size` bytes that starts with `bytes`; both must fit it. */
function checkedHeader(bytes: Uint8Array, size: number, source: string): IdxHeader {
  const header = parseIdxHeader(bytes, source);
  if (header === undefined) throw new FormatError(`[${where}] expected the whole header of ${source}, received ${size} bytes`);
  if (size !== header.totalBytes) {
    throw new FormatError(
      `[${where}] expected ${header.totalBytes} bytes in ${source}, which has shape ${shapeText(header.shape)}, received ${size}`,
    );
  }
  return header;
}

function parse(bytes: Uint8Array, source: string): Tensor {
  const { type, shape, dataStart } = checkedHeader(bytes, bytes.length, source);
  const tensor = new Tensor(shape, type.dtype);
  const array: AnyArray = tensor.array;
  if (type.dtype === 'uint8') {
    array.set(bytes.subarray(dataStart));
    return tensor;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < array.length; i++) array[i] = type.read(view, dataStart + i * type.bytes);
  return tensor;
}

/** Expands gzip, stopping as soon as there is more than the header promises or the limit allows. */
async function gunzip(compressed: Uint8Array, maxBytes: number, source: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const stream = createGunzip();
  stream.end(compressed);
  let size = 0;
  let most = maxBytes;
  let started: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (started.length < longestHeader) {
        started = Buffer.concat([started, chunk]);
        most = Math.min(maxBytes, parseIdxHeader(started, source)?.totalBytes ?? maxBytes);
      }
      if (size > most)
        throw new FormatError(`[${where}] expected at most ${most} bytes in ${source} when expanded, received more`);
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`[${where}] expected gzip data in ${source}, received ${(cause as Error).message}`, { cause });
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks, size);
}

/**
 * The tensor in the bytes of an IDX file (not compressed). Unsigned bytes become uint8; signed bytes, 16 and 32 bits int32; float
 * and double float32 and float64.
 *
 * @throws FormatError if the bytes are anything but one whole IDX file.
 */
export function parseIdx(bytes: Uint8Array): Tensor {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError(`[${where}] expected a Uint8Array, received ${describe(bytes)}`);
  return parse(bytes, 'the buffer');
}

/**
 * Reads an IDX file, compressed with gzip or not. Types as for `parseIdx`.
 *
 * @throws MissingError if there is no such file, FormatError if it is not a well-formed one or takes more than the limit.
 */
export async function readIdx(file: string, options: IdxOptions = {}): Promise<Tensor> {
  checkOptions(where, options);
  const { maxBytes = defaultMaxBytes } = options;
  checkInteger(where, 'maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
  return withRegularFile(where, file, async (handle, size) => {
    if (size > maxBytes) throw new FormatError(`[${where}] expected at most ${maxBytes} bytes in ${file}, received ${size}`);
    const start = allocateBytes(where, Math.min(size, longestHeader));
    await readFully(where, handle, start, 0);
    const compressed = start[0] === 0x1f && start[1] === 0x8b;
    if (!compressed) {
      const { type, shape, dataStart } = checkedHeader(start, size, file);
      if (type.dtype === 'uint8') return readPixels(handle, shape, dataStart);
    }
    const bytes = allocateBytes(where, size);
    await readFully(where, handle, bytes, 0);
    return parse(compressed ? await gunzip(bytes, maxBytes, file) : bytes, file);
  });
}

/** Bytes go from the file straight to where they stay. */
async function readPixels(handle: FileHandle, shape: number[], dataStart: number): Promise<Tensor> {
  const tensor = new Tensor(shape, 'uint8');
  try {
    await readFully(where, handle, tensor.array as Uint8Array, dataStart);
    return tensor;
  } catch (error) {
    tensor.dispose();
    throw error;
  }
}
