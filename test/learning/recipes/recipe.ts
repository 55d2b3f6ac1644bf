/** A training that is written down to the last setting, and how well the mean of its runs has to do. */
export interface Recipe {
  /** The data and, after a dot, the model or the variant. */
  readonly name: string;
  /** What is measured, on examples that were not trained on unless it says so. */
  readonly figure: string;
  /** What PyTorch reaches, the mean of three seeds. */
  readonly torch: number;
  readonly bound: Bound;
  /** Why it cannot be followed here, where it cannot. */
  readonly leftOut?: string;
  /** Trains once, and measures. */
  run(seed: number): Promise<number>;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** Whether a figure keeps within a bound; what is not a number does not. */
export function keeps(figure: number, bound: Bound): boolean {
  return 'atLeast' in bound ? figure >= bound.atLeast : figure <= bound.atMost;
}
