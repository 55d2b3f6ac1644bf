import { MyelinError } from '../errors.js';
import { buildAddonCommand } from './buildAddon.js';
import { cellsCommand } from './cells.js';
import { type Command, exitCodes, type Surroundings, UsageError } from './command.js';
import { forecastCommand } from './forecast.js';
import { infoCommand } from './info.js';
import { predictCommand } from './predict.js';
import { trainCommand } from './train.js';
import { packageVersion } from './version.js';
import { writeCommand } from './write.js';

const commands: Readonly<Record<string, Command>> = {
  train: trainCommand,
  predict: predictCommand,
  forecast: forecastCommand,
  write: writeCommand,
  cells: cellsCommand,
  info: infoCommand,
  'build-addon': buildAddonCommand,
};

function generalHelp(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const list = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`);
  return `Usage: myelin <command> [options]

Trains and runs neural networks.

Commands:
${list.join('')}
Options:
  --help     this text, or after a command that of the command
  --version  the version
`;
}

async function dispatch(args: string[], surroundings: Surroundings): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    surroundings.out.write(`${packageVersion()}\n`);
    return exitCodes.success;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    // Somebody who asked for nothing is to be told, but a script is not to go on.
    const [stream, code] = name === undefined ? [surroundings.err, exitCodes.usage] : [surroundings.out, exitCodes.success];
    stream.write(generalHelp());
    return code;
  }
  if (!Object.hasOwn(commands, name))
    throw new UsageError(`[myelin] expected a command (${Object.keys(commands).join(', ')}), received '${name}'`);
  const command = commands[name] as Command;
  const end = rest.indexOf('--');
  if ((end < 0 ? rest : rest.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')) {
    surroundings.out.write(command.help);
    return exitCodes.success;
  }
  return command.run(rest, surroundings);
}

/** Runs the program with these arguments; the exit code. What goes wrong becomes one line on the error stream. */
export async function main(args: string[], surroundings: Surroundings): Promise<number> {
  try {
    return await dispatch(args, surroundings);
  } catch (error) {
    const usage = error instanceof UsageError;
    const hint = usage ? ' (see myelin --help)' : '';
    // An error that is not ours is a bug, and its trace is what a report of it needs.
    const text =
      error instanceof MyelinError
        ? `myelin: ${error.message}${hint}`
        : `myelin: ${error instanceof Error ? error.stack : String(error)}`;
    surroundings.err.write(`${text}\n`);
    return usage ? exitCodes.usage : exitCodes.failure;
  }
}
