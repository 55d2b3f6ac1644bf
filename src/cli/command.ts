import { type ParseArgsConfig, parseArgs } from 'node:util';
import { MyelinError } from '../errors.js';

/** Where a command writes, and what it knows of its surroundings. */
export interface Surroundings {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user wants the command to stop. */
  readonly signal: AbortSignal;
}

/** A stream, as far as commands need one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** One command of the program. */
export interface Command {
  /** A few words for the list of commands. */
  readonly summary: string;
  /** All of `myelin <command> --help`. */
  readonly help: string;
  /** Runs with the arguments behind the command's name; the exit code. */
  run(args: string[], surroundings: Surroundings): Promise<number>;
}

/** The command line is not one of this program: exit code 2. */
export class UsageError extends MyelinError {
  constructor(message: string) {
    super('ERR_USAGE', message);
  }
}

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; args: string[]; allowPositionals: true; strict: true }>
>;

/** The options and the `positionals` (named for the message, all of them required) of a command. */
export function parseCommand<O extends Options>(
  command: string,
  args: string[],
  options: O,
  positionals: readonly string[],
): Parsed<O> {
  let parsed: Parsed<O>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's messages go on, after the first sentence, about how to write a positional with a hyphen.
    throw new UsageError(`[myelin ${command}] ${(error as Error).message.split(/\.\s/)[0]}`);
  }
  const given = parsed.positionals.length;
  if (given < positionals.length) throw new UsageError(`[myelin ${command}] expected ${positionals[given]}, received nothing`);
  if (given > positionals.length)
    throw new UsageError(`[myelin ${command}] expected no more arguments, received '${parsed.positionals[positionals.length]}'`);
  return parsed;
}

/** The number an option states, which must lie in the range; `fallback` where it is not given. */
function numberOption(
  name: string,
  text: string | undefined,
  fallback: number,
  allowed: string,
  isAllowed: (value: number) => boolean,
): number {
  if (text === undefined) return fallback;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value) || !isAllowed(value)) throw new UsageError(`[--${name}] expected ${allowed}, received '${text}'`);
  return value;
}

export function integerOption(name: string, text: string | undefined, fallback: number, low: number, high: number): number {
  return numberOption(
    name,
    text,
    fallback,
    `an integer from ${low} to ${high}`,
    (value) => Number.isInteger(value) && value >= low && value <= high,
  );
}

export function positiveOption(name: string, text: string | undefined, fallback: number): number {
  return numberOption(name, text, fallback, 'a number above 0', (value) => value > 0);
}

export function choiceOption<T extends string>(name: string, text: string | undefined, fallback: T, choices: readonly T[]): T {
  if (text === undefined) return fallback;
  const choice = choices.find((known) => known === text);
  if (choice === undefined) throw new UsageError(`[--${name}] expected ${choices.join(' or ')}, received '${text}'`);
  return choice;
}

/** Whether to write colours: on a terminal, unless the user asked for none (https://no-color.org). */
export function wantsColour(output: Output, env: Surroundings['env']): boolean {
  return output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
