import type { Forecast } from './seriesModel.js';

/** What is drawn: what was, and what is forecast, in the same unit. */
export interface Picture {
  readonly title: string;
  readonly history: readonly number[];
  readonly forecast: Forecast;
  /** A forecast that learns nothing, drawn beside. */
  readonly baseline: { readonly name: string; readonly values: readonly number[] };
}

const size = { width: 840, height: 360, left: 64, right: 16, top: 40, bottom: 44 } as const;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Round numbers, some five of them, that lie within the range. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** History, forecast and its interval as SVG; rows are counted from the last one known. */
export function drawForecast({ title, history, forecast, baseline }: Picture): string {
  const steps = forecast.mean.length;
  const all = [...history, ...forecast.low, ...forecast.high, ...forecast.mean, ...baseline.values];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = high - low || 1;
  const [inner, tall] = [size.width - size.left - size.right, size.height - size.top - size.bottom];
  const x = (row: number): number => size.left + (inner * (row + history.length - 1)) / Math.max(1, history.length - 1 + steps);
  const y = (value: number): number => size.top + tall * (1 - (value - low) / span);
  const point = (row: number, value: number): string => `${x(row).toFixed(1)},${y(value).toFixed(1)}`;
  const last = history[history.length - 1] as number;
  const ahead = (values: readonly number[]): string[] => [point(0, last), ...values.map((value, i) => point(i + 1, value))];
  const line = (points: readonly string[], style: string): string =>
    `<polyline fill="none" ${style} points="${points.join(' ')}"/>`;
  const grid = ticks(low, high).map(
    (value) =>
      `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>` +
      `<text x="${size.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${value}</text>`,
  );
  const rows = ticks(1 - history.length, steps).map(
    (row) => `<text x="${x(row).toFixed(1)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${row}</text>`,
  );
  const band = [...ahead(forecast.high), ...ahead(forecast.low).reverse()].join(' ');
  const legend = [
    ['#333', 'history'],
    ['#c0392b', 'forecast, and where 90 % of its paths run'],
    ['#2471a3', baseline.name],
  ].map(
    ([colour, text], i) =>
      `<rect x="${size.left + 8 + 250 * i}" y="26" width="12" height="4" fill="${colour}"/><text x="${size.left + 24 + 250 * i}" y="32">${escaped(text as string)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" fill="#333">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="${size.left}" y="16" font-size="14">${escaped(title)}</text>`,
    ...legend,
    ...grid,
    ...rows,
    `<text x="${size.left + inner / 2}" y="${size.height - 8}" text-anchor="middle">rows after the last one known</text>`,
    `<line x1="${x(0).toFixed(1)}" x2="${x(0).toFixed(1)}" y1="${size.top}" y2="${size.height - size.bottom}" stroke="#bbb" stroke-dasharray="4 3"/>`,
    `<polygon fill="#c0392b" fill-opacity="0.18" points="${band}"/>`,
    line(ahead(baseline.values), 'stroke="#2471a3" stroke-dasharray="5 4"'),
    line(
      history.map((value, i) => point(i + 1 - history.length, value)),
      'stroke="#333" stroke-width="1.3"',
    ),
    line(ahead(forecast.mean), 'stroke="#c0392b" stroke-width="1.6"'),
    '</svg>\n',
  ].join('\n');
}
