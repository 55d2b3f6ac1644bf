import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addonFile } from '../support/addon.js';

// Each case is a process of its own, since what is tested is how processes and threads with the addon begin and end.

const file = addonFile('loading, unloading and ending with the addon');

/** Runs a CommonJS script with ADDON as the addon's path. */
function run(script: string, env: NodeJS.ProcessEnv = {}, args: string[] = []) {
  const result = spawnSync(process.execPath, [...args, '-e', script], {
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, MYELIN_ISA: '', MYELIN_THREADS: '', ADDON: file, ...env },
  });
  return { code: result.status, signal: result.signal, out: result.stdout.trim(), err: result.stderr };
}

// A product that takes a while and uses the team.
const work = `
  const n = 512, a = new Float32Array(n * n).fill(1), c = new Float32Array(n * n);
  const product = (addon) => {
    addon.gemm(a, a, c, null, n, n, n, n, n, n, false, false, false, 0, 1, 0, 0, 0);
    if (c[0] !== n || c[n * n - 1] !== n) throw new Error('wrong product');
  };`;
const inWorkers = (count: number, body: string, then = ''): string => `
  const { Worker } = require('node:worker_threads');
  const body = ${JSON.stringify(`${work}\n${body}`)};
  const workers = Array.from({ length: ${count} }, () => new Worker(body, { eval: true }));
  for (const worker of workers) worker.on('error', (error) => { throw error; });
  ${then}`;

describe.skipIf(file === undefined)('the addon', () => {
  it('computes in several worker threads at once', () => {
    const body = 'const addon = require(process.env.ADDON); for (let i = 0; i < 20; i++) product(addon);';
    const result = run(inWorkers(4, body, "process.on('exit', () => console.log('ended'));"));
    expect(result).toMatchObject({ code: 0, signal: null, out: 'ended' });
  });

  it('outlives the only thread that loaded it', () => {
    const body = 'product(require(process.env.ADDON));';
    const then = `let left = workers.length;
      for (const worker of workers) worker.on('exit', () => {
        if (--left > 0) return;
        setTimeout(() => new Worker(body, { eval: true }).on('exit', (code) => console.log('again', code)), 100);
      });`;
    expect(run(inWorkers(1, body, then))).toMatchObject({ code: 0, signal: null, out: 'again 0' });
  });

  it('lets the process exit while workers compute', () => {
    const body =
      'const addon = require(process.env.ADDON); require("node:worker_threads").parentPort.postMessage(1); for (;;) product(addon);';
    const then =
      "let ready = 0; for (const worker of workers) worker.on('message', () => { if (++ready === 2) process.exit(7); });";
    expect(run(inWorkers(2, body, then))).toMatchObject({ code: 7, signal: null, err: '' });
  });

  it('lets a worker be terminated while it computes', () => {
    const body =
      'const addon = require(process.env.ADDON); require("node:worker_threads").parentPort.postMessage(1); for (;;) product(addon);';
    const then = `for (const worker of workers) worker.on('message', () => worker.terminate());
      process.on('exit', () => { ${work} product(require(process.env.ADDON)); console.log('ended'); });`;
    expect(run(inWorkers(2, body, then))).toMatchObject({ code: 0, signal: null, out: 'ended', err: '' });
  });

  it('loads twice, under one name and under two', () => {
    const folder = mkdtempSync(join(tmpdir(), 'myelin-addon-'));
    try {
      const copy = join(folder, 'copy.node');
      copyFileSync(file as string, copy);
      const script = `${work}
        const first = require(process.env.ADDON);
        delete require.cache[require.resolve(process.env.ADDON)];
        const second = require(process.env.ADDON), third = require(${JSON.stringify(copy)});
        for (const addon of [first, second, third]) product(addon);
        console.log(first !== second, third.info().threads);`;
      expect(run(script, { MYELIN_THREADS: '2' })).toMatchObject({ code: 0, signal: null, out: 'true 2' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('takes the number of threads from MYELIN_THREADS and refuses what is none', () => {
    const script = 'const { threads, threadsSource } = require(process.env.ADDON).info(); console.log(threads, threadsSource);';
    expect(run(script, { MYELIN_THREADS: '3' }).out).toBe('3 MYELIN_THREADS');
    for (const wrong of ['0', '-1', '257', 'two', '1.5', '99999999999999999999']) {
      const result = run(script, { MYELIN_THREADS: wrong });
      expect(result.code).toBe(1);
      expect(result.err).toContain(`[MYELIN_THREADS] expected an integer from 1 to 256, received '${wrong}'`);
    }
  });

  it('takes the instruction set from MYELIN_ISA and refuses what the machine has not', () => {
    const script = 'console.log(require(process.env.ADDON).info().isa.chosen);';
    expect(run(script, { MYELIN_ISA: 'baseline' }).out).toBe('baseline');
    const result = run(script, { MYELIN_ISA: 'sse9' });
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/\[MYELIN_ISA\] expected one of baseline.*, received 'sse9'/);
  });
});
