import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Each instruction set's object may offer its table and nothing else. An inline function with a weak symbol could be the copy that
// the linker keeps for the whole addon, and code that runs before main() would run on processors that lack the instructions.

const root = fileURLToPath(new URL('../../', import.meta.url));
const sets = JSON.parse(readFileSync(`${root}native/isa.json`, 'utf8')).sets as Record<string, { arch: string[] }>;
const names = Object.keys(sets).filter((name) => sets[name]?.arch.includes(process.arch));
const objectOf = (name: string): string => `${root}build/Release/obj.target/kernels_${name}/native/kernels/isa_unit.o`;

const allowedImports = new Set(['memcpy', 'memmove', 'memset', '_GLOBAL_OFFSET_TABLE_']);

function tool(name: string, ...args: string[]): string[] {
  return execFileSync(name, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
    .trim()
    .split('\n');
}

const present = process.platform === 'linux' && names.every((name) => existsSync(objectOf(name)));
if (!present) console.warn('LEFT OUT, no objects of a Linux build: symbols of the instruction sets');

describe.skipIf(!present).each(names)('the object of %s', (name) => {
  it('exports one function and imports only memory functions', () => {
    const symbols = tool('nm', '--format=posix', objectOf(name)).map((line) => line.split(' '));
    const local = new Set(['t', 'r', 'd', 'b', 'n']);
    const visible = symbols.filter(([, kind]) => kind !== 'U' && !local.has(kind ?? ''));
    expect(visible.map(([symbol, kind]) => `${kind} ${symbol}`)).toEqual([`T myelin_kernels_${name}`]);
    const imported = symbols.filter(([, kind]) => kind === 'U').map(([symbol]) => symbol ?? '');
    expect(imported.filter((symbol) => !allowedImports.has(symbol))).toEqual([]);
  });

  it('has no code that runs at load, and no exception tables', () => {
    const sections = tool('readelf', '--section-headers', '--wide', objectOf(name)).join('\n');
    expect(sections).not.toMatch(/\.(init_array|ctors|fini_array|dtors|preinit_array|gcc_except_table)|\.text\.startup/);
    expect(sections).not.toMatch(/\.gnu\.lto_/);
  });
});
