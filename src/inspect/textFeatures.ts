import type { TextLevel } from '../data/vocabulary.js';
import { ArgumentError, describe } from '../errors.js';

/** Words begin where this matches: an apostrophe or a hyphen between letters begins none. */
const word = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu;
const [openingQuotes, closingQuotes] = ['“„«', '”»'];
const [openingBrackets, closingBrackets] = ['([{', ')]}'];

function wordStarts(tokens: readonly string[], level: TextLevel): Float64Array {
  if (level === 'word') return Float64Array.from(tokens, (token) => (/^[\p{L}\p{M}\p{N}]/u.test(token) ? 1 : 0));
  const starts = new Set(Array.from(tokens.join('').matchAll(word), ({ index }) => index));
  let at = 0;
  return Float64Array.from(tokens, (token) => {
    const here = at;
    at += token.length;
    return starts.has(here) ? 1 : 0;
  });
}

function linePositions(tokens: readonly string[]): Float64Array {
  let position = 0;
  return Float64Array.from(tokens, (token) => {
    position = token === '\n' ? 0 : position + 1;
    return position;
  });
}

function insideQuotes(tokens: readonly string[]): Float64Array {
  let inside = false;
  return Float64Array.from(tokens, (token, i) => {
    if (token === '"') inside = !inside;
    else if (openingQuotes.includes(token)) inside = true;
    // A quotation that nobody closed ends with its paragraph.
    else if (closingQuotes.includes(token) || (token === '\n' && tokens[i - 1] === '\n')) inside = false;
    return inside ? 1 : 0;
  });
}

function insideBrackets(tokens: readonly string[]): Float64Array {
  let depth = 0;
  return Float64Array.from(tokens, (token) => {
    if (openingBrackets.includes(token)) depth++;
    else if (closingBrackets.includes(token)) depth = Math.max(0, depth - 1);
    return depth > 0 ? 1 : 0;
  });
}

/**
 * What there is to follow in a text, as numbers for each token, as it stands once the token is read: whether it is white space other
 * than a line end, the first of a word, a line end; how many tokens of the line there are so far; whether it is inside quotation marks
 * or brackets (the opening mark counts, the closing one does not).
 *
 * @example
 * textFeatures([...'a b']).space; // Float64Array [0, 1, 0]
 */
export function textFeatures(tokens: readonly string[], level: TextLevel = 'character'): Record<string, Float64Array> {
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string' && token !== ''))
    throw new ArgumentError(`[textFeatures] expected an array of tokens, received ${describe(tokens)}`);
  return {
    space: Float64Array.from(tokens, (token) => (token !== '\n' && /^\s+$/.test(token) ? 1 : 0)),
    'start of word': wordStarts(tokens, level),
    'line end': Float64Array.from(tokens, (token) => (token === '\n' ? 1 : 0)),
    'position in line': linePositions(tokens),
    'inside quotes': insideQuotes(tokens),
    'inside brackets': insideBrackets(tokens),
  };
}
