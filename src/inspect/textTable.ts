/** A cell of a table: text to the left, numbers to the right, null for nothing. */
export type Cell = string | number | null;

/** Six digits; whole numbers as they are. */
export function numberText(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** Aligned columns under a heading. */
export function textTable(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? numberText(cell) : (cell ?? ''))));
  const widths = heading.map((title, i) => Math.max(title.length, ...texts.map((row) => (row[i] as string).length)));
  const isNumeric = heading.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join('  ')
      .trimEnd();
  return [line(heading), widths.map((width) => '-'.repeat(width)).join('  '), ...texts.map(line)].join('\n');
}
