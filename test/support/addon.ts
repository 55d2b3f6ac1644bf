import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Addon, addonPaths } from '../../src/backend/loader.js';

/** The compiled addon's file, or undefined, said aloud, where none was built. */
export function addonFile(leftOut: string): string | undefined {
  const file = addonPaths().find((path) => existsSync(path));
  if (file === undefined) console.warn(`LEFT OUT, no addon: ${leftOut}`);
  return file;
}

/** The addon as C++ exports it, without the library around it. */
export function rawAddon(file: string): Addon {
  return createRequire(import.meta.url)(file) as Addon;
}
