/** One step of a search: the rate that was in force, the loss before the step, and its fading mean. */
export interface RatePoint {
  readonly rate: number;
  readonly loss: number;
  readonly smoothed: number;
}

/** A mean in which what is past fades, corrected for its start at 0. */
export class FadingMean {
  private sum = 0;
  private count = 0;

  constructor(private readonly decay: number) {}

  add(value: number): number {
    this.sum = this.decay * this.sum + (1 - this.decay) * value;
    return this.sum / (1 - this.decay ** ++this.count);
  }
}

/** What the loss did while the learning rate rose. */
export class RateCurve {
  constructor(readonly points: readonly RatePoint[]) {}

  /** The rate at which the mean loss fell fastest, on the way to its lowest point. */
  get suggestion(): number {
    const { points } = this;
    const lowest = points.reduce((best, { smoothed }, i) => (smoothed < points[best].smoothed ? i : best), 0);
    // Slopes over a twentieth of the curve to either side: from one step to the next the batch decides more than the rate.
    const reach = Math.max(1, Math.floor(points.length / 20));
    let best = Math.max(0, lowest - reach);
    let steepest = Number.POSITIVE_INFINITY;
    for (let i = 2 * reach; i <= lowest - reach; i++) {
      const slope = points[i + reach].smoothed - points[i - reach].smoothed;
      if (slope < steepest) [best, steepest] = [i, slope];
    }
    return points[best].rate;
  }

  /** The curve in letters: the mean loss upwards, the rate to the right in logarithms; the suggestion is marked. */
  toText(width = 60, height = 15): string {
    const { high, low } = this.range;
    const rows = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
    const column = (rate: number): number => Math.round(this.across(rate) * (width - 1));
    const row = (loss: number): number => Math.round(((high - loss) / (high - low || 1)) * (height - 1));
    const marked = column(this.suggestion);
    for (const line of rows) line[marked] = '|';
    for (const { rate, smoothed } of this.points) rows[row(smoothed)][column(rate)] = '*';
    const label = (i: number): string => (i === 0 ? high : i === height - 1 ? low : Number.NaN).toPrecision(4);
    const lines = rows.map(
      (line, i) => `${(i === 0 || i === height - 1 ? label(i) : '').padStart(10)} ${line.join('').trimEnd()}`,
    );
    const [first, last] = this.ends.map((rate) => rate.toExponential(1));
    const foot = `${' '.repeat(11)}${first}${last.padStart(Math.max(1, width - first.length))}`;
    return [...lines, foot, `suggested learning rate: ${this.suggestion.toExponential(2)}`].join('\n');
  }

  /** The curve as an SVG image. */
  toSvg(width = 640, height = 400): string {
    const { high, low } = this.range;
    const edge = 50;
    const x = (rate: number): string => (edge + this.across(rate) * (width - 2 * edge)).toFixed(1);
    const y = (loss: number): string => (edge + ((high - loss) / (high - low || 1)) * (height - 2 * edge)).toFixed(1);
    const line = this.points.map(({ rate, smoothed }) => `${x(rate)},${y(smoothed)}`).join(' ');
    const at = x(this.suggestion);
    const text = (left: string | number, top: number, content: string): string =>
      `<text x="${left}" y="${top}" font-family="sans-serif" font-size="12">${content}</text>`;
    const [first, last] = this.ends;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
      `<rect width="${width}" height="${height}" fill="white"/>`,
      `<line x1="${at}" y1="${edge}" x2="${at}" y2="${height - edge}" stroke="gray" stroke-dasharray="4"/>`,
      `<polyline points="${line}" fill="none" stroke="steelblue" stroke-width="2"/>`,
      text(5, edge, high.toPrecision(4)),
      text(5, height - edge, low.toPrecision(4)),
      text(edge, height - edge / 2, first.toExponential(1)),
      text(width - edge - 30, height - edge / 2, last.toExponential(1)),
      text(at, edge - 10, `suggestion ${this.suggestion.toExponential(2)}`),
      '</svg>',
    ].join('\n');
  }

  private get ends(): [number, number] {
    return [this.points[0].rate, this.points[this.points.length - 1].rate];
  }

  /** Lowest and highest mean loss. */
  private get range(): { low: number; high: number } {
    const means = this.points.map(({ smoothed }) => smoothed);
    return { low: Math.min(...means), high: Math.max(...means) };
  }

  /** Where a rate lies between the first and the last, from 0 to 1, in logarithms. */
  private across(rate: number): number {
    const [first, last] = this.ends;
    return last === first ? 0 : Math.log(rate / first) / Math.log(last / first);
  }
}
