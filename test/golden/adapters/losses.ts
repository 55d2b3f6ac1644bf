import { channelsLast } from '../../../src/io/torch.js';
import type { DivergenceReduction, Loss, Reduction, WeightedLoss } from '../../../src/losses/index.js';
import * as ours from '../../../src/losses/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { LayerCase } from '../runner/layerCase.js';
import type { LayerAdapter } from '../runner/layerGroup.js';
import { Options } from '../runner/options.js';

/** A loss of ours by PyTorch's options and the tensors that its constructor takes. */
type Make = (options: Options, tensors: { weight?: Tensor; positive?: Tensor }) => WeightedLoss;

const reductionOf = (o: Options): Reduction => o.word('reduction', ['mean', 'sum', 'none'], 'mean');

const divergences = { mean: 'mean', sum: 'sum', none: 'none', batchmean: 'batchMean', per_sample: 'perSample' } as const;

function divergenceOf(o: Options): DivergenceReduction {
  return divergences[o.word('reduction', ['mean', 'sum', 'none', 'batchmean', 'per_sample'], 'mean')];
}

const classWeights = (weight: Tensor | undefined) => (weight === undefined ? {} : { classWeights: weight });

/** Losses of elements that stand where they stand in PyTorch. */
const elementwise: Readonly<Record<string, Make>> = {
  MSELoss: (o) => ours.meanSquaredError({ reduction: reductionOf(o) }),
  L1Loss: (o) => ours.meanAbsoluteError({ reduction: reductionOf(o) }),
  SmoothL1Loss: (o) => ours.smoothL1({ reduction: reductionOf(o), beta: o.number('beta', 1) }),
  HuberLoss: (o) => ours.huber({ reduction: reductionOf(o), delta: o.number('delta', 1) }),
  BCELoss: (o) => ours.binaryCrossEntropy({ reduction: reductionOf(o) }),
  BCEWithLogitsLoss: (o, { positive }) =>
    ours.binaryCrossEntropyWithLogits({
      reduction: reductionOf(o),
      ...(positive === undefined ? {} : { positiveWeight: positive }),
    }),
  KLDivLoss: (o) => ours.klDivergence({ reduction: divergenceOf(o), logTarget: o.boolean('log_target', false) }),
  Hellinger: (o) => ours.hellinger({ reduction: divergenceOf(o) }),
  PoissonNLLLoss: (o) =>
    ours.poisson({
      reduction: reductionOf(o),
      logInput: o.boolean('log_input', true),
      full: o.boolean('full', false),
      epsilon: o.number('eps', 1e-8),
    }),
  Hinge: (o) => ours.hinge({ reduction: reductionOf(o), margin: o.number('margin', 1), squared: o.boolean('squared', false) }),
  HingeEmbeddingLoss: (o) => ours.hingeEmbedding({ reduction: reductionOf(o), margin: o.number('margin', 1) }),
};

/** Losses of classes, which PyTorch has on axis 1 (without a batch on axis 0). */
const classes: Readonly<Record<string, Make>> = {
  CrossEntropyLoss: (o, { weight }) =>
    ours.crossEntropy({
      reduction: reductionOf(o),
      labelSmoothing: o.number('label_smoothing', 0),
      ignoreLabel: o.number('ignore_index', -100),
      ...classWeights(weight),
    }),
  NLLLoss: (o, { weight }) =>
    ours.negativeLogLikelihood({
      reduction: reductionOf(o),
      ignoreLabel: o.number('ignore_index', -100),
      ...classWeights(weight),
    }),
  MultiMarginLoss: (o, { weight }) =>
    ours.multiClassHinge({
      reduction: reductionOf(o),
      power: o.number('p', 1) as 1 | 2,
      margin: o.number('margin', 1),
      ...classWeights(weight),
    }),
};

const optional = (one: LayerCase, name: string): Tensor | undefined => (one.hasInput(name) ? one.input(name) : undefined);

const elementwiseAdapter =
  (make: Make): LayerAdapter =>
  (one) => {
    const [input, target] = [one.input('input'), one.input('target')];
    const loss = make(one.options, { positive: optional(one, 'pos_weight') });
    const weight = optional(one, 'weight');
    return { forward: () => ({ y: loss(input, target, weight) }), leaves: { 'input/input': input } };
  };

const classAdapter =
  (make: Make): LayerAdapter =>
  (one) => {
    const [input, target] = [one.input('input'), one.input('target')];
    const loss = make(one.options, { weight: optional(one, 'weight') });
    const wanted = target.dtype === 'int32' ? target : channelsLast(target);
    return { forward: () => ({ y: loss(channelsLast(input), wanted) }), leaves: { 'input/input': input } };
  };

function adapt(makers: Readonly<Record<string, Make>>, adapter: (make: Make) => LayerAdapter): Record<string, LayerAdapter> {
  return Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, adapter(make)]));
}

export const losses: Readonly<Record<string, LayerAdapter>> = {
  ...adapt(elementwise, elementwiseAdapter),
  ...adapt(classes, classAdapter),
};

/** The loss that a class of PyTorch is without options, of predictions [batch, classes] where it is one of classes. */
export function plainLoss(name: string): Loss {
  const make = Object.hasOwn(elementwise, name) ? elementwise[name] : Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (make === undefined) throw new Error(`no loss here for ${name}`);
  return make(new Options(name, {}), {});
}
