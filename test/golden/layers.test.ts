import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type BackendName, setBackend } from '../../src/backend/select.js';
import { addonFile } from '../support/addon.js';
import { adapterOf } from './adapters/index.js';
import { GoldenFolder } from './runner/folder.js';

const read = (name: string) => GoldenFolder.read(fileURLToPath(new URL(name, import.meta.url)));
const folders = await Promise.all(['layers', 'normalisation', 'convolution', 'recurrent', 'pooling'].map(read));
const withAddon = addonFile('golden layers on the addon') !== undefined;
const backends: readonly BackendName[] = withAddon ? ['reference', 'native'] : ['reference'];
const groups = new Map(folders.flatMap((folder) => folder.manifest.cases.map(({ group }) => [group, folder])));

afterAll(() => setBackend('reference'));

describe.each(backends)('layers and losses as PyTorch has them, %s', (backend) => {
  for (const [group, folder] of groups) {
    describe(group, () => {
      const checks = adapterOf(group)(folder);
      it.each(checks.map(({ name, run }) => [name, run] as const))('%s', (_name, run) => {
        setBackend(backend);
        expect(run()).toEqual([]);
      });
    });
  }
});
