// Prints parts of the build lists for binding.gyp, which has no loops and reads no files of its own:
//   node native/build.mjs sources | binding | flags all | flags ISA
// sources.txt and isa.json are the only lists; CMakeLists.txt reads the same two files.
import { readdirSync, readFileSync, realpathSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const isa = JSON.parse(readFileSync(new URL('isa.json', here), 'utf8'));

/** Sources that need no Node-API, relative to the package root. */
export function sources() {
  return readFileSync(new URL('sources.txt', here), 'utf8').split(/\s+/).filter(Boolean);
}

/** Sources of the Node-API binding, found by pattern. */
export function bindingSources() {
  const files = readdirSync(new URL('binding/', here)).filter((file) => file.endsWith('.cc'));
  return files.sort().map((file) => `native/binding/${file}`);
}

/** Compiler flags of one instruction set, or those of every file (`all`). */
export function flags(name) {
  if (name === 'all') return isa.flags.all;
  const set = isa.sets[name];
  if (set === undefined) throw new RangeError(`[build] expected one of ${Object.keys(isa.sets).join(', ')}, received ${name}`);
  return [...isa.flags.all, ...isa.flags.kernels, ...set.gnu, `-D${set.define}`, `-DMYELIN_ISA_NAME=${name}`];
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  const commands = { sources, binding: bindingSources, flags };
  const [command, ...rest] = process.argv.slice(2);
  process.stdout.write(`${commands[command](...rest).join('\n')}\n`);
}
