import { mnist } from '../data/mnist.js';
import { NonFiniteError, ShapeError } from '../errors.js';
import { load } from '../io/model.js';
import { softmax } from '../ops/index.js';
import { scope } from '../tensor/scope.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Command, choiceOption, exitCodes, integerOption, parseCommand, wantsColour } from './command.js';
import { drawBar, drawImage } from './digit.js';

const barWidth = 40;
const classes = 10;

/** One line for each class; the likeliest is marked. */
function barsOf(probabilities: Float32Array, best: number): string[] {
  return Array.from(probabilities, (share, digit) => {
    const percent = `${(100 * share).toFixed(1)} %`.padStart(7);
    return `${digit === best ? '>' : ' '} ${digit} ${percent} ${drawBar(share, barWidth)}`.trimEnd();
  });
}

/** `myelin predict FILE`: one image of the test set, and what a saved model makes of it. */
export const predictCommand: Command = {
  summary: 'show what a saved model makes of an image',
  help: `Usage: myelin predict FILE [--data mnist] [--index I]

Draws an image of the MNIST test set and the probabilities that a saved model gives to the ten digits.

Arguments:
  FILE        a model, as written by myelin train mnist --out FILE

Options:
  --data D    the images: mnist (default)
  --index I   which one, from 0 (default 0)
`,
  async run(args, { out, env }) {
    const { values, positionals } = parseCommand('predict', args, { data: { type: 'string' }, index: { type: 'string' } }, [
      'the file of a model',
    ]);
    choiceOption('data', values.data, 'mnist', ['mnist']);
    const file = positionals[0] as string;
    // The number first: how many images there are is known only when they are read, which takes longer.
    integerOption('index', values.index, 0, 0, 2 ** 31 - 1);
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
