import { mnist } from '../data/mnist.js';
import { NonFiniteError, ShapeError } from '../errors.js';
import { load } from '../io/model.js';
import { softmax } from '../ops/index.js';
import { scope } from '../tensor/scope.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Command, exitCodes, integerOption, parseCommand, UsageError, wantsColour } from './command.js';
import { drawBar, drawImage } from './digit.js';
import { isTableModel, predictTable } from './predictTable.js';
import { tableSources } from './tableSource.js';

const barWidth = 40;
const classes = 10;

/** One line for each class; the likeliest is marked. */
function barsOf(probabilities: Float32Array, best: number): string[] {
  return Array.from(probabilities, (share, digit) => {
    const percent = `${(100 * share).toFixed(1)} %`.padStart(7);
    return `${digit === best ? '>' : ' '} ${digit} ${percent} ${drawBar(share, barWidth)}`.trimEnd();
  });
}

/** `myelin predict FILE`: what a saved model makes of an image of the MNIST test set, or of the rows of a table. */
export const predictCommand: Command = {
  summary: 'show what a saved model makes of an image or a table',
  help: `Usage: myelin predict FILE [--data mnist] [--index I]
       myelin predict FILE --data TABLE [--json]

Draws an image of the MNIST test set and the probabilities that a saved model gives to the ten digits. Or writes what a saved model
makes of each row of a table, as CSV; how right that is, where the table has the column itself, is told on the error stream.

Arguments:
  FILE        a model, as written by myelin train mnist --out FILE or myelin train table --out FILE

Options:
  --data D    mnist (default), ${tableSources}
  --index I   which image, from 0 (default 0)
  --json      rows as JSON lines, with the probabilities of all classes
`,
  async run(args, surroundings) {
    const { out, env } = surroundings;
    const options = { data: { type: 'string' }, index: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseCommand('predict', args, options, ['the file of a model']);
    const { data = 'mnist', json } = values;
    const file = positionals[0] as string;
    if (data !== 'mnist') {
      if (values.index !== undefined)
        throw new UsageError(`[--index] expected only with --data mnist, received '${values.index}'`);
      return predictTable(file, data, json, surroundings);
    }
    if (json) throw new UsageError('[--json] expected only for tables, received it for mnist');
    // The number first: how many images there are is known only when they are read, which takes longer.
    integerOption('index', values.index, 0, 0, 2 ** 31 - 1);
    if (values.data === undefined && (await isTableModel(file)))
      throw new UsageError(`[--data] expected a table for a model of myelin train table, ${tableSources}, received nothing`);
    const model = await load(file);
    const images = await mnist({ split: 'test' });
    const index = integerOption('index', values.index, 0, 0, images.length - 1);
    const { x, y } = await images.get(Int32Array.of(index));
    const [, height, width] = x.shape as [number, number, number, number];
    const pixels = x.data();
    const label = y.item();
    const probabilities = scope(() => {
      const logits = model.predict(x) as Tensor;
      if (logits.shape.length !== 2 || logits.shape[1] !== classes) {
        throw new ShapeError(
          `[myelin predict] expected a model that gives ${classes} classes, received outputs of shape ${shapeText(logits.shape)}`,
        );
      }
      return softmax(logits).data() as Float32Array;
    });
    x.dispose();
    y.dispose();
    const best = probabilities.indexOf(Math.max(...probabilities));
    if (best < 0) throw new NonFiniteError(`[myelin predict] expected probabilities, received NaN from ${file}`);
    const verdict = best === label ? `${best}, which it is` : `${best}, but it is ${label}`;
    const lines = [
      ...drawImage(pixels, height, width, wantsColour(out, env)),
      '',
      ...barsOf(probabilities, best),
      '',
      `Image ${index} looks like ${verdict}.`,
    ];
    out.write(`${lines.join('\n')}\n`);
    return exitCodes.success;
  },
};
