import type { CaseEntry, ErrorEntry } from './folder.js';

/** Numbers with a shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly array: ArrayLike<number>;
}

/** The first place where `got` is further from `want` than the bound, in words; null where all are near. */
export function distance(name: string, got: Values, want: Values, bound: number): string | null {
  if (`${got.shape}` !== `${want.shape}`) return `${name}: shape [${got.shape}], expected [${want.shape}]`;
  for (let i = 0; i < want.array.length; i++) {
    const [received, expected] = [got.array[i] as number, want.array[i] as number];
    if (Object.is(received, expected) || Math.abs(received - expected) <= bound || received === expected) continue;
    return `${name}[${i}]: ${received}, expected ${expected} +-${bound.toPrecision(3)}`;
  }
  return null;
}

/** As `distance`, of plain lists. */
export function listDistance(name: string, got: readonly number[], want: readonly number[], bound: number): string | null {
  return distance(name, { shape: [got.length], array: got }, { shape: [want.length], array: want }, bound);
}

/** The README's tolerance for layers and losses. */
export function layerBound(error: ErrorEntry | undefined): number {
  return error === undefined ? 0 : 8 * error.max_abs_error + 1e-5 * error.max_abs_value + 1e-6;
}

/** The README's tolerance for the loss, whose terms cancel. */
export function lossBound({ float32_error, loss }: CaseEntry): number {
  return 8 * (float32_error.loss?.max_abs_error ?? 0) + 1e-6 * loss.scale;
}

/** The README's tolerance for trainings. */
export function trainingBound(error: ErrorEntry | undefined): number {
  return error === undefined ? 0 : 20 * error.max_abs_error + 1e-5 * error.max_abs_value;
}

/** Names that one side has and the other lacks, in words. */
export function missing(what: string, got: Iterable<string>, want: Iterable<string>): string[] {
  const [have, need] = [new Set(got), new Set(want)];
  const lacking = [...need].filter((name) => !have.has(name)).map((name) => `no ${what} ${name}`);
  return [...lacking, ...[...have].filter((name) => !need.has(name)).map((name) => `an unexpected ${what} ${name}`)];
}
