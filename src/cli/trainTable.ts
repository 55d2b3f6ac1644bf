import type { CategoryColumn } from '../data/column.js';
import type { Table } from '../data/table.js';
import { type LeftOut, TableEncoder } from '../data/tableEncoder.js';
import { type Task, taskOf, tasks } from '../data/targetEncoder.js';
import { ArgumentError } from '../errors.js';
import { save } from '../io/model.js';
import { choiceOption, exitCodes, integerOption, type Surroundings, UsageError } from './command.js';
import { type Evaluation, evaluateTable } from './tableEvaluation.js';
import { fitTable, hiddenUnits, type TableGoal } from './tableModel.js';
import { meanScores, scoreText, type TableScores } from './tableScores.js';
import { checkTableName, openTable, tableMetadata, tableSources } from './tableSource.js';
import type { TrainTask } from './train.js';
import { checkWritable } from './writable.js';

const help = `Usage: myelin train table --data FILE [options]

Trains a small network on the rows of a table to predict one of its columns. Finds out what the columns are, encodes them, tells how
well rows are predicted that were held out, beside a linear model and a guess that looks at no row; then trains on all rows and saves
the model with its encoders, for myelin predict.

Options:
  --data D     ${tableSources}
  --target C   the column to predict (needed for a file)
  --task T     classify or regress (default: classify texts and columns of few whole numbers)
  --folds N    ways to hold out rows, so that each is held out once; 1 holds out one fifth (default 5)
  --seeds N    how often to do so, with other folds and first weights (default 5, or 1 beyond 2,000 rows)
  --epochs N   the most epochs; training stops before where it gets no better (default 300)
  --out FILE   where to save the model
  --json       JSON lines: one for each seed, one at the end
`;

interface TableValues {
  data?: string;
  target?: string;
  task?: string;
  folds?: string;
  seeds?: string;
  epochs?: string;
  out?: string;
  json: boolean;
}

/** Beyond this many rows one seed tells enough. */
const fewRows = 2000;
const fewestRows = 10;

/** The rows that have a target, and what to learn of them. */
function goalOf(all: Table, target: string, wanted: Task | undefined): TableGoal {
  if (!all.has(target))
    throw new UsageError(`[--target] expected a column of the table (${all.names.join(', ')}), received '${target}'`);
  const table = all.take(all.rowsWith(target));
  if (table.length < fewestRows)
    throw new ArgumentError(
      `[--data] expected at least ${fewestRows} rows with a value in '${target}', received ${table.length}`,
    );
  const task = wanted ?? taskOf(table, target);
  const classes = task === 'classify' ? (table.columnAs(target, 'category') as CategoryColumn).codes : null;
  return { table, target, task, classes };
}

/** A line of a table of results: name, mean of the main score, its values by seed, means of the others. */
function resultLine(name: string, scores: readonly TableScores[]): string {
  const means = Object.entries(meanScores(scores));
  const [main] = means[0] as [string, number];
  const bySeed = scores.length > 1 ? ` (${scores.map((one) => scoreText(main, one[main] as number)).join(', ')})` : '';
  const [first, ...others] = means.map(([score, value]) => `${score} ${scoreText(score, value)}`);
  return `  ${name.padEnd(24)} ${first}${bySeed}${others.map((text) => `, ${text}`).join('')}\n`;
}

function describeGoal(name: string, all: Table, goal: TableGoal, leftOut: readonly LeftOut[]): string {
  const { table, target, task } = goal;
  const lacking = all.length - table.length;
  const classes = task === 'classify' ? ` of ${new Set(goal.classes).size} classes` : '';
  const lines = [
    `${name}: ${table.length} rows${lacking > 0 ? ` (${lacking} more have no ${target})` : ''}; ${task} ${target}${classes}`,
    ...leftOut.map((one) => `  without the column ${one.name} (${one.reason})`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function report(goal: TableGoal, folds: number, evaluations: readonly Evaluation[], seconds: number): string {
  const guess = goal.task === 'classify' ? 'the most frequent class' : 'the mean';
  const epochs = evaluations.flatMap((one) => one.epochs);
  const meanEpochs = epochs.reduce((sum, one) => sum + one, 0) / epochs.length;
  const held = folds === 1 ? 'one fifth of the rows held out' : `each row held out once, ${folds} folds`;
  const seeds = evaluations.length === 1 ? 'one seed' : `mean of ${evaluations.length} seeds`;
  return [
    `On held-out rows (${held}, ${seeds}):\n`,
    resultLine(
      `network ${hiddenUnits.join('-')}`,
      evaluations.map(({ network }) => network),
    ),
    resultLine(
      'linear model',
      evaluations.map(({ linear }) => linear),
    ),
    resultLine(
      guess,
      evaluations.map(({ baseline }) => baseline),
    ),
    `${evaluations.length * folds} networks of ${meanEpochs.toFixed(0)} epochs on average; ${seconds.toFixed(1)} s\n`,
  ].join('');
}

async function evaluateAll(
  goal: TableGoal,
  seeds: number,
  options: { folds: number; epochs: number },
  json: boolean,
  { out, signal }: Surroundings,
): Promise<Evaluation[]> {
  const evaluations: Evaluation[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const one = await evaluateTable(goal, seed, { ...options, signal });
    evaluations.push(one);
    if (json) out.write(`${JSON.stringify({ event: 'seed', seed, ...one })}\n`);
  }
  return evaluations;
}

async function trainAndReport(values: TableValues, surroundings: Surroundings): Promise<void> {
  const { out, signal } = surroundings;
  const { data, json } = values;
  if (data === undefined) throw new UsageError(`[--data] expected ${tableSources}, received nothing`);
  checkTableName(data);
  const wanted = values.task === undefined ? undefined : choiceOption('task', values.task, 'classify', tasks);
  const folds = integerOption('folds', values.folds, 5, 1, 1000);
  const epochs = integerOption('epochs', values.epochs, 300, 1, 1_000_000);
  integerOption('seeds', values.seeds, 1, 1, 1000);
  if (values.out !== undefined) await checkWritable(values.out);
  const begun = performance.now();
  const source = await openTable(data);
  const target = values.target ?? source.target;
  if (target === undefined)
    throw new UsageError(`[--target] expected a column of the table (${source.table.names.join(', ')}), received nothing`);
  const goal = goalOf(source.table, target, wanted);
  const { table, task } = goal;
  const seeds = integerOption('seeds', values.seeds, table.length > fewRows ? 1 : 5, 1, 1000);
  if (folds > table.length)
    throw new UsageError(`[--folds] expected at most ${table.length}, the number of rows, received '${folds}'`);
  const { leftOut } = TableEncoder.fit(table, { target, task });
  if (!json) out.write(describeGoal(data, source.table, goal, leftOut));
  const evaluations = await evaluateAll(goal, seeds, { folds, epochs }, json, surroundings);
  const seconds = (performance.now() - begun) / 1000;
  if (!json) out.write(report(goal, folds, evaluations, seconds));
  if (values.out !== undefined) {
    const all = Int32Array.from({ length: table.length }, (_, row) => row);
    const { encoder, model } = await fitTable(goal, all, { hidden: hiddenUnits, epochs, seed: 0, signal });
    await save(model, values.out, { metadata: { [tableMetadata]: JSON.stringify(encoder) } });
    if (!json) out.write(`Saved to ${values.out}, trained on all rows. Try: myelin predict ${values.out} --data ${data}\n`);
  }
  if (json) {
    const mean = (name: 'network' | 'linear' | 'baseline'): TableScores => meanScores(evaluations.map((one) => one[name]));
    const scores = { network: mean('network'), linear: mean('linear'), baseline: mean('baseline') };
    out.write(
      `${JSON.stringify({ event: 'done', task, target, rows: table.length, folds, seeds, ...scores, leftOut, seconds })}\n`,
    );
  }
}

const text = { type: 'string' } as const;

/** `myelin train table`. */
export const trainTable: TrainTask = {
  help,
  options: {
    ...{ data: text, target: text, task: text, folds: text, seeds: text, epochs: text, out: text },
    json: { type: 'boolean', default: false },
  },
  async run(values, surroundings) {
    try {
      await trainAndReport(values as unknown as TableValues, surroundings);
      return exitCodes.success;
    } catch (error) {
      if (!surroundings.signal.aborted) throw error;
      surroundings.err.write('myelin: stopped; nothing was saved\n');
      return exitCodes.interrupted;
    }
  },
};
