/**
 * Writing a file so that at every moment its name leads to the whole old contents or the whole new ones: the bytes go to a
 * temporary file of the same directory, are flushed to the disk, and then take the name in one step.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, lstat, open, readlink, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ArgumentError, describe, MyelinError } from '../errors.js';
import { fileError } from './regularFile.js';

const maxLinks = 40;
/** Bytes handed to the system at a time: below the 2 GiB that one write may take. */
const pieceBytes = 2 ** 26;

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException)?.code ?? '');
}

/** The file a chain of symbolic links ends at, whether it exists or not. */
async function followLinks(path: string): Promise<string> {
  let target = resolve(path);
  for (let hops = 0; hops < maxLinks; hops++) {
    try {
      if (!(await lstat(target)).isSymbolicLink()) return target;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return target;
      throw error;
    }
    target = resolve(dirname(target), await readlink(target));
  }
  throw new MyelinError('ERR_FILE', `[atomicWrite] expected at most ${maxLinks} symbolic links, received more behind ${path}`);
}

/** What the target is now; undefined if there is nothing. Throws where it may not be replaced. */
async function statTarget(target: string): Promise<Stats | undefined> {
  let stats: Stats;
  try {
    stats = await stat(target);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (!stats.isFile())
    throw new ArgumentError(`[atomicWrite] expected the name of a regular file, received ${target}, which is something else`);
  // A rename asks only for rights on the directory; a file that its owner made read-only is still not to be replaced.
  await access(target, constants.W_OK);
  return stats;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  if (!(chunk instanceof Uint8Array))
    throw new ArgumentError(`[atomicWrite] expected chunks of Uint8Array, received ${describe(chunk)}`);
  for (let offset = 0; offset < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, offset, Math.min(pieceBytes, chunk.byteLength - offset));
    offset += bytesWritten;
  }
}

/** Makes the new file look like the one it replaces. */
async function inherit(handle: FileHandle, old: Stats): Promise<void> {
  const fresh = await handle.stat();
  if (fresh.uid !== old.uid || fresh.gid !== old.gid) {
    try {
      await handle.chown(old.uid, old.gid);
    } catch (error) {
      // Only the superuser may give files away; everybody else keeps the new file as theirs.
      if (!hasCode(error, 'EPERM')) throw error;
    }
  }
  await handle.chmod(old.mode & 0o7777);
}

/** Makes the rename itself last; systems that cannot flush a directory say so with one of these codes. */
async function syncDirectory(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    await handle.sync();
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP')) throw error;
  } finally {
    await handle?.close();
  }
}

async function replace(target: string, old: Stats | undefined, chunks: Iterable<Uint8Array>): Promise<void> {
  const directory = dirname(target);
  const temporary = join(directory, `.myelin-${randomBytes(9).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx');
  try {
    try {
      for (const chunk of chunks) await writeAll(handle, chunk);
      if (old !== undefined) await inherit(handle, old);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncDirectory(directory);
}

/**
 * Writes `chunks`, one after the other, as the contents of `path`: all of them or, where anything fails, none. A file that is
 * there keeps its mode; a symbolic link stays one and its target is written.
 *
 * @throws MissingError if the directory does not exist, MyelinError `ERR_FILE` if the system refuses.
 */
export async function atomicWrite(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  if (typeof path !== 'string' || path === '')
    throw new ArgumentError(`[atomicWrite] expected the name of a file, received ${describe(path)}`);
  if (typeof chunks?.[Symbol.iterator] !== 'function') {
    throw new ArgumentError(`[atomicWrite] expected an iterable of Uint8Array, received ${describe(chunks)}`);
  }
  try {
    const target = await followLinks(path);
    await replace(target, await statTarget(target), chunks);
  } catch (error) {
    throw fileError('atomicWrite', `to write ${path}`, error);
  }
}
