/** Setting a text in rows of a monospaced font, with marks for what could not be seen. */

/** One token where it stands. */
export interface PlacedToken {
  /** Its place in the text. */
  readonly token: number;
  /** What is drawn for it. */
  readonly text: string;
  /** Whether that is a mark in its place. */
  readonly mark: boolean;
  readonly column: number;
  readonly width: number;
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;

/** A character as it can be seen: control characters have pictures, and what may not stand in a page at all is a replacement. */
function visible(character: string): { text: string; mark: boolean } {
  const code = character.codePointAt(0) as number;
  if (character === '\n') return { text: '↵', mark: true };
  if (character === '\t') return { text: '→', mark: true };
  if (code < 0x20) return { text: String.fromCodePoint(0x2400 + code), mark: true };
  if (code === 0x7f) return { text: '\u2421', mark: true };
  if (/\s/.test(character)) return { text: '·', mark: true };
  if (/\p{C}/u.test(character)) return { text: '\ufffd', mark: true };
  return { text: character, mark: false };
}

/** A token without its place. */
function glyphs(token: string): { text: string; mark: boolean; width: number } {
  const characters = Array.from(token, visible);
  const text = characters.map((one) => one.text).join('');
  const width = Array.from(text).reduce((sum, one) => sum + (wide.test(one) ? 2 : /\p{M}/u.test(one) ? 0 : 1), 0);
  // A token of combining marks alone needs something to stand on.
  return { text: width === 0 ? `◌${text}` : text, mark: characters.every((one) => one.mark), width: Math.max(1, width) };
}

/**
 * The tokens in rows of at most so many columns, which end with a line of the text, or before a word that does not fit. Marks may stand
 * one column beyond.
 *
 * @param gap columns between tokens: 0 for characters, 1 for words
 */
export function textRows(tokens: readonly string[], from: number, to: number, columns: number, gap: number): PlacedToken[][] {
  const rows: PlacedToken[][] = [];
  let row: PlacedToken[] = [];
  const end = (): number => (row.length === 0 ? 0 : (row.at(-1) as PlacedToken).column + (row.at(-1) as PlacedToken).width + gap);
  /** Ends the row before the word that its last tokens belong to. */
  const wrap = (): void => {
    const space = gap > 0 ? row.length - 1 : row.findLastIndex(({ mark }) => mark);
    const rest = row.slice(space + 1);
    const kept = space < 0 ? row : row.slice(0, space + 1);
    rows.push(kept);
    const first = space < 0 ? 0 : (rest[0]?.column ?? 0);
    row = space < 0 ? [] : rest.map((one) => ({ ...one, column: one.column - first }));
  };
  for (let token = from; token < to; token++) {
    const own = glyphs(tokens[token] as string);
    while (row.length > 0 && end() + own.width > columns + (own.mark ? 1 : 0)) wrap();
    row.push({ token, ...own, column: end() });
    if (tokens[token] === '\n') {
      rows.push(row);
      row = [];
    }
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
