import { grad, valueAndGrad } from '../autograd/grad.js';
import { noGrad } from '../autograd/tape.js';
import { ArgumentError, describe } from '../errors.js';
import { Activation } from '../layers/activation.js';
import { resolveActivation } from '../layers/activations.js';
import { Dense } from '../layers/dense.js';
import { Dropout } from '../layers/dropout.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import { Sequential } from '../layers/sequential.js';
import type { Loss } from '../losses/loss.js';
import { affine, cast, linear, matmul, mul, reshape, square, sub, sum } from '../ops/index.js';
import { tensor } from '../tensor/create.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { checkKeys } from '../trainer/options.js';
import { type ExplainedLayer, Explanation } from './explanation.js';

export interface ExplainOptions {
  /** Of the step that is shown; default 0.1. */
  learningRate?: number;
  /** Of the prediction [1, units] and the target; default half the squared error, sum (a - y)^2 / 2. */
  loss?: Loss<Tensor, Tensor>;
}

/** Beyond this many weights nobody reads the tables. */
const mostWeights = 10_000;

/** A dense layer with the activation that follows. */
interface Stage {
  readonly layer: Dense;
  activate: (z: Tensor) => Tensor;
  activation: string;
}

function leaves(layer: AnyLayer): AnyLayer[] {
  return layer instanceof Sequential ? [...layer.layers.values()].flatMap(leaves) : [layer];
}

/** The model as dense layers with activations; dropout does nothing in use. */
function stagesOf(model: AnyLayer): Stage[] {
  const stages: Stage[] = [];
  for (const layer of leaves(model)) {
    if (layer instanceof Dropout) continue;
    const before = stages.at(-1);
    if (layer instanceof Dense) {
      const { name, apply } = resolveActivation('explain', layer.config().activation);
      stages.push({ layer, activate: apply, activation: name });
    } else if (layer instanceof Activation && before?.activation === 'linear') {
      const { name, apply } = resolveActivation('explain', layer.config().activation);
      Object.assign(before, { activate: apply, activation: name });
    } else {
      throw new ArgumentError(`[explain] expected dense layers, each with one activation, received ${layer.where}`);
    }
  }
  const weights = stages.reduce((count, { layer }) => count + (layer.weight?.size ?? 0), 0);
  if (weights > mostWeights)
    throw new ArgumentError(`[explain] expected a network of at most ${mostWeights} weights, received ${weights}`);
  return stages;
}

/** One example as a row of doubles; targets of whole numbers (labels) stay what they are. */
function exampleOf(what: string, value: unknown): Tensor {
  if (!(value instanceof Tensor) && !Array.isArray(value))
    throw new ArgumentError(`[explain] expected ${what} to be a tensor or an array of numbers, received ${describe(value)}`);
  const given = value instanceof Tensor ? value : tensor(value as number[], { dtype: 'float64' });
  if (given.dtype === 'int32') return reshape(given, [-1]);
  return reshape(cast(given, 'float64'), [1, -1]);
}

const halfSquaredError: Loss<Tensor, Tensor> = (a, y) => affine(sum(square(sub(a, y))), 0.5, 0);

const asDouble = (parameter: Parameter | null): Tensor | null => (parameter === null ? null : cast(parameter, 'float64'));
const row = (x: Tensor): number[] => Array.from(x.data());
const rows = (x: Tensor): number[][] => x.toArray() as number[][];
const stepped = (value: number, gradient: number, rate: number): number => value - rate * gradient;

interface Pass {
  stage: Stage;
  weight: Tensor;
  bias: Tensor | null;
  input: Tensor;
  z: Tensor;
  output: Tensor;
}

/** Each unit's error, dealt to its inputs in proportion to their weights: error_j * w_ij / sum_k w_kj. */
function shareOut(weight: number[][], error: number[]): number[][] {
  const totals = error.map((_, j) => weight.reduce((total, from) => total + (from[j] as number), 0));
  return weight.map((from) => from.map((w, j) => ((error[j] as number) * w) / (totals[j] as number)));
}

function explainLayer(
  { stage, weight, bias, input, z, output }: Pass,
  error: Tensor,
  rate: number,
): { told: ExplainedLayer; errorBefore: Tensor } {
  const delta = grad((at: Tensor) => sum(mul(stage.activate(at), error)))(z);
  const weightGradient = rows(matmul(input, delta, { transposeA: true }));
  const [weights, deltas] = [rows(weight), row(delta)];
  const told: ExplainedLayer = {
    path: stage.layer.path,
    activationName: stage.activation,
    input: row(input),
    weight: weights,
    bias: bias === null ? null : row(bias),
    z: row(z),
    activation: row(output),
    error: row(error),
    delta: deltas,
    weightGradient,
    biasGradient: bias === null ? null : deltas,
    newWeight: weights.map((from, i) => from.map((w, j) => stepped(w, weightGradient[i]?.[j] as number, rate))),
    newBias: bias === null ? null : row(bias).map((b, j) => stepped(b, deltas[j] as number, rate)),
    errorShares: shareOut(weights, row(error)),
  };
  return { told, errorBefore: matmul(delta, weight, { transposeB: true }) };
}

/**
 * Backpropagation seen: what happens to one example in a small network of dense layers, forward, backward and in a step of gradient
 * descent, in double precision. The model stays as it is.
 *
 * @param x [features]
 * @param y the target
 * @example
 * console.log(String(explain(model, [0.5, 0.1], [1])));
 */
export function explain(
  model: AnyLayer,
  x: Tensor | readonly number[],
  y: Tensor | readonly number[],
  options: ExplainOptions = {},
): Explanation {
  if (!(model instanceof Layer)) throw new ArgumentError(`[explain] expected a model, received ${describe(model)}`);
  checkKeys('explain', options, ['learningRate', 'loss']);
  const { learningRate = 0.1, loss = halfSquaredError } = options;
  if (!(typeof learningRate === 'number' && Number.isFinite(learningRate)))
    throw new ArgumentError(`[explain] expected a learningRate, received ${describe(learningRate)}`);
  return scope(() => {
    const example = exampleOf('x', x);
    const target = exampleOf('y', y);
    model.build(example.shape.slice(1));
    const passes: Pass[] = [];
    let input = example;
    noGrad(() => {
      for (const stage of stagesOf(model)) {
        const weight = asDouble(stage.layer.weight) as Tensor;
        const bias = asDouble(stage.layer.bias);
        const z = linear(input, weight, bias);
        const output = stage.activate(z);
        passes.push({ stage, weight, bias, input, z, output });
        input = output;
      }
    });
    const { value, grads } = valueAndGrad((a: Tensor) => loss(a, target))(input);
    let error = grads[0] as Tensor;
    const layers: ExplainedLayer[] = [];
    for (const pass of passes.reverse()) {
      const { told, errorBefore } = explainLayer(pass, error, learningRate);
      layers.unshift(told);
      error = errorBefore;
    }
    return new Explanation({
      input: row(example),
      target: row(target),
      output: row(input),
      loss: value.item(),
      learningRate,
      layers,
    });
  });
}
