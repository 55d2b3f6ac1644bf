import { type FileHandle, open, stat } from 'node:fs/promises';
import { ArgumentError, describe, FormatError, MissingError, MyelinError } from '../errors.js';

/** One read from a file: below the 2 GiB that the system takes at a time. */
const pieceBytes = 2 ** 26;

/** What the system said about a file, as an error of this library: MissingError where nothing is there, else `ERR_FILE`. */
export function fileError(where: string, wanted: string, cause: unknown): MyelinError {
  if (cause instanceof MyelinError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const message = `[${where}] expected ${wanted}, received ${text}`;
  return (cause as NodeJS.ErrnoException)?.code === 'ENOENT'
    ? new MissingError(message, { cause })
    : new MyelinError('ERR_FILE', message, { cause });
}

/**
 * Runs `read` on a file that is open for reading, with its size. Refuses what is not a regular file before opening it: opening a
 * pipe would wait for its writer.
 */
export async function withRegularFile<T>(
  where: string,
  file: string,
  read: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  if (typeof file !== 'string') throw new ArgumentError(`[${where}] expected the name of a file, received ${describe(file)}`);
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(file)).isFile())
      throw new ArgumentError(`[${where}] expected the name of a regular file, received ${file}, which is something else`);
    handle = await open(file, 'r');
    return await read(handle, (await handle.stat()).size);
  } catch (error) {
    throw fileError(where, `to read ${file}`, error);
  } finally {
    await handle?.close();
  }
}

/** Fills `target` from `position` of the file on. */
export async function readFully(where: string, handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let offset = 0; offset < target.length; ) {
    const { bytesRead } = await handle.read(target, offset, Math.min(pieceBytes, target.length - offset), position + offset);
    if (bytesRead === 0)
      throw new FormatError(`[${where}] expected the file to keep its size while it is read, received its end`);
    offset += bytesRead;
  }
}

/** Zeroed memory, or a typed error where there is none. */
export function allocateBytes(where: string, bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new MyelinError('ERR_MEMORY', `[${where}] expected ${bytes} bytes of memory, received none`, { cause });
  }
}
