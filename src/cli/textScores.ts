/** How well texts are predicted that were not trained on, and by what learns next to nothing. */

export interface TextScores {
  /** Bits to write a character down with the shortest code that the predictions allow. */
  readonly bitsPerCharacter: number;
  /** e to the mean loss of a token. */
  readonly perplexity: number;
}

/** From the mean loss of a token, in nats. */
export function textScores(nats: number, tokens: number, characters: number): TextScores {
  return { bitsPerCharacter: (nats * tokens) / characters / Math.LN2, perplexity: Math.exp(nats) };
}

/** Nats a token: each alike; by how often each was seen; by that and the token before. */
export function baselineNats(
  training: Int32Array,
  test: Int32Array,
  tokens: number,
): Record<'uniform' | 'unigram' | 'bigram', number> {
  const counts = new Float64Array(tokens).fill(1);
  for (const token of training) counts[token] = (counts[token] as number) + 1;
  const total = training.length + tokens;
  const pairs = new Map<number, number>();
  const firsts = new Float64Array(tokens);
  for (let i = 1; i < training.length; i++) {
    const [before, token] = [training[i - 1] as number, training[i] as number];
    const pair = before * tokens + token;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    firsts[before] = (firsts[before] as number) + 1;
  }
  // Pairs lean on single tokens by one imagined sight of each token before.
  let [unigram, bigram] = [0, 0];
  for (let i = 1; i < test.length; i++) {
    const [before, token] = [test[i - 1] as number, test[i] as number];
    const alone = (counts[token] as number) / total;
    unigram -= Math.log(alone);
    bigram -= Math.log(((pairs.get(before * tokens + token) ?? 0) + alone) / ((firsts[before] as number) + 1));
  }
  const count = Math.max(1, test.length - 1);
  return { uniform: Math.log(tokens), unigram: unigram / count, bigram: bigram / count };
}
