// npm run bench -- [--json] [--only gemm,mlp,cnn,resnet18,lstm,gru,rnn,charlstm,lengths,conv,kernels,memory] [--seconds S] [--threads N] [--backend native|reference]
import { parseArgs } from 'node:util';
import { measure, table } from './process.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: 'gemm,mlp,cnn' },
    seconds: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    backend: { type: 'string' },
  },
});

const rows = [['workload', 'mode', 'batch', 'ms']];
for (const name of values.only.split(',')) {
  for (const figure of measure(name, values)) {
    if (values.json) process.stdout.write(`${JSON.stringify(figure)}\n`);
    else {
      const row = [figure.workload, figure.mode, figure.batch, figure.ms.toFixed(4)];
      if (figure.referenceMs !== undefined) row.push(`${(figure.referenceMs / figure.ms).toFixed(1)}x faster than reference`);
      if (figure.ofCopy !== undefined)
        row.push(`${figure.gigabytes.toFixed(1)} GB/s, ${(100 * figure.ofCopy).toFixed(0)} % of memcpy`);
      if (figure.megabytes !== undefined) row.push(`${figure.megabytes.toFixed(0)} MB resident at most`);
      rows.push(row);
    }
  }
}
if (!values.json) {
  const width = Math.max(...rows.map((row) => row.length));
  process.stdout.write(table(rows.map((row) => [...row, ...new Array(width - row.length).fill('')])));
}
