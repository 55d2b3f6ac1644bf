import { channelsLast } from '../../../src/io/torch.js';
import type { DivergenceReduction, Reduction, WeightedLoss } from '../../../src/losses/index.js';
import * as ours from '../../../src/losses/index.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import type { LayerCase } from '../runner/layerCase.js';
import { type LayerAdapter, layerGroup } from '../runner/layerGroup.js';
import type { Options } from '../runner/options.js';

const reductionOf = (o: Options): Reduction => o.word('reduction', ['mean', 'sum', 'none'], 'mean');

const divergences = { mean: 'mean', sum: 'sum', none: 'none', batchmean: 'batchMean', per_sample: 'perSample' } as const;

function divergenceOf(o: Options): DivergenceReduction {
  return divergences[o.word('reduction', ['mean', 'sum', 'none', 'batchmean', 'per_sample'], 'mean')];
}

/** A loss of elements that stand as they stand in PyTorch; its `weight` multiplies them. */
function elementwise(lossOf: (options: Options, one: LayerCase) => WeightedLoss): LayerAdapter {
  return (one) => {
    const input = one.input('input');
    const target = one.input('target');
    const weight = one.hasInput('weight') ? one.input('weight') : null;
    const loss = lossOf(one.options, one);
    return { forward: () => ({ y: loss(input, target, weight) }), leaves: { 'input/input': input } };
  };
}

/** A loss of classes, which PyTorch has on axis 1 (on axis 0 without a batch). */
function classes(lossOf: (options: Options, weights: Tensor | undefined) => WeightedLoss): LayerAdapter {
  return (one) => {
    const input = one.input('input');
    const target = one.input('target');
    const loss = lossOf(one.options, one.hasInput('weight') ? one.input('weight') : undefined);
    const soft = target.dtype !== 'int32';
    const forward = () => {
      const scores = input.rank === 1 ? input : channelsLast(input);
      return { y: loss(scores, soft ? channelsLast(target) : target) };
    };
    return { forward, leaves: { 'input/input': input } };
  };
}

function ignored(o: Options): { ignoreLabel: number } {
  return { ignoreLabel: o.number('ignore_index', -100) };
}

const given = (classWeights: Tensor | undefined) => (classWeights === undefined ? {} : { classWeights });

function positiveWeight(one: LayerCase): { positiveWeight: Tensor } | object {
  return one.hasInput('pos_weight') ? { positiveWeight: one.input('pos_weight') } : {};
}

export const losses = layerGroup('losses', {
  MSELoss: elementwise((o) => ours.meanSquaredError({ reduction: reductionOf(o) })),
  L1Loss: elementwise((o) => ours.meanAbsoluteError({ reduction: reductionOf(o) })),
  SmoothL1Loss: elementwise((o) => ours.smoothL1({ reduction: reductionOf(o), beta: o.number('beta', 1) })),
  HuberLoss: elementwise((o) => ours.huber({ reduction: reductionOf(o), delta: o.number('delta', 1) })),
  CrossEntropyLoss: classes((o, weights) =>
    ours.crossEntropy({
      reduction: reductionOf(o),
      labelSmoothing: o.number('label_smoothing', 0),
      ...ignored(o),
      ...given(weights),
    }),
  ),
  NLLLoss: classes((o, weights) => ours.negativeLogLikelihood({ reduction: reductionOf(o), ...ignored(o), ...given(weights) })),
  MultiMarginLoss: classes((o, weights) => {
    const power = o.number('p', 1) === 2 ? 2 : 1;
    return ours.multiClassHinge({ reduction: reductionOf(o), power, margin: o.number('margin', 1), ...given(weights) });
  }),
  BCELoss: elementwise((o) => ours.binaryCrossEntropy({ reduction: reductionOf(o) })),
  BCEWithLogitsLoss: elementwise((o, one) =>
    ours.binaryCrossEntropyWithLogits({ reduction: reductionOf(o), ...positiveWeight(one) }),
  ),
  KLDivLoss: elementwise((o) => ours.klDivergence({ reduction: divergenceOf(o), logTarget: o.boolean('log_target', false) })),
  Hellinger: elementwise((o) => ours.hellinger({ reduction: divergenceOf(o) })),
  PoissonNLLLoss: elementwise((o) =>
    ours.poisson({
      reduction: reductionOf(o),
      logInput: o.boolean('log_input', true),
      full: o.boolean('full', false),
      epsilon: o.number('eps', 1e-8),
    }),
  ),
  Hinge: elementwise((o) =>
    ours.hinge({ reduction: reductionOf(o), margin: o.number('margin', 1), squared: o.boolean('squared', false) }),
  ),
  HingeEmbeddingLoss: elementwise((o) => ours.hingeEmbedding({ reduction: reductionOf(o), margin: o.number('margin', 1) })),
});
