import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Command, parseCommand, type Surroundings, UsageError } from './command.js';
import { trainMnist } from './trainMnist.js';
import { trainSeries } from './trainSeries.js';
import { trainTable } from './trainTable.js';
import { trainText } from './trainText.js';

/** Something that can be trained from the command line, with options of its own. */
export interface TrainTask {
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Runs with the options as the command line gives them; the exit code. */
  run(values: Readonly<Record<string, unknown>>, surroundings: Surroundings): Promise<number>;
}

/** What can be trained, by name. */
const tasks: Readonly<Record<string, TrainTask>> = { mnist: trainMnist, table: trainTable, series: trainSeries, text: trainText };
const names = Object.keys(tasks);
const alternatives = names.join(', ').replace(/, (?=\w+$)/, ' or ');

/** The first argument that is no option, nor the value of one. */
function taskName(args: string[]): string | undefined {
  const options = Object.assign({}, ...Object.values(tasks).map((task) => task.options)) as TrainTask['options'];
  return parseArgs({ args, options, allowPositionals: true, strict: false }).positionals[0];
}

/** `myelin train <task>`. */
export const trainCommand: Command = {
  summary: `train a network: myelin train ${alternatives}`,
  help: Object.values(tasks)
    .map((task) => task.help)
    .join('\n'),
  async run(args, surroundings) {
    const name = taskName(args);
    if (name === undefined) throw new UsageError(`[myelin train] expected what to train (${names.join(', ')}), received nothing`);
    if (!Object.hasOwn(tasks, name)) throw new UsageError(`[myelin train] expected ${alternatives}, received '${name}'`);
    const task = tasks[name] as TrainTask;
    return task.run(parseCommand('train', args, task.options, [`what to train (${names.join(', ')})`]).values, surroundings);
  },
};
