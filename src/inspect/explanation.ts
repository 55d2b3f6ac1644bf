import { numberText, textTable } from './textTable.js';

/** One dense layer and its activation, for one example. Matrices are [input][unit]. */
export interface ExplainedLayer {
  readonly path: string;
  readonly activationName: string;
  readonly input: number[];
  readonly weight: number[][];
  readonly bias: number[] | null;
  /** input weight + bias. */
  readonly z: number[];
  /** The activation of z. */
  readonly activation: number[];
  /** d loss / d activation: for half the squared error of the last layer, output - target. */
  readonly error: number[];
  /** d loss / d z: the error times the activation's slope. */
  readonly delta: number[];
  /** d loss / d weight: input times delta. */
  readonly weightGradient: number[][];
  readonly biasGradient: number[] | null;
  /** weight - learningRate * gradient. */
  readonly newWeight: number[][];
  readonly newBias: number[] | null;
  /** Each unit's error dealt to its inputs in proportion to their weights, error * w / (sum of the unit's weights). */
  readonly errorShares: number[][];
}

interface Told {
  readonly input: number[];
  readonly target: number[];
  readonly output: number[];
  readonly loss: number;
  readonly learningRate: number;
  readonly layers: readonly ExplainedLayer[];
}

/** What `explain` tells: numbers, and by `String(...)` tables. */
export class Explanation implements Told {
  readonly input: number[];
  readonly target: number[];
  readonly output: number[];
  readonly loss: number;
  readonly learningRate: number;
  readonly layers: readonly ExplainedLayer[];

  constructor({ input, target, output, loss, learningRate, layers }: Told) {
    this.input = input;
    this.target = target;
    this.output = output;
    this.loss = loss;
    this.learningRate = learningRate;
    this.layers = layers;
  }

  toString(): string {
    const list = (values: readonly number[]): string => `[${values.map(numberText).join(', ')}]`;
    const ends = `input ${list(this.input)}, output ${list(this.output)}, target ${list(this.target)}, loss ${numberText(this.loss)}`;
    return [ends, ...this.layers.map((layer, i) => layerText(layer, i))].join('\n\n');
  }
}

function layerText(layer: ExplainedLayer, index: number): string {
  const name = layer.path === '' ? String(index) : layer.path;
  const units = layer.z.map((z, j) => [
    String(j),
    z,
    layer.activation[j] as number,
    layer.error[j] as number,
    layer.delta[j] as number,
  ]);
  const weights = layer.weight.flatMap((from, i) =>
    from.map((w, j) => [
      `${i} -> ${j}`,
      w,
      layer.weightGradient[i]?.[j] as number,
      layer.newWeight[i]?.[j] as number,
      layer.errorShares[i]?.[j] as number,
    ]),
  );
  const biases = (layer.bias ?? []).map((b, j) => [
    `bias -> ${j}`,
    b,
    layer.biasGradient?.[j] as number,
    layer.newBias?.[j] as number,
    null,
  ]);
  return [
    `layer ${name}: inputs ${layer.input.length}, units ${layer.z.length}, ${layer.activationName}`,
    textTable(['unit', 'z', layer.activationName, 'error', 'delta'], units),
    textTable(['weight', 'value', 'gradient', 'new value', 'share of error'], [...weights, ...biases]),
  ].join('\n');
}
