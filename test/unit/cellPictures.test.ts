import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TextLevel } from '../../src/data/vocabulary.js';
import { ArgumentError } from '../../src/errors.js';
import { colourLevel, colourLevels, colours } from '../../src/inspect/colourScale.js';
import { CellActivations, drawCellsHtml, drawCellsSvg } from '../../src/inspect/index.js';
import { textRows } from '../../src/inspect/textRows.js';

/** A cell of as many units over a text, all with the same value at a token. */
function seenAs(
  tokens: string[],
  value: (step: number) => number,
  options: { units?: number; bounded?: boolean; level?: TextLevel } = {},
) {
  const { units = 1, bounded = true, level = 'character' } = options;
  const activations = Float32Array.from({ length: tokens.length * units }, (_, i) => value(Math.floor(i / units)));
  return new CellActivations(tokens, level, [{ path: '1.0', type: 'LstmCell', units, reverse: false, bounded, activations }]);
}

const unescaped = (text: string): string => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
/** What lies in the parts of a picture that show text. */
const shown = (picture: string, tag: 'span' | 'text'): string[] =>
  [...picture.matchAll(new RegExp(`<${tag}[^>]*>([^<]*)</${tag}>`, 'g'))].map(([, text]) => unescaped(text as string));

describe('colours', () => {
  it('go from blue over white to red', () => {
    const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    const [low, middle, high] = [colours[0], colours[20], colours[40]].map((colour) => channels(colour as string));
    expect(colours).toHaveLength(colourLevels);
    expect((low?.[2] as number) - (low?.[0] as number)).toBeGreaterThan(100);
    expect(middle).toEqual([255, 255, 255]);
    expect((high?.[0] as number) - (high?.[2] as number)).toBeGreaterThan(100);
    // The text, #1a1a1a, stays legible on all: WCAG 2.2 asks for a contrast of 4.5.
    const linear = (channel: number) =>
      channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
    for (const colour of colours) {
      const [red, green, blue] = channels(colour).map(linear) as [number, number, number];
      expect((0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) / (linear(0x1a) + 0.05)).toBeGreaterThan(4.5);
    }
  });

  it('are chosen by value, and stay within the scale', () => {
    expect([-1, 0, 1, -9, 9].map((value) => colourLevel(value, -1, 1))).toEqual([0, 20, 40, 0, 40]);
    expect([0, 1, 2].map((value) => colourLevel(value, 0, 2))).toEqual([0, 20, 40]);
    expect(colourLevel(0, 0, 0)).toBe(20);
  });
});

describe('textRows', () => {
  const drawn = (text: string, columns: number): string[] =>
    textRows([...text], 0, [...text].length, columns, 0).map((row) => row.map((one) => one.text).join(''));

  it('end at line ends, else before words', () => {
    expect(drawn('one two\nthree\n\nfour', 20)).toEqual(['one·two↵', 'three↵', '↵', 'four']);
    expect(drawn('one two three', 7)).toEqual(['one·two·', 'three']);
    expect(drawn('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh·', 'ij']);
    expect(textRows(['knock', 'at', 'the'], 0, 3, 8, 1).map((row) => row.map(({ column }) => column))).toEqual([[0, 6], [0]]);
    expect(textRows(['knock', 'at', 'the'], 1, 2, 8, 1)).toEqual([[{ token: 1, text: 'at', mark: false, column: 0, width: 2 }]]);
  });

  it('have marks for what is not seen', () => {
    expect(drawn('\t\r\u0000\u007f\u0085\u00a0\u202e\ud800\ufffe', 20)).toEqual(['→␍␀␡\ufffd·\ufffd\ufffd\ufffd']);
    expect(drawn('e\u0301', 20)).toEqual(['e◌\u0301']);
  });

  it('hold every token once, in order, in their columns', () => {
    const token = fc.oneof(fc.constantFrom(' ', '\n', '語', 'é'), fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 1),
        (tokens, columns, gap) => {
          const rows = textRows(tokens, 0, tokens.length, columns, gap);
          expect(rows.flat().map((one) => one.token)).toEqual(tokens.map((_, i) => i));
          for (const row of rows) {
            let column = 0;
            for (const one of row) {
              expect(one.column).toBe(column);
              column += one.width + gap;
              expect(one.text).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
            }
            const { column: last, width, mark } = row.at(-1) as (typeof row)[number];
            if (row.length > 1) expect(last + width).toBeLessThanOrEqual(columns + (mark ? 1 : 0));
          }
        },
      ),
    );
  });
});

const nasty = '<script>alert("1")</script>&amp; \'&#60;\n\u0000]]>';

describe.each([
  ['drawCellsHtml', drawCellsHtml, 'span'],
  ['drawCellsSvg', drawCellsSvg, 'text'],
] as const)('%s', (_, draw, tag) => {
  it('shows the text, and takes no markup from it', () => {
    const picture = draw(
      seenAs([...nasty], (step) => Math.sin(step)),
      { units: [0], title: '</title><b>&' },
    );
    expect(shown(picture, tag).join('')).toContain(
      tag === 'span' ? nasty.replace(/ /g, '·').replace('\n', '↵').replace('\0', '␀') : 'script>alert("1")</script>&amp;',
    );
    const known =
      /<\/?(?:!doctype|html|head|meta|title|style|body|h1|h2|section|p|pre|span|svg|defs|linearGradient|stop|rect|text|g)\b[^<>]*>/g;
    const rest = picture.replace(/<style>[^<]*<\/style>/, '').replace(known, '');
    expect(rest).not.toMatch(/[<>]/);
    expect(rest.replace(/&#\d+;/g, '')).not.toContain('&');
    expect(picture).not.toMatch(/<script|<b>/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML does not allow
    expect(picture).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });

  it('colours low blue and high red, with the scale of the cell', () => {
    const values = [-1, 0, 1, 1, 0.5];
    const colourOf = (picture: string): (string | undefined)[] => {
      if (tag === 'text') return [...picture.matchAll(/<rect [^>]*height="19" fill="(#\w+)"/g)].map(([, colour]) => colour);
      return [...picture.matchAll(/<span class="c(\d+)"/g)].map(([, level]) => colours[Number(level)]);
    };
    const bounded = draw(seenAs([...'abcde'], (step) => values[step] as number));
    // Neighbours of one colour are one run.
    expect(bounded).toContain('correlation with');
    expect(
      colourOf(
        draw(
          seenAs([...'abcde'], (step) => values[step] as number),
          { units: ['1.0.0'] },
        ),
      ),
    ).toEqual([0, 20, 40, 30].map((level) => colours[level]));
    const relu = draw(
      seenAs([...'abc'], (step) => 2.123456 * step, { bounded: false }),
      { units: [0] },
    );
    expect(colourOf(relu)).toEqual([0, 20, 40].map((level) => colours[level]));
    expect(relu).toContain('4.25 high');
    expect(bounded).toMatch(/low -1\b/);
  });

  it('draws the part and the units that are asked for, by default the best of each feature', () => {
    const letters = [...'ab cd ef\n'.repeat(40)];
    const seen = seenAs(letters, (step) => (letters[step] === ' ' ? 1 : -1), { units: 3 });
    const headings = (picture: string) => [...picture.matchAll(/>unit ([\d.]+)</g)].map(([, name]) => name);
    expect(headings(draw(seen))).toEqual(['1.0.0']);
    expect(headings(draw(seen, { units: ['1.0.2', 1] }))).toEqual(['1.0.2', '1.0.1']);
    const part = shown(draw(seen, { units: [0], from: 3, length: 4 }), tag).join('|');
    expect(part).toContain(tag === 'span' ? 'cd|·|e' : 'cd|e|·');
    expect(part).not.toContain('ab');
    expect(draw(seen, { units: [] })).not.toContain('unit ');
    // 2000 tokens unless told otherwise.
    const long = shown(
      draw(
        seenAs(Array(3000).fill('q'), () => 0),
        { units: [0] },
      ),
      tag,
    ).join('');
    expect(long.match(/q/g)).toHaveLength(2000);
  });

  it('sets words apart', () => {
    const picture = draw(
      seenAs(['knock', 'at', '\n'], () => 0, { level: 'word' }),
      { units: [0] },
    );
    expect(shown(picture, tag).filter((text) => /knock|at$|↵/.test(text))).toEqual(['knock', 'at', '↵']);
    expect(picture).toContain('the same everywhere');
  });

  it('says what it cannot draw', () => {
    const seen = seenAs([...'abc'], () => 0);
    expect(() => draw({} as never)).toThrow(/expected what cellActivations gives/);
    expect(() => draw(seen, { units: ['1.0.1'] })).toThrow(/expected a unit of 1\.0\.0 to 1\.0\.0, received "1\.0\.1"/);
    for (const wrong of [{ units: 3 }, { from: 3 }, { from: -1 }, { length: 0 }, { columns: 0 }, { title: 3 }, { unit: 1 }])
      expect(() => draw(seen, wrong as never)).toThrow(ArgumentError);
  });
});
