import { noGrad } from '../autograd/tape.js';
import { ArgumentError, describe } from '../errors.js';
import { samplingContext } from '../layers/context.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import { checkOptions } from '../layers/options.js';
import { namedLayers } from '../layers/state.js';
import { type ShapeOf, sampleShapes, type Value } from '../layers/value.js';
import { add, affine, concat, log, maximum, mul, neg, sigmoid, softmax, sub, sum } from '../ops/index.js';
import { checkInteger } from '../ops/operand.js';
import { zeros } from '../tensor/create.js';
import type { FloatDType } from '../tensor/dtype.js';
import { checkSeed, defaultSeed, RandomStream } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';

export interface DistributionOptions {
  /** Runs of the model; default 30. */
  samples?: number;
  /** Of the masks; default that of `setSeed`. The same seed gives the same result, and what training draws does not change. */
  seed?: number;
  /**
   * What the model gives: probabilities along the last axis (one column: those of yes), logits, which become probabilities first, or
   * other values. Default: probabilities where the rows are such, else values.
   */
  outputs?: 'probabilities' | 'logits' | 'values';
}

/** What many runs with dropout tell. */
export interface Distribution {
  /** The mean of the outputs. */
  mean: Tensor;
  /** Their variance over the runs, divided by runs - 1: how sure the model is. */
  variance: Tensor;
  /** -sum p log p of the mean probabilities, for each row; null for values that are no probabilities. */
  entropy: Tensor | null;
}

/** Runs `f` with fresh random streams of a seed in all layers, and puts back those that were there. */
function withStreams<T>(model: AnyLayer, seed: number, f: () => T): T {
  const found = [...namedLayers(model)].flatMap(([path, layer]) =>
    layer.ownStreams.map((stream, i) => ({ stream, before: stream.state.slice(), fresh: `${path}.${i} distribution` })),
  );
  if (found.length === 0)
    throw new ArgumentError(
      '[predictDistribution] expected a model with dropout, received one without: all its runs are the same',
    );
  try {
    for (const { stream, fresh } of found) stream.state.set(new RandomStream(seed, fresh).state);
    return f();
  } finally {
    for (const { stream, before } of found) stream.state.set(before);
  }
}

function areProbabilities(x: Tensor): boolean {
  const columns = x.shape.at(-1) ?? 1;
  if (columns < 2) return false;
  const values = x.floats;
  for (let row = 0; row < values.length; row += columns) {
    let total = 0;
    for (let i = row; i < row + columns; i++) {
      if (!((values[i] as number) >= 0)) return false;
      total += values[i] as number;
    }
    if (Math.abs(total - 1) > 1e-3) return false;
  }
  return true;
}

const isBinary = (x: Tensor): boolean => x.shape.at(-1) === 1;

/** -sum p log p along the last axis; 0 log 0 is 0. */
function entropyOf(mean: Tensor): Tensor {
  const p = isBinary(mean) ? concat([mean, affine(mean, -1, 1)], -1) : mean;
  return neg(sum(mul(p, log(maximum(p, 1e-30))), -1));
}

interface Moments {
  mean: Tensor;
  squares: Tensor;
}

/** One more run in the mean and in the sum of squared differences from it (Welford 1962). */
function take({ mean, squares }: Moments, y: Tensor, count: number): Moments {
  const before = sub(y, mean);
  const moved = add(mean, affine(before, 1 / count, 0));
  return { mean: moved, squares: add(squares, mul(before, sub(y, moved))) };
}

/**
 * What a model makes of inputs when its dropout stays at work (Gal and Ghahramani 2016): where the runs disagree, the model does not
 * know. All else is as in use.
 *
 * @param x a batch
 * @example
 * const { mean, variance, entropy } = predictDistribution(model, x, { samples: 50, seed: 1 });
 */
export function predictDistribution<In extends Value>(
  model: Layer<In, Tensor>,
  x: In,
  options: DistributionOptions = {},
): Distribution {
  const where = 'predictDistribution';
  if (!(model instanceof Layer)) throw new ArgumentError(`[${where}] expected a model, received ${describe(model)}`);
  checkOptions(where, options, ['samples', 'outputs']);
  const { samples = 30, seed = defaultSeed(), outputs } = options;
  checkInteger(where, 'samples', samples, 2);
  checkSeed(where, seed);
  if (outputs !== undefined && !['probabilities', 'logits', 'values'].includes(outputs))
    throw new ArgumentError(`[${where}] expected outputs to be probabilities, logits or values, received ${describe(outputs)}`);
  if (model.inputShape === null) model.build(sampleShapes(where, x) as ShapeOf<In>);
  const run = (): Tensor => {
    const y = model.call(x, samplingContext);
    if (!(y instanceof Tensor)) throw new ArgumentError(`[${where}] expected a model with one output, received several`);
    if (outputs !== 'logits') return y;
    return isBinary(y) ? sigmoid(y) : softmax(y);
  };
  return noGrad(() =>
    withStreams(model, seed, () =>
      scope(() => {
        let moments: Moments | null = null;
        for (let count = 1; count <= samples; count++) {
          const last: Moments | null = moments;
          moments = scope(() => {
            const y = run();
            return take(
              last ?? {
                mean: zeros(y.shape, { dtype: y.dtype as FloatDType }),
                squares: zeros(y.shape, { dtype: y.dtype as FloatDType }),
              },
              y,
              count,
            );
          });
          last?.mean.dispose();
          last?.squares.dispose();
        }
        const { mean, squares } = moments as Moments;
        const known = outputs === undefined ? areProbabilities(mean) : outputs !== 'values';
        return { mean, variance: affine(squares, 1 / (samples - 1), 0), entropy: known ? entropyOf(mean) : null };
      }),
    ),
  );
}
