// One workload in a process of its own: `measure.mjs NAME SECONDS`, a JSON line for each figure.
import { readFileSync } from 'node:fs';

const [, , name, seconds] = process.argv;
const config = JSON.parse(readFileSync(new URL('./workloads.json', import.meta.url), 'utf8'))[name];
const loaders = {
  gemm: async () => (await import('./workloads/gemm.mjs')).gemm,
  conv: async () => (await import('./workloads/conv.mjs')).conv,
  kernels: async () => (await import('./workloads/kernels.mjs')).kernels,
  memory: async () => (await import('./workloads/memory.mjs')).memory,
  resnet18: async () => (await import('./workloads/resnet18.mjs')).resnet18,
  mlp: async () => (await import('./workloads/networks.mjs')).mlp,
  cnn: async () => (await import('./workloads/networks.mjs')).cnn,
  lstm: async () => (await import('./workloads/recurrent.mjs')).recurrent.lstm,
  gru: async () => (await import('./workloads/recurrent.mjs')).recurrent.gru,
  rnn: async () => (await import('./workloads/recurrent.mjs')).recurrent.rnn,
  charlstm: async () => (await import('./workloads/recurrent.mjs')).charlstm,
  lengths: async () => (await import('./workloads/recurrent.mjs')).lengths,
};
const workload = await loaders[name]();
for (const figure of workload({ seconds: Number(seconds), config })) {
  process.stdout.write(`${JSON.stringify({ peer: 'myelin', ...figure, ms: Number(figure.ms.toFixed(5)) })}\n`);
}
