import { basename } from 'node:path';
import { ArgumentError } from '../errors.js';
import {
  type CellActivations,
  cellActivations,
  type DrawCellsOptions,
  drawCellsHtml,
  drawCellsSvg,
  textFeatures,
  trackingUnits,
  unitCorrelations,
} from '../inspect/index.js';
import { textTable } from '../inspect/textTable.js';
import { atomicWrite } from '../io/atomicWrite.js';
import { load } from '../io/model.js';
import { type Command, exitCodes, integerOption, parseCommand, UsageError } from './command.js';
import { readText, readVocabulary } from './savedText.js';
import { checkWritable } from './writable.js';

/** Characters to find units in, where the text has as many: enough for line ends to be no rarity. */
const searched = 10_000;

const pictures: Readonly<Record<string, (seen: CellActivations, options: DrawCellsOptions) => string>> = {
  html: drawCellsHtml,
  svg: drawCellsSvg,
};

/** Each unit's correlations, one column a feature. */
function unitTable(seen: CellActivations, units: readonly string[]): string {
  const rows = units.map((unit) => ({ name: seen.find(unit).name, found: unitCorrelations(seen, unit) }));
  const features = Object.keys(textFeatures(seen.tokens, seen.level));
  const cells = rows.map(({ name, found }) => [
    name,
    ...features.map((feature) => found.find((one) => one.feature === feature)?.correlation.toFixed(2) ?? '-'),
  ]);
  return textTable(['unit', ...features], cells);
}

function jsonOf(seen: CellActivations, units: readonly string[] | undefined, length: number): object {
  const cells = seen.cells.map(({ path, type, units: count, reverse }) => ({ path, type, units: count, reverse }));
  const common = { event: 'done', tokens: seen.tokens.length, cells };
  if (units === undefined) return { ...common, features: trackingUnits(seen).features };
  const each = units.map((unit) => ({
    unit: seen.find(unit).name,
    correlations: unitCorrelations(seen, unit),
    activations: Array.from(seen.activations(unit).subarray(0, length)),
  }));
  return { ...common, text: seen.tokens.slice(0, length), units: each };
}

/** `myelin cells FILE --data TEXT`. */
export const cellsCommand: Command = {
  summary: 'show what the recurrent cells of a saved model follow in a text',
  help: `Usage: myelin cells FILE --data TEXT.txt [--unit U[,U]] [--picture FILE.html|FILE.svg] [--from N] [--length N] [--json]

Reads a text with a saved model and lists the units of its recurrent cells that follow spaces, starts of words, line ends, the position
in the line, quotation marks and brackets, by their correlation. A picture colours the text by what units hold after each character:
blue low, red high.

Arguments:
  FILE            a model, as written by myelin train text --out FILE

Options:
  --data FILE     a text in UTF-8
  --unit U[,U]    show these units, named as in the list: 1.0.17 or, where there is one cell, 17 (default: the best for each feature)
  --picture FILE  draws them, as a page (.html) or as SVG (.svg)
  --from N        leave out so many characters of the text (default 0)
  --length N      characters or words to draw (default 2000)
  --json          one JSON line; with --unit it holds the activations, too
`,
  async run(args, { out }) {
    const text = { type: 'string' } as const;
    const options = { data: text, unit: text, picture: text, from: text, length: text } as const;
    const { values, positionals } = parseCommand(
      'cells',
      args,
      { ...options, json: { type: 'boolean', default: false } as const },
      ['the file of a model'],
    );
    const file = positionals[0] as string;
    const { data, picture } = values;
    if (data === undefined) throw new UsageError('[--data] expected a text file, received nothing');
    const from = integerOption('from', values.from, 0, 0, 2 ** 31 - 1);
    const length = integerOption('length', values.length, 2000, 1, 100_000);
    const units = values.unit?.split(',').map((unit) => unit.trim());
    const draw = pictures[/\.(html|svg)$/i.exec(picture ?? '')?.[1]?.toLowerCase() ?? ''];
    if (picture !== undefined && draw === undefined)
      throw new UsageError(`[--picture] expected a file .html or .svg, received '${picture}'`);
    if (picture !== undefined) await checkWritable(picture, '--picture');
    const vocabulary = await readVocabulary('myelin cells', file);
    const shown = (await readText(data)).slice(from, from + Math.max(searched, length));
    if (vocabulary.split(shown).length === 0)
      throw new ArgumentError(`[--data] expected a text of more than ${from} characters, received a shorter one`);
    const seen = cellActivations(await load(file), shown, { vocabulary });
    const found = units === undefined ? String(trackingUnits(seen)) : unitTable(seen, units);
    if (values.json) out.write(`${JSON.stringify(jsonOf(seen, units, length))}\n`);
    else {
      const cells = seen.cells.map(({ path, type, units: count }) => `${path} ${type} of ${count} units`).join(', ');
      const what = vocabulary.level === 'word' ? 'words' : 'characters';
      out.write(`${data}: ${seen.tokens.length} ${what}; ${cells}\n${found}\n`);
    }
    if (picture !== undefined && draw !== undefined) {
      const drawn = draw(seen, { title: basename(data), length, ...(units === undefined ? {} : { units }) });
      await atomicWrite(picture, [new TextEncoder().encode(drawn)]);
      if (!values.json) out.write(`Drawn in ${picture}\n`);
    }
    return exitCodes.success;
  },
};
