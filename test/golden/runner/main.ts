import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BackendName, setBackend } from '../../../src/backend/select.js';
import { adapterOf, groupsOf } from '../adapters/index.js';
import { GoldenFolder } from './folder.js';

/** One case of a group: its name, and what is wrong with what we compute, in words. */
export interface Check {
  readonly name: string;
  run(): string[];
}

/** All cases of one group of a folder. */
export type Adapter = (folder: GoldenFolder) => Check[];

const usage = `usage: npm run golden -- FOLDER [--only GROUP]... [--backend native|reference]
Without --backend each case runs on both.`;

function backendsOf(wanted: string | undefined): BackendName[] {
  const names = wanted === undefined ? (['native', 'reference'] as const) : [wanted as BackendName];
  return names.filter((name) => {
    try {
      setBackend(name);
      return true;
    } catch (error) {
      if (wanted !== undefined) throw error;
      console.error(`LEFT OUT, the backend ${name} is not there: ${(error as Error).message.split('\n')[0]}`);
      return false;
    }
  });
}

function problemsOn(backend: BackendName, check: Check): string[] {
  setBackend(backend);
  try {
    return check.run();
  } catch (error) {
    return [(error as Error).message.split('\n')[0] as string];
  }
}

/** Runs the cases of a folder and prints one line each; 0 if all pass. */
export async function main(args: string[]): Promise<number> {
  const options = { only: { type: 'string', multiple: true }, backend: { type: 'string' } } as const;
  let parsed: ReturnType<typeof parseArgs<{ args: string[]; options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  const { only, backend } = parsed.values;
  const [path] = parsed.positionals;
  if (path === undefined || parsed.positionals.length > 1) {
    console.error(usage);
    return 2;
  }
  const folder = await GoldenFolder.read(resolve(process.env.INIT_CWD ?? '.', path));
  const backends = backendsOf(backend);
  const known = groupsOf(folder.manifest.cases.map(({ group }) => group));
  const unknown = only?.find((group) => !known.includes(group));
  if (unknown !== undefined) {
    console.error(`no group ${unknown}, there are ${known.join(', ')}\n${usage}`);
    return 2;
  }
  const chosen = known.filter((group) => only === undefined || only.includes(group));
  const groups = chosen.map((group): [string, Check[]] => [group, adapterOf(group)(folder)]);
  let [passed, failed] = [0, 0];
  for (const [group, checks] of groups) {
    for (const check of checks) {
      const problems = backends.flatMap((name) => problemsOn(name, check).map((problem) => `${name}: ${problem}`));
      if (problems.length === 0) passed++;
      else failed++;
      const [first, ...others] = problems;
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      console.log(first === undefined ? `ok   ${group}/${check.name}` : `FAIL ${group}/${check.name}: ${first}${more}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
