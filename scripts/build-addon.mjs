// Compiles the native addon into build/Release/myelin.node. The one command that does so, in a clone (`npm run build:addon`) and
// where the package is installed (`npx myelin build-addon`); nothing is compiled behind anybody's back at install time.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const addonFile = join(root, 'build', 'Release', 'myelin.node');

const found = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** What must be installed before the addon can be compiled, in words; empty if nothing. */
export function missingTools() {
  const missing = [];
  const pythons = [process.env.PYTHON, process.env.npm_config_python, 'python3', 'python'].filter(Boolean);
  if (!pythons.some((python) => found(python, '--version'))) missing.push('Python 3');
  if (!found(process.env.MAKE || 'make', '--version')) missing.push('make');
  const compilers = process.env.CXX ? [process.env.CXX.split(' ')[0]] : ['c++', 'g++', 'clang++'];
  if (!compilers.some((compiler) => found(compiler, '--version'))) missing.push('a C++17 compiler');
  return missing;
}

/** How to get them. */
export function advice() {
  if (process.platform === 'darwin') return 'On macOS: xcode-select --install';
  if (process.platform === 'win32') return 'On Windows the addon is not offered yet: use WSL, or the reference backend as it is.';
  return 'On Debian or Ubuntu: apt-get install -y python3 make g++\nOn Fedora: dnf install -y python3 make gcc-c++';
}

/** The prefix under which Node's headers lie beside the node binary, or undefined: then node-gyp fetches them. */
function headerPrefix() {
  const beside = dirname(dirname(realpathSync(process.execPath)));
  const given = process.env.npm_config_nodedir;
  return [given, beside].find((prefix) => prefix && existsSync(join(prefix, 'include', 'node', 'node_api.h')));
}

/** Runs a program; its exit code, and what it printed. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString() }));
  });
}

/** Compiles and tries the addon. True if it is there afterwards; says on stderr what went wrong otherwise. */
export async function buildAddon() {
  const say = (text) => process.stderr.write(`myelin: ${text}\n`);
  const missing = process.platform === 'win32' ? ['a supported system'] : missingTools();
  if (missing.length > 0) {
    say(`the native addon cannot be compiled, missing: ${missing.join(', ')}.\n${advice()}`);
    return false;
  }
  const prefix = headerPrefix();
  say(`compiling the native addon (a minute or so)${prefix ? '' : "; node-gyp fetches Node's headers first"}`);
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const built = await run(process.execPath, [
    nodeGyp,
    'configure',
    'build',
    '--release',
    '--jobs=max',
    ...(prefix ? [`--nodedir=${prefix}`] : []),
  ]);
  if (built.code !== 0) {
    const lines = built.output.trimEnd().split('\n');
    const problems = lines.filter((line) => /error|ERR!|undefined reference|cannot find/i.test(line));
    say(`compiling the native addon failed:\n${(problems.length > 0 ? problems : lines).slice(0, 40).join('\n')}`);
    return false;
  }
  // In a process of its own: this one may hold an older build.
  const tried = await run(process.execPath, ['-e', 'require(process.argv[1]).info()', addonFile]);
  if (tried.code !== 0) say(`the native addon was compiled but does not load:\n${tried.output}`);
  return tried.code === 0;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = (await buildAddon()) ? 0 : 1;
}
