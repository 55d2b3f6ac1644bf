/** Every program in the documentation runs as it stands, in a project that has the package installed. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  join(root, 'README.md'),
  ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => join(root, 'docs', name)),
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'myelin-docs-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'myelin'), 'dir');
});
afterAll(() => rm(folder, { recursive: true }));

async function run(name: string, program: string, timeout = 50_000): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, timeout });
  return stdout;
}

for (const page of pages) {
  describe(basename(page), async () => {
    const blocks = [...(await readFile(page, 'utf8')).matchAll(/^```js\n(.*?)^```/gms)].map(([, program]) => program as string);
    blocks.forEach((program, i) => {
      it(`example ${i + 1}`, async () => {
        await run(`${basename(page)}-${i}.mjs`, program);
      });
    });
    if (blocks.length === 0) it('has no examples', () => {});
  });
}

describe('examples/', () => {
  const example = async (name: string, timeout?: number) =>
    run(name, await readFile(join(root, 'examples', name), 'utf8'), timeout);
  it.each(['xor.mjs', 'imageFilters.mjs'])('%s', async (name) => {
    await example(name);
  });
  it('transfer.mjs: what was learnt of other digits is worth 3 points', { timeout: 240_000 }, async () => {
    const [, moved, fromScratch] = /moved ([\d.]+) %, from scratch ([\d.]+) %/.exec(await example('transfer.mjs', 230_000)) ?? [];
    expect(Number(moved)).toBeGreaterThanOrEqual(Number(fromScratch) + 3);
  });
});
