import { describe, expect, it } from 'vitest';
import { choiceOption, integerOption, parseCommand, positiveOption, UsageError, wantsColour } from '../../src/cli/command.js';
import { drawBar, drawImage } from '../../src/cli/digit.js';

describe('options', () => {
  it('are numbers in their range, or refused by name', () => {
    expect(integerOption('epochs', undefined, 3, 1, 10)).toBe(3);
    expect(integerOption('epochs', '7', 3, 1, 10)).toBe(7);
    expect(integerOption('batch', '1e2', 3, 1, 1000)).toBe(100);
    for (const text of ['0', '11', '1.5', '', ' ', '0x5', 'NaN', 'Infinity', '5 ', '1e400', '-1', 'two']) {
      expect(() => integerOption('epochs', text, 3, 1, 10), JSON.stringify(text)).toThrow(
        `[--epochs] expected an integer from 1 to 10, received '${text}'`,
      );
    }
    expect(positiveOption('lr', '1e-3', 1)).toBe(0.001);
    expect(positiveOption('lr', '.5', 1)).toBe(0.5);
    for (const text of ['0', '-1e-3', 'nan', '1e999', '1e-999']) expect(() => positiveOption('lr', text, 1)).toThrow(UsageError);
    expect(choiceOption('model', undefined, 'cnn', ['mlp', 'cnn'])).toBe('cnn');
    expect(() => choiceOption('model', 'rnn', 'cnn', ['mlp', 'cnn'])).toThrow("[--model] expected mlp or cnn, received 'rnn'");
  });

  it('that are unknown, without value or too many are usage errors', () => {
    const parse = (...args: string[]): unknown => parseCommand('try', args, { size: { type: 'string' } }, ['a file']);
    expect(parse('a', '--size', '5')).toMatchObject({ values: { size: '5' }, positionals: ['a'] });
    expect(parse('--size=5', '--', '-a')).toMatchObject({ values: { size: '5' }, positionals: ['-a'] });
    for (const args of [[], ['a', 'b'], ['a', '--colour'], ['a', '--size'], ['a', '-s', '5']])
      expect(() => parse(...args), args.join(' ')).toThrow(UsageError);
  });
});

describe('pictures', () => {
  it('are half blocks in colour and shades without', () => {
    expect(drawImage([0, 1, 0.5, 0.3], 2, 2, false)).toEqual(['  ██', '▒▒░░']);
    const [line, ...rest] = drawImage([0, 1, 0.5, 0.3], 2, 2, true);
    expect(rest).toEqual([]);
    expect(line?.split('▀').length).toBe(3);
    expect(line?.startsWith('\x1b[38;5;16;48;5;')).toBe(true);
    expect(line?.endsWith('\x1b[0m')).toBe(true);
    expect(drawImage([1, 1, 1], 3, 1, true).length).toBe(2);
  });

  it('have bars drawn to an eighth of a character', () => {
    expect([drawBar(1, 4), drawBar(0, 4), drawBar(0.5, 4), drawBar(1 / 32, 4), drawBar(2, 2), drawBar(Number.NaN, 2)]).toEqual([
      '████',
      '',
      '██',
      '▏',
      '██',
      '',
    ]);
  });

  it('are in colour on a terminal, unless NO_COLOR is set', () => {
    const out = { write: () => true, isTTY: true };
    expect([
      wantsColour(out, {}),
      wantsColour(out, { NO_COLOR: '1' }),
      wantsColour(out, { NO_COLOR: '' }),
      wantsColour({ ...out, isTTY: false }, {}),
    ]).toEqual([true, false, true, false]);
  });
});
