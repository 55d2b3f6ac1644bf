import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Both build systems compile the same files with the same flags: node-gyp's generated makefiles against CMake's compile commands.

const root = fileURLToPath(new URL('../../', import.meta.url));
const makefile = (target: string): string => join(root, 'build', `${target}.target.mk`);
const isa = JSON.parse(readFileSync(join(root, 'native/isa.json'), 'utf8')) as {
  sets: Record<string, { arch: string[]; gnu: string[]; define: string }>;
};
const names = Object.keys(isa.sets).filter((name) => isa.sets[name]?.arch.includes(process.arch));

const cmake = spawnSync('cmake', ['--version']).status === 0;
const gyp = ['myelin', ...names.map((name) => `kernels_${name}`)].every((target) => existsSync(makefile(target)));
if (!cmake) console.warn('LEFT OUT, no cmake: the comparison of both build systems');
else if (!gyp) console.warn('LEFT OUT, no makefiles of node-gyp: the comparison of both build systems');

interface Compile {
  readonly file: string;
  readonly flags: readonly string[];
}

/** Flags that must agree; the build systems differ in paths, debug information and position independence. */
const comparable = (flags: readonly string[]): string[] =>
  [...new Set(flags)]
    .filter((flag) => /^-(m(?!64)|std=|O|ff|fno-(exceptions|rtti|lto|math|trapping)|DMYELIN|DNAPI_V|DNODE_ADDON)/.test(flag))
    .sort();

function ofGyp(target: string): Compile[] {
  const text = readFileSync(makefile(target), 'utf8').replaceAll('\\\n', ' ');
  const list = (name: string): string[] => {
    const words = new RegExp(`^${name} :=(.*)$`, 'm').exec(text)?.[1]?.trim().split(/\s+/) ?? [];
    return words.map((word) => word.replaceAll("'", ''));
  };
  const flags = comparable([...list('CFLAGS_Release'), ...list('CFLAGS_CC_Release'), ...list('DEFS_Release')]);
  return list('OBJS').map((object) => ({ file: object.replace(/^.*\$\(TARGET\)\//, '').replace(/\.o$/, '.cc'), flags }));
}

function ofCMake(folder: string): Compile[] {
  execFileSync('cmake', ['-S', root, '-B', folder, '-DMYELIN_TESTS=OFF'], { stdio: 'pipe' });
  const commands = JSON.parse(readFileSync(join(folder, 'compile_commands.json'), 'utf8')) as { file: string; command: string }[];
  return commands.map(({ file, command }) => ({ file: relative(root, file), flags: comparable(command.split(/\s+/)) }));
}

const key = ({ file, flags }: Compile): string => `${file} ${flags.filter((flag) => !/^-(O|DN)/.test(flag)).join(' ')}`;

describe.skipIf(!cmake || !gyp)('node-gyp and CMake', () => {
  it('compile the same files with the same flags', () => {
    const folder = mkdtempSync(join(tmpdir(), 'myelin-cmake-'));
    try {
      const fromGyp = ['myelin', ...names.map((name) => `kernels_${name}`)].flatMap(ofGyp);
      const fromCMake = ofCMake(folder);
      expect(fromCMake.map(key).sort()).toEqual(fromGyp.map(key).sort());
      for (const { flags } of [...fromGyp, ...fromCMake]) {
        expect(flags).toContain('-O3');
        expect(flags).toContain('-ffp-contract=off');
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
