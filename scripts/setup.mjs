// Makes a clone ready: packages, addon, compiled TypeScript; each only if what it is made from has changed, in no time and without a
// word if nothing has. Then runs what is named: `node scripts/setup.mjs [script.js args...]`, in this process. Without a compiler the
// script runs on the reference backend, after one warning.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, '.cache', 'setup.json');
const say = (text) => process.stderr.write(`myelin: ${text}\n`);

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path).sort();
  return entries.flatMap((entry) => filesUnder(join(path, entry)));
}

/** A hash over names and contents of files and folders. */
function hashOf(...paths) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const path of paths.flatMap((each) => filesUnder(join(root, each)))) {
    hash.update(`\0${relative(root, path)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
}

function run(what, command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (status === 0) return;
  say(`${what} failed:\n${stdout ?? ''}${stderr ?? ''}${error ?? ''}`);
  process.exit(1);
}

function installPackages(stamps) {
  const lock = hashOf('package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  const there = existsSync(installed);
  if (there && (stamps.lock === lock || statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs))
    return lock;
  say('installing packages');
  // npm says where it lies itself; a `npm` of the path may be another version, or a shell script.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  if (npm?.endsWith('.js')) run('npm ci', process.execPath, [npm, ...args]);
  else run('npm ci', 'npm', args, { shell: process.platform === 'win32' });
  return lock;
}

/** The hash the addon was built from, or undefined if there is none now. */
async function compileAddon(stamps) {
  if (process.env.MYELIN_ADDON) return stamps.addon ?? null;
  const sources = hashOf(
    'native',
    'binding.gyp',
    'node_modules/node-addon-api/package.json',
    'node_modules/node-gyp/package.json',
  );
  const { addonFile, buildAddon } = await import('./build-addon.mjs');
  if (stamps.addon === sources && existsSync(addonFile)) return sources;
  if (await buildAddon()) return sources;
  // An addon of older sources is worse than none.
  rmSync(addonFile, { force: true });
  say('going on without the addon, on the reference backend: right, but slow');
  return undefined;
}

function compileTypeScript(stamps) {
  const sources = hashOf('src', 'tsconfig.json', 'tsconfig.build.json', 'node_modules/typescript/package.json');
  const dist = join(root, 'dist');
  if (stamps.typescript === sources && existsSync(dist)) return sources;
  say('compiling TypeScript');
  rmSync(dist, { recursive: true, force: true });
  run('the TypeScript compiler', process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  return sources;
}

const before = readStamps();
const after = { lock: installPackages(before) };
after.addon = await compileAddon(before);
after.typescript = compileTypeScript(before);
if (JSON.stringify(after) !== JSON.stringify(before)) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(after));
}
// The warning was given; the library need not repeat it.
if (after.addon === undefined) process.env.MYELIN_BACKEND ||= 'reference';

const [script, ...args] = process.argv.slice(2);
if (script !== undefined) {
  const path = resolve(root, script);
  process.argv = [process.execPath, path, ...args];
  await import(pathToFileURL(path).href);
}
