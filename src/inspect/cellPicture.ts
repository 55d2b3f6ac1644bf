/** What pictures of cells show, whatever the format. */
import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../trainer/options.js';
import { CellActivations } from './cellActivations.js';
import { colourLevel } from './colourScale.js';
import { type PlacedToken, textRows } from './textRows.js';
import { trackingUnits, unitCorrelations } from './trackingUnits.js';

export interface DrawCellsOptions {
  /** The units to draw, by name; default those that follow each feature best. */
  units?: readonly (string | number)[];
  /** The first token that is drawn; default 0. */
  from?: number;
  /** How many tokens are drawn; default 2000. */
  length?: number;
  /** The widest row; default 100 characters. */
  columns?: number;
  /** Above the picture; default `Cells over a text`. */
  title?: string;
}

/** One unit over the text. */
export interface UnitPicture {
  readonly name: string;
  /** What it is, and its correlations with features of the text. */
  readonly caption: string;
  /** The activations that have the first and the last colour. */
  readonly low: string;
  readonly high: string;
  /** The colour of a token. */
  readonly level: (token: number) => number;
}

export interface CellPicture {
  readonly title: string;
  readonly rows: readonly (readonly PlacedToken[])[];
  readonly units: readonly UnitPicture[];
}

function unitPicture(seen: CellActivations, unit: string | number): UnitPicture {
  const { name, cell } = seen.find(unit);
  const values = seen.activations(unit);
  const [low, high] = cell.bounded ? [-1, 1] : [0, values.reduce((most, value) => Math.max(most, value), 0)];
  const follows = unitCorrelations(seen, unit).map(({ feature, correlation }) => `${feature} ${correlation.toFixed(2)}`);
  const what = `${cell.type}${cell.reverse ? ', reads from the end' : ''}`;
  const caption = `${what}; ${follows.length === 0 ? 'the same everywhere' : `correlation with ${follows.join(', ')}`}`;
  const [lowText, highText] = [low, high].map((value) => String(Number((value as number).toPrecision(3)))) as [string, string];
  return { name, caption, low: lowText, high: highText, level: (token) => colourLevel(values[token] as number, low, high) };
}

/** The units that follow each feature best, each once. */
function bestUnits(seen: CellActivations): string[] {
  return [...new Set(trackingUnits(seen, { top: 1 }).features.flatMap(({ units }) => units.map(({ unit }) => unit)))];
}

export function cellPicture(where: string, seen: CellActivations, options: DrawCellsOptions): CellPicture {
  if (!(seen instanceof CellActivations))
    throw new ArgumentError(`[${where}] expected what cellActivations gives, received ${describe(seen)}`);
  checkKeys(where, options, ['units', 'from', 'length', 'columns', 'title']);
  const { units = bestUnits(seen), from = 0, length = 2000, columns = 100, title = 'Cells over a text' } = options;
  if (!Array.isArray(units)) throw new ArgumentError(`[${where}] expected an array of units, received ${describe(units)}`);
  checkInteger(where, 'from', from, 0, seen.tokens.length - 1);
  checkInteger(where, 'length', length, 1);
  checkInteger(where, 'columns', columns, 1);
  if (typeof title !== 'string') throw new ArgumentError(`[${where}] expected title to be a text, received ${describe(title)}`);
  const to = Math.min(seen.tokens.length, from + length);
  return {
    title,
    rows: textRows(seen.tokens, from, to, columns, seen.level === 'word' ? 1 : 0),
    units: units.map((unit) => unitPicture(seen, unit)),
  };
}

/** Text as it may stand in HTML and XML, within quotation marks too. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Neighbours in a row that share what `key` tells, together; tokens with a gap between them are no neighbours. */
export function runsOf(row: readonly PlacedToken[], key: (token: PlacedToken) => unknown): PlacedToken[][] {
  const runs: PlacedToken[][] = [];
  for (const one of row) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (before !== undefined && before.column + before.width === one.column && key(before) === key(one)) run?.push(one);
    else runs.push([one]);
  }
  return runs;
}
