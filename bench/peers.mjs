// npm run bench:peers -- [--only gemm,mlp,cnn,resnet18,lstm,gru,rnn,charlstm,lengths,conv,memory] [--rounds 5] [--seconds 1] [--threads 2] [--python python3] [--json]
// Runs both sides in turn, round by round, and compares medians: what slows the machine slows both.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { jsonLines, measure, table } from './process.mjs';
import { median } from './timing.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'gemm,mlp,cnn' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
    json: { type: 'boolean', default: false },
  },
});

const torch = {
  gemm: 'torch_peer.py',
  mlp: 'torch_peer.py',
  cnn: 'torch_peer.py',
  resnet18: 'torch_resnet18.py',
  lstm: 'torch_recurrent.py',
  gru: 'torch_recurrent.py',
  rnn: 'torch_recurrent.py',
  charlstm: 'torch_recurrent.py',
  lengths: 'torch_recurrent.py',
  conv: 'torch_conv.py',
  memory: 'torch_memory.py',
};
const onnxruntime = Object.fromEntries(['mlp', 'cnn', 'lstm', 'gru', 'rnn'].map((name) => [name, 'onnxruntime_peer.py']));

/** Their scripts by workload. */
const peers = [
  { name: 'torch', modules: ['torch'], scripts: torch },
  { name: 'onnxruntime', modules: ['torch', 'onnx', 'onnxruntime'], scripts: onnxruntime },
].filter(({ name, modules }) => {
  const found = spawnSync(values.python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0;
  if (!found)
    process.stderr.write(
      `${name} is left out: ${values.python} cannot import ${modules.join(', ')} (pip install ${modules.join(' ')}).\n`,
    );
  return found;
});

const key = ({ workload, mode, batch }) => `${workload} ${mode} ${batch}`;
const times = new Map();
/** The most resident memory in megabytes, for workloads that tell it. */
const memory = new Map();
const note = (peer, figures) => {
  for (const figure of figures) {
    const entry = times.get(key(figure)) ?? new Map();
    entry.set(peer, [...(entry.get(peer) ?? []), figure.ms]);
    times.set(key(figure), entry);
    if (figure.megabytes === undefined) continue;
    const peaks = memory.get(key(figure)) ?? new Map();
    memory.set(key(figure), peaks.set(peer, Math.max(figure.megabytes, peaks.get(peer) ?? 0)));
  }
};

for (const workload of values.only.split(',')) {
  for (let round = 0; round < Number(values.rounds); round++) {
    note('myelin', measure(workload, values));
    for (const { name, scripts } of peers) {
      if (scripts[workload] === undefined) continue;
      const file = fileURLToPath(new URL(`./peers/${scripts[workload]}`, import.meta.url));
      note(name, jsonLines(values.python, [file, '--only', workload, '--seconds', values.seconds, '--threads', values.threads]));
    }
  }
}

/** Ratios of the figures of one kind: the last word of modes that have several. */
const ratios = new Map();
const noteRatio = (workload, mode, peer, ratio) => {
  const words = mode.split('-');
  if (words.length < 2) return;
  const kind = `${workload} ${words.pop()}, myelin / ${peer}`;
  ratios.set(kind, [...(ratios.get(kind) ?? []), { mode: words.join('-'), ratio }]);
};

const rows = [['workload', 'mode', 'batch', 'myelin ms', ...peers.flatMap(({ name }) => [`${name} ms`, `myelin / ${name}`])]];
for (const [figure, entry] of times) {
  const [workload, mode, batch] = figure.split(' ');
  const ours = median(entry.get('myelin'));
  const row = [workload, mode, batch, ours.toFixed(4)];
  const record = { workload, mode, batch: Number(batch), ms: ours };
  for (const { name } of peers) {
    const theirs = entry.has(name) ? median(entry.get(name)) : null;
    row.push(theirs === null ? '' : theirs.toFixed(4), theirs === null ? '' : (ours / theirs).toFixed(2));
    record[name] = theirs;
    if (theirs !== null) noteRatio(workload, mode, name, ours / theirs);
  }
  rows.push(row);
  if (values.json) process.stdout.write(`${JSON.stringify(record)}\n`);
}
if (!values.json) process.stdout.write(table(rows));
for (const [kind, list] of ratios) {
  const mean = Math.exp(list.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / list.length);
  const worst = list.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const summary = { kind, figures: list.length, geometricMean: mean, worst: worst.ratio, of: worst.mode };
  if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else
    process.stdout.write(
      `${kind}: geometric mean of ${list.length}: ${mean.toFixed(2)}, worst ${worst.ratio.toFixed(2)} (${worst.mode})\n`,
    );
}
for (const [figure, peaks] of memory) {
  const [workload, mode, batch] = figure.split(' ');
  for (const [name, megabytes] of peaks) {
    if (name === 'myelin') continue;
    const ours = peaks.get('myelin');
    const line = { workload, mode, batch: Number(batch), megabytes: ours, [name]: megabytes };
    if (values.json) process.stdout.write(`${JSON.stringify(line)}\n`);
    else
      process.stdout.write(
        `${figure}, peak memory: ${ours.toFixed(0)} MB, ${name} ${megabytes.toFixed(0)} MB: ${(ours / megabytes).toFixed(2)}\n`,
      );
  }
}
