import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../trainer/options.js';
import { CellActivations } from './cellActivations.js';
import { textFeatures } from './textFeatures.js';
import { textTable } from './textTable.js';

const where = 'trackingUnits';

/** Numbers to compare units with, by name, one for each token. */
export type FeatureValues = Readonly<Record<string, ArrayLike<number>>>;

export interface TrackingOptions {
  /** Default: those of `textFeatures`. */
  features?: FeatureValues;
  /** How many units to list for each feature; default 5. */
  top?: number;
}

/** A feature of the text, and the units that follow it. */
export interface TrackedFeature {
  readonly feature: string;
  /** Those whose correlation is largest in size, first; a negative one is low where the feature is high. None for a feature that is the same everywhere. */
  readonly units: readonly { readonly unit: string; readonly correlation: number }[];
}

export interface TrackingReport {
  readonly features: readonly TrackedFeature[];
  /** All of it as a table. */
  toString(): string;
}

/** Values less their mean, over their norm; null where they are all the same. */
function standardized(values: ArrayLike<number>): Float64Array | null {
  const own = Float64Array.from(values);
  const count = own.length;
  let [sum, squares, varies] = [0, 0, false];
  for (let i = 0; i < count; i++) {
    sum += own[i] as number;
    varies ||= own[i] !== own[0];
  }
  if (!varies) return null;
  for (let i = 0; i < count; i++) {
    own[i] = (own[i] as number) - sum / count;
    squares += (own[i] as number) ** 2;
  }
  if (squares === 0) return null;
  const norm = Math.sqrt(squares);
  for (let i = 0; i < count; i++) own[i] = (own[i] as number) / norm;
  return own;
}

/** Pearson's correlation of two that are standardized. */
function correlation(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return Math.max(-1, Math.min(1, sum));
}

function checkSeen(seen: unknown): asserts seen is CellActivations {
  if (!(seen instanceof CellActivations))
    throw new ArgumentError(`[${where}] expected what cellActivations gives, received ${describe(seen)}`);
}

/** The features standardized, those that vary. */
function prepare(seen: CellActivations, features: FeatureValues): [name: string, values: Float64Array | null][] {
  return Object.entries(features).map(([name, values]) => {
    const fits = typeof values === 'object' && values !== null && values.length === seen.tokens.length;
    if (!fits || !Array.from(values).every(Number.isFinite))
      throw new ArgumentError(`[${where}] expected a finite number of ${name} for each of ${seen.tokens.length} tokens`);
    return [name, standardized(values)];
  });
}

const bySize = (a: { correlation: number }, b: { correlation: number }): number =>
  Math.abs(b.correlation) - Math.abs(a.correlation);

/**
 * Pearson's correlation of one unit with each feature of the text, the largest in size first. Features that are the same everywhere
 * have none and are left out, and so are all where the unit itself is.
 */
export function unitCorrelations(
  seen: CellActivations,
  unit: string | number,
  features: FeatureValues = textFeatures(seen.tokens, seen.level),
): { feature: string; correlation: number }[] {
  checkSeen(seen);
  const own = standardized(seen.activations(unit));
  return prepare(seen, features)
    .flatMap(([feature, values]) => (own === null || values === null ? [] : [{ feature, correlation: correlation(own, values) }]))
    .sort(bySize);
}

/**
 * The units that follow a feature of the text, such as spaces, starts of words, line ends or the position in the line: those whose
 * activation has the largest Pearson correlation with it.
 *
 * @example
 * console.log(String(trackingUnits(cellActivations(model, text, { vocabulary }))));
 */
export function trackingUnits(seen: CellActivations, options: TrackingOptions = {}): TrackingReport {
  checkSeen(seen);
  checkKeys(where, options, ['features', 'top']);
  const { features = textFeatures(seen.tokens, seen.level), top = 5 } = options;
  checkInteger(where, 'top', top, 1);
  const prepared = prepare(seen, features);
  const found = prepared.map((): { unit: string; correlation: number }[] => []);
  for (const unit of seen.unitNames()) {
    const own = standardized(seen.activations(unit));
    if (own === null) continue;
    for (const [i, [, values]] of prepared.entries())
      if (values !== null) found[i]?.push({ unit, correlation: correlation(own, values) });
  }
  const tracked = prepared.map(([feature], i) => ({ feature, units: (found[i] ?? []).sort(bySize).slice(0, top) }));
  return { features: tracked, toString: () => reportText(tracked, top) };
}

function reportText(tracked: readonly TrackedFeature[], top: number): string {
  const heading = ['feature', ...Array.from({ length: top }, (_, i) => (i === 0 ? 'unit and correlation' : ''))];
  const rows = tracked.map(({ feature, units }) => {
    const cells = units.map(({ unit, correlation: r }) => `${unit} ${r < 0 ? '' : '+'}${r.toFixed(2)}`);
    return [feature, ...(cells.length === 0 ? ['the same everywhere'] : cells), ...Array(top).fill('')].slice(0, top + 1);
  });
  return textTable(heading, rows);
}
