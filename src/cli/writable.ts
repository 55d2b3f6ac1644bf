import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ArgumentError } from '../errors.js';
import { fileError } from '../io/regularFile.js';

/** Fails now, not after minutes of training, where the file that an option names could not be written. */
export async function checkWritable(file: string, option = '--out'): Promise<void> {
  try {
    await access(dirname(resolve(file)), constants.W_OK);
    const there = await stat(file).catch(() => undefined);
    if (there?.isFile() === false)
      throw new ArgumentError(`[${option}] expected the name of a file, received ${file}, which is something else`);
  } catch (error) {
    throw fileError(option, `a folder to write ${file} to`, error);
  }
}
