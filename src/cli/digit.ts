/** Pictures and bars of characters. */

/** Darkest to brightest, for terminals without colours. */
const shades = [' ', '░', '▒', '▓', '█'];
/** The greys of the 256-colour palette: black, then 24 steps. */
const greys = [16, ...Array.from({ length: 24 }, (_, i) => 232 + i)];
const reset = '\x1b[0m';

function pick<T>(scale: readonly T[], value: number): T {
  return scale[Math.min(scale.length - 1, Math.max(0, Math.floor(value * scale.length)))] as T;
}

/**
 * A grey image as lines of text. In colour, each character is two pixels one above the other: a half block whose foreground is the
 * upper and whose background is the lower one. Without, each pixel is two characters wide, which makes it about square.
 *
 * @param pixels row-major, 0 (black) to 1 (white)
 */
export function drawImage(pixels: ArrayLike<number>, height: number, width: number, colour: boolean): string[] {
  const at = (row: number, column: number): number => (row < height ? (pixels[row * width + column] as number) : 0);
  const columns = Array.from({ length: width }, (_, column) => column);
  if (!colour)
    return Array.from({ length: height }, (_, row) => columns.map((column) => pick(shades, at(row, column)).repeat(2)).join(''));
  return Array.from({ length: Math.ceil(height / 2) }, (_, pair) => {
    const cells = columns.map(
      (column) => `\x1b[38;5;${pick(greys, at(2 * pair, column))};48;5;${pick(greys, at(2 * pair + 1, column))}m▀`,
    );
    return cells.join('') + reset;
  });
}

/** A bar of up to `width` characters for a share of 1, drawn to an eighth of a character. */
export function drawBar(share: number, width: number): string {
  const eighths = share > 0 ? Math.round(Math.min(1, share) * width * 8) : 0;
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : String.fromCharCode(0x2590 - rest));
}
