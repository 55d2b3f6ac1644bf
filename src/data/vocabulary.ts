/** Between texts and indices: fitted to texts to train on, kept as plain JSON beside the model. */
import { ArgumentError, describe, FormatError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { checkKeys } from '../optimizers/settings.js';
import { Tensor } from '../tensor/tensor.js';

/** What an index stands for that stands for no text: filler behind short texts, anything not in the vocabulary, begin and end of a text. */
export type VocabularySymbol = 'padding' | 'unknown' | 'start' | 'end';

/** Whether texts are cut into characters (code points), or into words, numbers, punctuation marks and line ends. */
export type TextLevel = 'character' | 'word';

export interface VocabularyOptions {
  /** Default 'character'. */
  level?: TextLevel;
  /** Tokens that occur less often are left out; default 1. */
  minCount?: number;
  /** The most tokens, symbols included: the most frequent stay. Default all. */
  maxSize?: number;
  /** Whether capitals are read as small letters; default false. */
  lowercase?: boolean;
  /** The symbols that there are, whose indices come first in this order; default ['unknown']. */
  symbols?: readonly VocabularySymbol[];
}

export interface EncodeOptions {
  /** Whether the start symbol is put in front; default false. */
  start?: boolean;
  /** Whether the end symbol is put behind; default false. */
  end?: boolean;
}

/** Texts of several lengths as one batch. */
export interface EncodedTexts {
  /** int32 [texts, steps], filled up with the padding symbol. */
  indices: Tensor;
  /** int32 [texts]: how many of the steps are the text's. */
  lengths: Tensor;
}

/** Of the JSON form. */
const version = 1;
const levels: readonly TextLevel[] = ['character', 'word'];
const allSymbols: readonly VocabularySymbol[] = ['padding', 'unknown', 'start', 'end'];
/** A word may hold apostrophes and hyphens between its letters; every other mark is a token of its own, as is the end of a line. */
const wordPattern = /[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*|\p{N}+|\n|[^\s\p{L}\p{M}\p{N}]/gu;
/** Marks that stand close to the word before them, and those that stand close to the word behind. */
const closing = /^[.,;:!?)\]}»”’…%]$/u;
const opening = /^[([{«“‘$#@]$/u;

function tokensOf(text: string, level: TextLevel): Iterable<string> {
  return level === 'character' ? text : (text.match(wordPattern) ?? []);
}

/** Distinct symbols, or an error of the given class. */
function checkSymbols(
  where: string,
  symbols: unknown,
  Failure: typeof ArgumentError | typeof FormatError,
): readonly VocabularySymbol[] {
  const known = Array.isArray(symbols) && symbols.every((symbol) => allSymbols.includes(symbol));
  if (!known || new Set(symbols).size < symbols.length) {
    throw new Failure(
      `[${where}] expected symbols to be distinct ones of ${allSymbols.join(', ')}, received ${describe(symbols)}`,
    );
  }
  return [...(symbols as VocabularySymbol[])];
}

/**
 * The tokens of texts, numbered: first the symbols, then tokens from the most frequent to the rarest (ties by code point).
 *
 * @example
 * const vocabulary = Vocabulary.build('to be or not to be', { level: 'word' });
 * vocabulary.decode(vocabulary.encode('not to be')); // 'not to be'
 * await save(model, file, { metadata: { vocabulary: JSON.stringify(vocabulary) } });
 */
export class Vocabulary {
  private readonly indexOf: ReadonlyMap<string, number>;

  private constructor(
    readonly level: TextLevel,
    readonly lowercase: boolean,
    readonly symbols: readonly VocabularySymbol[],
    /** Without the symbols. */
    private readonly tokens: readonly string[],
  ) {
    this.indexOf = new Map(tokens.map((token, i) => [token, symbols.length + i]));
  }

  /** The vocabulary of a text, or of several. */
  static build(texts: string | Iterable<string>, options: VocabularyOptions = {}): Vocabulary {
    const where = 'Vocabulary';
    checkKeys(where, options, ['level', 'minCount', 'maxSize', 'lowercase', 'symbols']);
    const { level = 'character', minCount = 1, maxSize = 2 ** 31 - 1, lowercase = false, symbols = ['unknown'] } = options;
    if (!levels.includes(level))
      throw new ArgumentError(`[${where}] expected level to be ${levels.join(' or ')}, received ${describe(level)}`);
    checkInteger(where, 'minCount', minCount, 1);
    const own = checkSymbols(where, symbols, ArgumentError);
    checkInteger(where, 'maxSize', maxSize, own.length);
    if (typeof lowercase !== 'boolean')
      throw new ArgumentError(`[${where}] expected lowercase to be true or false, received ${describe(lowercase)}`);
    const counts = new Map<string, number>();
    for (const text of typeof texts === 'string' ? [texts] : checkIterable(where, texts)) {
      if (typeof text !== 'string') throw new ArgumentError(`[${where}] expected texts, received ${describe(text)}`);
      for (const token of tokensOf(lowercase ? text.toLowerCase() : text, level)) counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    const byRank = (a: [string, number], b: [string, number]): number => b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
    const tokens = [...counts]
      .filter(([, count]) => count >= minCount)
      .sort(byRank)
      .slice(0, maxSize - own.length)
      .map(([token]) => token);
    return new Vocabulary(level, lowercase, own, tokens);
  }

  /** A vocabulary as `toJSON` told it. */
  static fromJSON(json: unknown): Vocabulary {
    const where = 'Vocabulary';
    const value = json as { [Key in 'version' | 'level' | 'lowercase' | 'symbols' | 'tokens']?: unknown } | null;
    if (typeof value !== 'object' || value === null || value.version !== version)
      throw new FormatError(`[${where}] expected a vocabulary of version ${version}, received something else`);
    const { level, lowercase, tokens } = value;
    if (!levels.includes(level as TextLevel) || typeof lowercase !== 'boolean')
      throw new FormatError(`[${where}] expected level and lowercase, received ${describe(level)} and ${describe(lowercase)}`);
    if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string') || new Set(tokens).size < tokens.length)
      throw new FormatError(`[${where}] expected tokens to be distinct texts, received something else`);
    return new Vocabulary(level as TextLevel, lowercase, checkSymbols(where, value.symbols, FormatError), [...tokens]);
  }

  /** Plain JSON: all that is needed to encode other texts alike. */
  toJSON(): Record<string, unknown> {
    const { level, lowercase, symbols, tokens } = this;
    return { version, level, lowercase, symbols, tokens };
  }

  /** How many indices there are. */
  get size(): number {
    return this.symbols.length + this.tokens.length;
  }

  /** The index of a token; null where it is not in the vocabulary. */
  index(token: string): number | null {
    return this.indexOf.get(token) ?? null;
  }

  /** The index of a symbol; null where the vocabulary does without it. */
  symbol(symbol: VocabularySymbol): number | null {
    const index = this.symbols.indexOf(symbol);
    return index < 0 ? null : index;
  }

  /** The text that an index stands for; that of symbols is empty. */
  token(index: number): string {
    checkInteger('Vocabulary', 'an index', index, 0, this.size - 1);
    return this.tokens[index - this.symbols.length] ?? '';
  }

  /** The tokens of a text, those that `encode` numbers. */
  split(text: string): string[] {
    if (typeof text !== 'string') throw new ArgumentError(`[Vocabulary] expected a text, received ${describe(text)}`);
    return [...tokensOf(this.lowercase ? text.toLowerCase() : text, this.level)];
  }

  /** The indices of a text. Without an unknown symbol, tokens that are not in the vocabulary throw. */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    const where = 'Vocabulary';
    checkKeys(where, options, ['start', 'end']);
    const unknown = this.symbol('unknown');
    const indices: number[] = options.start === true ? [this.required('start')] : [];
    for (const token of this.split(text)) {
      const index = this.indexOf.get(token) ?? unknown;
      if (index === null)
        throw new ArgumentError(
          `[${where}] expected tokens of the vocabulary, which has no unknown symbol, received ${describe(token)}`,
        );
      indices.push(index);
    }
    if (options.end === true) indices.push(this.required('end'));
    return Int32Array.from(indices);
  }

  /** Texts as a batch, filled up with the padding symbol where they are shorter than the longest. */
  encodeBatch(texts: readonly string[], options: EncodeOptions = {}): EncodedTexts {
    if (!Array.isArray(texts)) throw new ArgumentError(`[Vocabulary] expected an array of texts, received ${describe(texts)}`);
    const rows = texts.map((text) => this.encode(text, options));
    const steps = rows.reduce((most, row) => Math.max(most, row.length), 0);
    const padding = rows.every(({ length }) => length === steps) ? 0 : this.required('padding');
    const indices = new Tensor([rows.length, steps], 'int32');
    const lengths = new Tensor([rows.length], 'int32');
    indices.array.fill(padding);
    for (const [i, row] of rows.entries()) {
      indices.array.set(row, i * steps);
      lengths.array[i] = row.length;
    }
    return { indices, lengths };
  }

  /**
   * The text of indices; symbols are left out. Words are set with spaces as is usual, which may not be those that were there: white
   * space but for line ends is no token.
   */
  decode(indices: Iterable<number> | Tensor): string {
    const list = indices instanceof Tensor ? indices.array : checkIterable('Vocabulary', indices);
    const tokens = Array.from(list, (index) => this.token(index)).filter((token) => token !== '');
    if (this.level === 'character') return tokens.join('');
    const spaced = (token: string, i: number): boolean => {
      const before = tokens[i - 1];
      return before !== undefined && token !== '\n' && before !== '\n' && !closing.test(token) && !opening.test(before);
    };
    return tokens.map((token, i) => (spaced(token, i) ? ` ${token}` : token)).join('');
  }

  private required(symbol: VocabularySymbol): number {
    const index = this.symbol(symbol);
    if (index === null)
      throw new ArgumentError(
        `[Vocabulary] expected a vocabulary with the symbol ${symbol}, received one with ${describe([...this.symbols])}`,
      );
    return index;
  }
}

function checkIterable<T>(where: string, value: Iterable<T>): Iterable<T> {
  if (value === null || typeof value !== 'object' || typeof value[Symbol.iterator] !== 'function')
    throw new ArgumentError(`[${where}] expected something to go through, such as an array, received ${describe(value)}`);
  return value;
}
