import { cpus } from 'node:os';
import type { Backend } from '../backend/backend.js';
import type { NativeBackend } from '../backend/native.js';
import { backend } from '../backend/select.js';
import { type Command, exitCodes, parseCommand } from './command.js';
import { packageVersion } from './version.js';

interface Info {
  version: string;
  node: string;
  platform: string;
  backend: Backend['name'];
  /** Instruction sets the addon has kernels for, those of them this machine can run, and the one in use; null without addon. */
  isa: { compiled: string[]; present: string[]; chosen: string } | null;
  threads: number;
  /** Where the number of threads comes from. */
  threadsSource: string;
  cpu: string;
  compiler: string | null;
}

const threadSources: Readonly<Record<string, string>> = {
  affinity: 'the processors this process may use',
  cgroup: 'the CPU quota of the cgroup',
  MYELIN_THREADS: 'the environment variable MYELIN_THREADS',
  reference: 'the reference backend has one',
};

function isNative(candidate: Backend): candidate is NativeBackend {
  return candidate.name === 'native';
}

function gather(): Info {
  const common = { version: packageVersion(), node: process.versions.node, platform: `${process.platform}-${process.arch}` };
  const inUse = backend();
  if (!isNative(inUse)) {
    const cpu = cpus()[0]?.model ?? 'unknown';
    return { ...common, backend: inUse.name, isa: null, threads: 1, threadsSource: 'reference', cpu, compiler: null };
  }
  const { isa, threads, threadsSource, cpu, compiler } = inUse.info();
  return { ...common, backend: inUse.name, isa, threads, threadsSource, cpu, compiler };
}

function table(info: Info): string {
  const rows: [string, string][] = [
    ['version', info.version],
    ['Node.js', `${info.node} on ${info.platform}`],
    ['backend', info.backend],
    ...(info.isa === null
      ? []
      : ([
          ['compiled', info.isa.compiled.join(', ')],
          ['present', info.isa.present.join(', ')],
          ['chosen', info.isa.chosen],
        ] as [string, string][])),
    ['threads', `${info.threads} (${threadSources[info.threadsSource] ?? info.threadsSource})`],
    ['CPU', info.cpu],
    ...(info.compiler === null ? [] : ([['compiler', info.compiler]] as [string, string][])),
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)} ${value}\n`).join('');
}

/** `myelin info`: what there is and what was chosen. */
export const infoCommand: Command = {
  summary: 'tell what this machine computes with',
  help: `Usage: myelin info [--json]

Tells the version, the backend in use, the instruction sets that are compiled in, present in this machine and chosen, the number
of threads and where it comes from, and the CPU.

Options:
  --json  one JSON object
`,
  async run(args, { out }) {
    const { values } = parseCommand('info', args, { json: { type: 'boolean' } }, []);
    const info = gather();
    out.write(values.json ? `${JSON.stringify(info)}\n` : table(info));
    return exitCodes.success;
  },
};
