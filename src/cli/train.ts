import { type Command, parseCommand, UsageError } from './command.js';
import { trainMnist, trainMnistHelp } from './trainMnist.js';

/** What can be trained from the command line, by name. */
const tasks: Readonly<Record<string, typeof trainMnist>> = { mnist: trainMnist };

/** `myelin train <task>`. */
export const trainCommand: Command = {
  summary: 'train a network: myelin train mnist',
  help: trainMnistHelp,
  async run(args, surroundings) {
    const { values, positionals } = parseCommand(
      'train',
      args,
      {
        model: { type: 'string' },
        epochs: { type: 'string' },
        batch: { type: 'string' },
        lr: { type: 'string' },
        seed: { type: 'string' },
        threads: { type: 'string' },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      [`what to train (${Object.keys(tasks).join(', ')})`],
    );
    const name = positionals[0] as string;
    if (!Object.hasOwn(tasks, name))
      throw new UsageError(`[myelin train] expected ${Object.keys(tasks).join(' or ')}, received '${name}'`);
    return (tasks[name] as typeof trainMnist)(values, surroundings);
  },
};
