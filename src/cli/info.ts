import { type ComputeInfo, computeInfo } from '../backend/control.js';
import { type Command, exitCodes, parseCommand } from './command.js';
import { packageVersion } from './version.js';

interface Info extends ComputeInfo {
  readonly version: string;
  readonly node: string;
  readonly platform: string;
}

const threadSources: Readonly<Record<string, string>> = {
  affinity: 'the processors this process may use',
  cgroup: 'the CPU quota of the cgroup',
  MYELIN_THREADS: 'the environment variable MYELIN_THREADS',
  reference: 'the reference backend has one',
};

function table(info: Info): string {
  const { isa } = info;
  const rows: [string, string | undefined][] = [
    ['version', info.version],
    ['Node.js', `${info.node} on ${info.platform}`],
    ['backend', info.backend],
    ['compiled', isa?.compiled.join(', ')],
    ['present', isa?.present.join(', ')],
    ['chosen', isa?.chosen],
    ['threads', `${info.threads} (${threadSources[info.threadsSource] ?? info.threadsSource})`],
    ['CPU', info.cpu],
    ['compiler', info.compiler ?? undefined],
  ];
  return rows.map(([name, value]) => (value === undefined ? '' : `${name.padEnd(9)} ${value}\n`)).join('');
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
    const info: Info = {
      version: packageVersion(),
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      ...computeInfo(),
    };
    out.write(values.json ? `${JSON.stringify(info)}\n` : table(info));
    return exitCodes.success;
  },
};
