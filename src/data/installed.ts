import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The file that a module specifier means, installed beside this library or in the project that runs; null where it is neither. */
export function findInstalled(specifier: string): string | null {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve(specifier);
    } catch {
      // Not visible from there.
    }
  }
  return null;
}
