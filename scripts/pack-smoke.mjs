// Packs the package, installs it from the tarball into an empty folder, builds the addon there by the documented command and runs the
// first example of the README as it stands. Prints "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'myelin-pack-'));
const counts = { passed: 0, failed: 0 };

/** Runs a program; what it printed on stdout, or undefined after a failure. */
function step(what, cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, MYELIN_BACKEND: '' },
  });
  counts[status === 0 ? 'passed' : 'failed']++;
  console.log(`${status === 0 ? 'passed' : 'FAILED'}: ${what}`);
  if (status === 0) return stdout;
  console.log(stdout, stderr);
  return undefined;
}

function check(what, good) {
  counts[good ? 'passed' : 'failed']++;
  console.log(`${good ? 'passed' : 'FAILED'}: ${what}`);
}

const packed = step('npm pack', root, 'npm', 'pack', '--json', '--pack-destination', folder);
if (packed !== undefined) {
  const [{ filename, files }] = JSON.parse(packed.slice(packed.indexOf('[')));
  check(
    'no compiled addon, sources of tests or caches in the package',
    !files.some(({ path }) => /^(build|test|\.cache)|\.node$/.test(path)),
  );
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  step('install from the tarball', folder, 'npm', 'install', '--no-audit', '--no-fund', join(folder, filename));
  step('npx myelin build-addon', folder, 'npx', '--no', 'myelin', 'build-addon');
  const info = step('npx myelin info --json', folder, 'npx', '--no', 'myelin', 'info', '--json');
  if (info !== undefined) check('the native backend is in use', JSON.parse(info).backend === 'native');
  const example = /```js\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  check('the README has an example', example.includes("from 'myelin'"));
  writeFileSync(join(folder, 'example.mjs'), example);
  step('the example of the README', folder, process.execPath, 'example.mjs');
  writeFileSync(
    join(folder, 'required.cjs'),
    "const { tensor } = require('myelin');\nif (tensor([1, 2]).shape[0] !== 2) throw new Error('wrong');\n",
  );
  if (process.features.require_module) step('require() of the package', folder, process.execPath, 'required.cjs');
}
rmSync(folder, { recursive: true, force: true });
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
