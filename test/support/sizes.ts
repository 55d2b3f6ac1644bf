/** Lengths at which vector code breaks: nothing, one, and around multiples of the lanes (4 to 16) and of unrolled loops. */
export const sizes = [0, 1, 3, 17, 31, 33, 65] as const;

/** 2^n - 1, 2^n, 2^n + 1: where blocks, chunks and tails begin. */
export function aroundPowersOfTwo(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i)).flatMap((power) => [power - 1, power, power + 1]);
}

/** Long enough for every elementwise kernel to be cut over threads, and no multiple of anything. */
export const threadedLength = 300_007;
