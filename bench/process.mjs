import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a command and gives the JSON lines it printed. */
export function jsonLines(command, args, env = {}) {
  const run = spawnSync(command, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${run.status ?? run.signal ?? run.error}`);
  return run.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
}

/** Figures of one of our workloads. */
export function measure(name, { seconds, threads, backend }) {
  const script = fileURLToPath(new URL('./measure.mjs', import.meta.url));
  const env = { MYELIN_THREADS: String(threads), ...(backend ? { MYELIN_BACKEND: backend } : {}) };
  return jsonLines(process.execPath, [script, name, String(seconds)], env);
}

/** Aligned columns; the first row is the heading. */
export function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)));
  const line = (row) =>
    row.map((cell, i) => (i < 2 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join('  ');
  return `${rows.map(line).join('\n')}\n`;
}
