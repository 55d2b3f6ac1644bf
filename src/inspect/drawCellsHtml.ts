import type { CellActivations } from './cellActivations.js';
import { cellPicture, type DrawCellsOptions, escapeMarkup, runsOf, type UnitPicture } from './cellPicture.js';
import { colours } from './colourScale.js';
import type { PlacedToken } from './textRows.js';

const style = `
:root { color-scheme: light; }
body { margin: 2em; background: #fff; color: #1a1a1a; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4em; margin: 0 0 .2em; }
h2 { font-size: 1.05em; margin: 1.8em 0 0; }
p { margin: 0 0 .4em; color: #444; }
pre { margin: 0; font: 14px/1.5 'DejaVu Sans Mono', Menlo, Consolas, monospace; overflow-x: auto; }
pre span { padding: .12em 0; }
.m { color: #0007; }
.bar { display: inline-block; width: 10em; height: .8em; margin: 0 .5em; border: 1px solid #bbb; vertical-align: -.05em;
  background: linear-gradient(to right, ${[colours[0], colours[(colours.length - 1) / 2], colours.at(-1)].join(', ')}); }
${colours.map((colour, level) => `.c${level}{background:${colour}}`).join('\n')}`;

function rowText(row: readonly PlacedToken[], { level }: UnitPicture): string {
  const runs = runsOf(row, (one) => 2 * level(one.token) + Number(one.mark));
  let column = 0;
  return runs
    .map((run) => {
      const [first, last] = [run[0] as PlacedToken, run.at(-1) as PlacedToken];
      const gap = ' '.repeat(first.column - column);
      column = last.column + last.width;
      const text = escapeMarkup(run.map((one) => one.text).join(''));
      return `${gap}<span class="c${level(first.token)}${first.mark ? ' m' : ''}">${text}</span>`;
    })
    .join('');
}

/**
 * A text coloured by the activations of units, one below the other, as a page that needs nothing else: blue where a unit is low, white
 * between, red where it is high. Colours go from -1 to 1; those of a simple cell with relu from 0 to its largest value. Spaces, line
 * ends and control characters have marks.
 *
 * @throws ArgumentError for a unit that there is not, or an option out of its range
 * @example
 * await writeFile('cells.html', drawCellsHtml(seen, { units: ['1.0.17'] }));
 */
export function drawCellsHtml(seen: CellActivations, options: DrawCellsOptions = {}): string {
  const { title, rows, units } = cellPicture('drawCellsHtml', seen, options);
  const sections = units.map((unit) =>
    [
      '<section>',
      `<h2>unit ${escapeMarkup(unit.name)}</h2>`,
      `<p>${escapeMarkup(unit.caption)}</p>`,
      `<p>low ${unit.low}<span class="bar"></span>${unit.high} high</p>`,
      `<pre>${rows.map((row) => rowText(row, unit)).join('\n')}</pre>`,
      '</section>',
    ].join('\n'),
  );
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeMarkup(title)}</h1>`,
    ...sections,
    '</body>',
    '</html>\n',
  ].join('\n');
}
