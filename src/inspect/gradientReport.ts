import { valueAndGrad } from '../autograd/grad.js';
import { ArgumentError, describe } from '../errors.js';
import { Activation } from '../layers/activation.js';
import type { Context } from '../layers/context.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import { namedLayers } from '../layers/state.js';
import { type ShapeOf, sampleShapes, type Value } from '../layers/value.js';
import type { Loss } from '../losses/loss.js';
import { globalNorm } from '../optimizers/clip.js';
import { isFloat } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkKeys } from '../trainer/options.js';
import { textTable } from './textTable.js';

export interface GradientReportOptions {
  /** For the update ratio; default 0.01. */
  learningRate?: number;
}

/** One layer of the report. Norms are Euclidean, over all its trainable parameters; null where it has none. */
export interface LayerGradients {
  readonly path: string;
  readonly type: string;
  readonly gradientNorm: number | null;
  readonly weightNorm: number | null;
  /** learningRate * gradientNorm / weightNorm: by what share a plain step would change the layer. About 1e-3 is usual. */
  readonly updateRatio: number | null;
  /** The share of its units that are 0 for every example. */
  readonly deadUnits: number;
}

export type GradientVerdict = 'healthy' | 'vanishing' | 'exploding' | 'dead units';

export interface GradientReport {
  readonly loss: number;
  /** In the order in which the model has them. */
  readonly layers: readonly LayerGradients[];
  readonly verdict: GradientVerdict;
  /** The verdict in words, with the numbers that led to it. */
  readonly explanation: string;
  /** All of it as a table. */
  toString(): string;
}

/** The first layer's gradient may be this much smaller or larger than the last's. */
const widest = 1e3;
/** Share of units of one layer that may be dead. */
const mostDead = 0.5;

/** Which units of each layer gave anything but 0, gathered while the model runs. */
class Activity {
  private readonly alive = new Map<AnyLayer, Uint8Array>();

  readonly observe: Context['observe'] = (layer, output) => {
    for (const y of Array.isArray(output) ? output : [output]) if (isFloat(y.dtype)) this.see(layer, y);
  };

  private see(layer: AnyLayer, y: Tensor): void {
    const units = y.rank < 2 ? 1 : (y.shape.at(-1) as number);
    let alive = this.alive.get(layer);
    if (alive?.length !== units) {
      alive = new Uint8Array(units);
      this.alive.set(layer, alive);
    }
    const values = y.floats;
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) alive[i % units] = 1;
  }

  deadShare(layer: AnyLayer): number {
    const alive = this.alive.get(layer);
    return alive === undefined || alive.length === 0 ? 0 : alive.reduce((dead, one) => dead + 1 - one, 0) / alive.length;
  }
}

/** Runs `f` and puts back what it changed of running statistics. */
function keepingBuffers<T>(layers: Iterable<AnyLayer>, f: () => T): T {
  const kept = [...layers]
    .flatMap((layer) => [...layer.ownBuffers.values()])
    .map((buffer) => ({ buffer, values: buffer.data() }));
  try {
    return f();
  } finally {
    for (const { buffer, values } of kept) buffer.assign(values);
  }
}

function judge(layers: readonly LayerGradients[]): { verdict: GradientVerdict; explanation: string } {
  const trained = layers.filter((layer) => layer.gradientNorm !== null) as (LayerGradients & { gradientNorm: number })[];
  const name = ({ path, type }: LayerGradients): string => (path === '' ? type : `${path} ${type}`);
  const short = (value: number): string => value.toPrecision(3);
  const broken = trained.find(({ gradientNorm }) => !Number.isFinite(gradientNorm));
  if (broken !== undefined)
    return { verdict: 'exploding', explanation: `The gradient of ${name(broken)} is no longer a finite number.` };
  const torn = trained.find(({ updateRatio }) => updateRatio !== null && updateRatio > 1);
  if (torn !== undefined) {
    const explanation = `A step would change ${name(torn)} by ${short(torn.updateRatio as number)} times its weights.`;
    return { verdict: 'exploding', explanation: `${explanation} Clip gradients, or lower the learning rate.` };
  }
  const [first, last] = [trained[0], trained.at(-1)];
  if (first === undefined || last === undefined) return { verdict: 'healthy', explanation: 'Nothing here is trained.' };
  const compared = `The gradient of ${name(first)} has norm ${short(first.gradientNorm)}, that of ${name(last)} ${short(last.gradientNorm)}.`;
  if (first.gradientNorm > widest * last.gradientNorm && last.gradientNorm > 0)
    return { verdict: 'exploding', explanation: `${compared} Smaller initial weights, normalisation or clipping help.` };
  if (first.gradientNorm === 0 || first.gradientNorm * widest < last.gradientNorm)
    return {
      verdict: 'vanishing',
      explanation: `${compared} Relu, He's initial weights, normalisation or skip connections help.`,
    };
  const dead = layers.find(({ deadUnits }) => deadUnits >= mostDead);
  if (dead !== undefined) {
    const explanation = `${Math.round(100 * dead.deadUnits)} % of the units of ${name(dead)} are 0 for every example.`;
    return { verdict: 'dead units', explanation: `${explanation} A lower learning rate or leakyRelu helps.` };
  }
  return { verdict: 'healthy', explanation: compared };
}

/**
 * How gradients fare on their way back through a model: by layer the norms of gradients and of weights, the ratio of a step to the
 * weights and the share of dead units, with a verdict. The model is run once as in training, but without dropout, and stays as it is.
 *
 * @param x, y a batch of inputs and targets
 * @example
 * console.log(String(gradientReport(model, x, y, crossEntropy())));
 */
export function gradientReport<In extends Value, Out extends Value, Target extends Value>(
  model: Layer<In, Out>,
  x: In,
  y: Target,
  loss: Loss<Out, Target>,
  options: GradientReportOptions = {},
): GradientReport {
  if (!(model instanceof Layer)) throw new ArgumentError(`[gradientReport] expected a model, received ${describe(model)}`);
  if (typeof loss !== 'function')
    throw new ArgumentError(`[gradientReport] expected loss to be a function, received ${describe(loss)}`);
  checkKeys('gradientReport', options, ['learningRate']);
  const { learningRate = 0.01 } = options;
  if (!(typeof learningRate === 'number' && learningRate >= 0))
    throw new ArgumentError(`[gradientReport] expected a learningRate of at least 0, received ${describe(learningRate)}`);
  if (model.inputShape === null) model.build(sampleShapes('gradientReport', x) as ShapeOf<In>);
  const parameters = model.parameters().filter((parameter) => parameter.trainable);
  if (parameters.length === 0)
    throw new ArgumentError('[gradientReport] expected a model with trainable parameters, received none');
  const named = namedLayers(model);
  const activity = new Activity();
  const context: Context = { training: true, dropout: false, carry: false, observe: activity.observe };
  return scope(() => {
    const { value, grads } = keepingBuffers(named.values(), () =>
      valueAndGrad(() => loss(model.call(x, context), y), parameters)(),
    );
    const gradients = new Map<Parameter, Tensor>(parameters.map((parameter, i) => [parameter, grads[i] as Tensor]));
    const layers = [...named].flatMap(([path, layer]): LayerGradients[] => {
      const own = [...layer.ownParameters.values()].filter((parameter) => parameter.trainable);
      if (own.length === 0 && !(layer instanceof Activation)) return [];
      const common = { path, type: layer.type, deadUnits: activity.deadShare(layer) };
      if (own.length === 0) return [{ ...common, gradientNorm: null, weightNorm: null, updateRatio: null }];
      const gradientNorm = globalNorm(own.map((parameter) => gradients.get(parameter) as Tensor));
      const weightNorm = globalNorm(own);
      const updateRatio = weightNorm === 0 ? null : (learningRate * gradientNorm) / weightNorm;
      return [{ ...common, gradientNorm, weightNorm, updateRatio }];
    });
    const report = { loss: value.item(), layers, ...judge(layers) };
    return { ...report, toString: () => reportText(report) };
  });
}

function reportText({ loss, layers, verdict, explanation }: Omit<GradientReport, 'toString'>): string {
  const heading = ['layer', 'gradient', 'weights', 'update ratio', 'dead units'];
  const rows = layers.map(({ path, type, gradientNorm, weightNorm, updateRatio, deadUnits }) => [
    path === '' ? type : `${path} ${type}`,
    gradientNorm,
    weightNorm,
    updateRatio,
    `${Math.round(100 * deadUnits)} %`,
  ]);
  return `${textTable(heading, rows)}\nloss ${loss.toPrecision(6)}; ${verdict}: ${explanation}`;
}
