import type { CellActivations } from './cellActivations.js';
import { cellPicture, type DrawCellsOptions, escapeMarkup, runsOf, type UnitPicture } from './cellPicture.js';
import { colours } from './colourScale.js';
import type { PlacedToken } from './textRows.js';

/** Pixels. Monospaced fonts are some 0.6 of their size wide; each word starts in its place, whatever the font. */
const size = {
  margin: 20,
  font: 14,
  column: 8.4,
  row: 21,
  title: 30,
  heading: 50,
  below: 22,
  narrowest: 480,
  letter: 7,
} as const;

const x = (column: number): string => (size.margin + column * size.column).toFixed(1);
const end = ({ column, width }: PlacedToken): number => column + width;

/** The backgrounds of a row and its text, words in `text`, marks in `marks`. */
function drawRow(row: readonly PlacedToken[], top: number, { level }: UnitPicture) {
  const backgrounds = runsOf(row, (one) => level(one.token)).map((run) => {
    const [first, last] = [run[0] as PlacedToken, run.at(-1) as PlacedToken];
    const width = ((end(last) - first.column) * size.column).toFixed(1);
    return `<rect x="${x(first.column)}" y="${top}" width="${width}" height="${size.row - 2}" fill="${colours[level(first.token)]}"/>`;
  });
  const written = (mark: boolean): string[] =>
    runsOf(row, (one) => one.mark)
      .filter(([first]) => first?.mark === mark)
      .map((run) => {
        const text = escapeMarkup(run.map((one) => one.text).join(''));
        return `<text x="${x((run[0] as PlacedToken).column)}" y="${top + 14}">${text}</text>`;
      });
  return { backgrounds, words: written(false), marks: written(true) };
}

function drawUnit(unit: UnitPicture, rows: readonly (readonly PlacedToken[])[], top: number): string {
  const lines = rows.map((row, i) => drawRow(row, top + size.heading + i * size.row, unit));
  const left = size.margin;
  return [
    `<text x="${left}" y="${top + 14}" font-weight="bold">unit ${escapeMarkup(unit.name)}</text>`,
    `<text x="${left + 130}" y="${top + 14}">low ${unit.low}</text>`,
    `<rect x="${left + 190}" y="${top + 5}" width="120" height="10" fill="url(#scale)" stroke="#bbb"/>`,
    `<text x="${left + 320}" y="${top + 14}">${unit.high} high</text>`,
    `<text x="${left}" y="${top + 36}" fill="#444">${escapeMarkup(unit.caption)}</text>`,
    ...lines.flatMap(({ backgrounds }) => backgrounds),
    `<g class="t">`,
    ...lines.flatMap(({ words }) => words),
    '</g>',
    '<g class="t" fill-opacity=".45">',
    ...lines.flatMap(({ marks }) => marks),
    '</g>',
  ].join('\n');
}

/**
 * The picture of `drawCellsHtml` as SVG: a text coloured by the activations of units, one below the other.
 *
 * @throws ArgumentError for a unit that there is not, or an option out of its range
 * @example
 * await writeFile('cells.svg', drawCellsSvg(seen, { units: ['1.0.17'], length: 500 }));
 */
export function drawCellsSvg(seen: CellActivations, options: DrawCellsOptions = {}): string {
  const { title, rows, units } = cellPicture('drawCellsSvg', seen, options);
  const columns = rows.reduce((most, row) => Math.max(most, ...row.slice(-1).map(end)), 0);
  const captions = units.map(({ caption }) => caption.length * size.letter);
  const width = Math.max(size.narrowest, Math.ceil(2 * size.margin + Math.max(columns * size.column, ...captions)));
  const tall = size.heading + rows.length * size.row + size.below;
  const height = 2 * size.margin + size.title + units.length * tall - size.below;
  const stops = [0, (colours.length - 1) / 2, colours.length - 1].map(
    (level) => `<stop offset="${level / (colours.length - 1)}" stop-color="${colours[level]}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13" fill="#1a1a1a" role="img">`,
    `<title>${escapeMarkup(title)}</title>`,
    // Each character stands on its own colour, also where a script is written from right to left.
    `<style>.t{font:${size.font}px 'DejaVu Sans Mono',Menlo,Consolas,monospace;direction:ltr;unicode-bidi:bidi-override}</style>`,
    `<defs><linearGradient id="scale">${stops.join('')}</linearGradient></defs>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="${size.margin}" y="${size.margin + 16}" font-size="18" font-weight="bold">${escapeMarkup(title)}</text>`,
    ...units.map((unit, i) => drawUnit(unit, rows, size.margin + size.title + i * tall)),
    '</svg>\n',
  ].join('\n');
}
