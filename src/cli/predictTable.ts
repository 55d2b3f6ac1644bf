import type { Table } from '../data/table.js';
import { type Decoded, TableEncoder } from '../data/tableEncoder.js';
import { FormatError } from '../errors.js';
import { load } from '../io/model.js';
import { readSafetensors } from '../io/safetensors.js';
import type { Sequential } from '../layers/index.js';
import { exitCodes, type Surroundings } from './command.js';
import { predictRows } from './tableModel.js';
import { scoreText, scoreValues } from './tableScores.js';
import { checkTableName, openTable, tableMetadata } from './tableSource.js';

/** Whether a file holds a model for tables. */
export async function isTableModel(file: string): Promise<boolean> {
  return (await readSafetensors(file)).metadata.has(tableMetadata);
}

/** The encoder that lies with a model. */
async function readEncoder(file: string): Promise<TableEncoder> {
  const { metadata } = await readSafetensors(file);
  const text = metadata.get(tableMetadata);
  if (text === undefined)
    throw new FormatError(`[myelin predict] expected a model of myelin train table in ${file}, received one without encoders`);
  try {
    return TableEncoder.fromJSON(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`[myelin predict] expected JSON in ${tableMetadata} of ${file}, received other text`, { cause });
  }
}

/** A field of CSV, in quotes where it needs them. */
function field(value: string | number): string {
  const text = String(value);
  return /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function asCsv(encoder: TableEncoder, rows: readonly Decoded[]): string {
  if (encoder.task === 'regress') return [field(encoder.target), ...rows.map(({ value }) => String(value))].join('\n');
  const lines = rows.map(({ value, probabilities }) => `${field(value)},${Math.max(...probabilities).toFixed(4)}`);
  return [`${field(encoder.target)},probability`, ...lines].join('\n');
}

function asJson(encoder: TableEncoder, rows: readonly Decoded[]): string {
  const lines = rows.map(({ value, probabilities }) => {
    const shares = Object.fromEntries(encoder.classes.map((name, i) => [name, probabilities[i]]));
    return JSON.stringify({ [encoder.target]: value, ...(encoder.task === 'classify' ? { probabilities: shares } : {}) });
  });
  return lines.join('\n');
}

/** How right the predictions are, where the table knows; null where it does not. */
function verdict(encoder: TableEncoder, table: Table, rows: readonly Decoded[]): string | null {
  if (!table.has(encoder.target)) return null;
  const known = table.rowsWith(encoder.target);
  if (known.length === 0) return null;
  const values = Array.from(known, (row) => (rows[row] as Decoded).value);
  const scores = scoreValues(table.take(known), encoder.target, encoder.task, values);
  const texts = Object.entries(scores).map(([name, score]) => `${name} ${scoreText(name, score)}`);
  return `on the ${known.length} rows whose ${encoder.target} is given: ${texts.join(', ')}`;
}

/** `myelin predict FILE --data TABLE`: a line for each row, as CSV or JSON; how right they are, where that is known, as a message. */
export async function predictTable(file: string, data: string, json: boolean, surroundings: Surroundings): Promise<number> {
  checkTableName(data, ['mnist']);
  const encoder = await readEncoder(file);
  const model = await load<Sequential>(file);
  const { table } = await openTable(data, encoder.types);
  const rows = predictRows(encoder, model, table);
  surroundings.out.write(rows.length === 0 && json ? '' : `${json ? asJson(encoder, rows) : asCsv(encoder, rows)}\n`);
  const right = verdict(encoder, table, rows);
  if (right !== null) surroundings.err.write(`myelin: ${right}\n`);
  return exitCodes.success;
}
