/** Colours of activations: blue for low, white between, red for high; light enough for dark text on all of them. */

/** How many colours there are. */
export const colourLevels = 41;

const [low, middle, high] = [
  [92, 142, 240],
  [255, 255, 255],
  [240, 98, 82],
] as const;

/** The colours from low to high, as `#rrggbb`. */
export const colours: readonly string[] = Array.from({ length: colourLevels }, (_, level) => {
  const at = (2 * level) / (colourLevels - 1) - 1;
  const end = at < 0 ? low : high;
  const channels = middle.map((from, i) => Math.round(from + Math.abs(at) * ((end[i] as number) - from)));
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
});

/** The place of a value among the colours, from `from` (the lowest) to `to`; the middle where both are the same. */
export function colourLevel(value: number, from: number, to: number): number {
  if (from === to) return (colourLevels - 1) / 2;
  const share = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return Math.round(share * (colourLevels - 1));
}
