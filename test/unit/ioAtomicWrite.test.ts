import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError, MissingError, MyelinError } from '../../src/errors.js';
import { atomicWrite } from '../../src/io/atomicWrite.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-atomic-'));
  file = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('atomicWrite', () => {
  it('writes all pieces, and leaves nothing else behind', async () => {
    await atomicWrite(file, [bytes('one '), new Uint8Array(0), bytes('two')]);
    expect(await readFile(file, 'utf8')).toBe('one two');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('keeps the old contents and removes the temporary file where the writing fails', async () => {
    await writeFile(file, 'old');
    function* failing(): Generator<Uint8Array> {
      yield bytes('half of the new');
      throw new Error('no more');
    }
    await expect(atomicWrite(file, failing())).rejects.toThrow(/no more/);
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('shows the old contents until the new ones are complete', async () => {
    await writeFile(file, 'old');
    const seen: Promise<string>[] = [];
    function* watched(): Generator<Uint8Array> {
      for (let i = 0; i < 3; i++) {
        seen.push(readFile(file, 'utf8'));
        yield bytes('new');
      }
    }
    await atomicWrite(file, watched());
    expect(await Promise.all(seen)).not.toContain('');
    expect(await seen[0]).toBe('old');
    expect(await readFile(file, 'utf8')).toBe('newnewnew');
  });

  it('keeps the mode', async () => {
    await writeFile(file, 'old');
    await chmod(file, 0o640);
    await atomicWrite(file, [bytes('new')]);
    expect((await stat(file)).mode & 0o7777).toBe(0o640);
  });

  it('writes through symbolic links, also to a file that does not exist yet', async () => {
    await mkdir(join(folder, 'deep'));
    const target = join(folder, 'deep', 'target');
    await symlink(join('deep', 'target'), join(folder, 'second'));
    await symlink('second', file);
    for (const text of ['created', 'replaced']) {
      await atomicWrite(file, [bytes(text)]);
      expect((await lstat(file)).isSymbolicLink()).toBe(true);
      expect((await lstat(target)).isFile()).toBe(true);
      expect(await readFile(target, 'utf8')).toBe(text);
    }
    expect(await readdir(join(folder, 'deep'))).toEqual(['target']);
  });

  it('refuses a circle of links, a directory and a missing one', async () => {
    await symlink('file', file);
    await expect(atomicWrite(file, [])).rejects.toThrow(MyelinError);
    await expect(atomicWrite(folder, [])).rejects.toThrow(ArgumentError);
    await expect(atomicWrite(join(folder, 'absent', 'file'), [])).rejects.toThrow(MissingError);
    await expect(atomicWrite('', [])).rejects.toThrow(ArgumentError);
  });

  it.skipIf(process.getuid?.() === 0)('does not replace a file that is read-only', async () => {
    await writeFile(file, 'old', { mode: 0o444 });
    await expect(atomicWrite(file, [bytes('new')])).rejects.toThrow(MyelinError);
    expect(await readFile(file, 'utf8')).toBe('old');
  });

  it('lets one of several writers at a time win, whole', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
    await Promise.all(texts.map((text) => atomicWrite(file, [bytes(text)])));
    expect(texts).toContain(await readFile(file, 'utf8'));
    expect(await readdir(folder)).toEqual(['file']);
  });
});
