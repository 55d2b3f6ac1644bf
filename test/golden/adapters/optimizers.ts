import { valueAndGrad } from '../../../src/autograd/grad.js';
import { fromTorch, toTorch } from '../../../src/io/torch.js';
import { type ActivationName, dense, type Sequential, sequential } from '../../../src/layers/index.js';
import { neg } from '../../../src/ops/index.js';
import type { Optimizer } from '../../../src/optimizers/index.js';
import * as ours from '../../../src/optimizers/index.js';
import { Scheduler } from '../../../src/schedules/scheduler.js';
import { tensor } from '../../../src/tensor/create.js';
import type { Parameter } from '../../../src/tensor/parameter.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { distance, listDistance, trainingBound, type Values } from '../runner/check.js';
import type { Config, Entries, GoldenFolder, OptimizerEntry, ProblemEntry } from '../runner/folder.js';
import type { Adapter } from '../runner/main.js';
import { Options } from '../runner/options.js';
import { clip } from './clipping.js';
import { plainLoss } from './losses.js';
import { scheduleOf } from './schedules.js';

type Settings = Record<string, unknown>;

/** PyTorch's settings as ours; those that are not given keep our defaults, which are PyTorch's but for the rate of SGD. */
type Translate = (o: Options) => Settings;

function pick(o: Options, names: Readonly<Record<string, string>>): Settings {
  return Object.fromEntries(Object.entries(names).flatMap(([torch, name]) => (o.has(torch) ? [[name, o.any(torch)]] : [])));
}

const pair = (o: Options, key: string, first: string, second: string): Settings => {
  if (!o.has(key)) return {};
  const [a, b] = o.any(key) as [number, number];
  return { [first]: a, [second]: b };
};

const decay = { lr: 'lr', weight_decay: 'weightDecay', decoupled_weight_decay: 'decoupled' };
const betas = (o: Options): Settings => pair(o, 'betas', 'beta1', 'beta2');
const adamLike: Translate = (o) => ({ ...pick(o, { ...decay, eps: 'epsilon', amsgrad: 'amsgrad' }), ...betas(o) });

type Translation = readonly [make: (settings: never) => Optimizer, translate: Translate, defaults?: Settings];

const translations: Readonly<Record<string, Translation>> = {
  SGD: [ours.sgd, (o) => pick(o, { ...decay, momentum: 'momentum', dampening: 'dampening', nesterov: 'nesterov' }), { lr: 1e-3 }],
  Adagrad: [
    ours.adagrad,
    (o) => pick(o, { ...decay, lr_decay: 'lrDecay', initial_accumulator_value: 'initialSum', eps: 'epsilon' }),
  ],
  Adadelta: [ours.adadelta, (o) => pick(o, { ...decay, rho: 'rho', eps: 'epsilon' })],
  RMSprop: [
    ours.rmsprop,
    (o) => pick(o, { ...decay, alpha: 'alpha', eps: 'epsilon', momentum: 'momentum', centered: 'centered' }),
  ],
  Rprop: [
    ours.rprop,
    (o) => ({ ...pick(o, { lr: 'lr' }), ...pair(o, 'etas', 'shrink', 'grow'), ...pair(o, 'step_sizes', 'smallest', 'largest') }),
  ],
  Adam: [ours.adam, adamLike],
  AdamW: [ours.adamw, adamLike],
  Adamax: [ours.adamax, (o) => ({ ...pick(o, { ...decay, eps: 'epsilon' }), ...betas(o) })],
  NAdam: [ours.nadam, (o) => ({ ...pick(o, { ...decay, eps: 'epsilon', momentum_decay: 'momentumDecay' }), ...betas(o) })],
  RAdam: [ours.radam, (o) => ({ ...pick(o, { ...decay, eps: 'epsilon' }), ...betas(o) })],
  LBFGS: [
    ours.lbfgs,
    (o) => ({
      ...pick(o, {
        lr: 'lr',
        max_iter: 'iterations',
        max_eval: 'evaluations',
        tolerance_grad: 'gradientTolerance',
        tolerance_change: 'changeTolerance',
        history_size: 'history',
      }),
      lineSearch: o.word('line_search_fn', ['none', 'strong_wolfe'], 'none') === 'strong_wolfe' ? 'strongWolfe' : null,
    }),
  ],
};

/** How PyTorch computes a step, not what. */
const implementations = ['foreach', 'fused', 'capturable', 'differentiable'];

function translated(name: string, translate: Translate, config: Config): Settings {
  const options = new Options(name, config);
  const settings = translate(options);
  for (const key of ['maximize', ...implementations]) options.any(key);
  options.done();
  return settings;
}

function optimizerOf(entry: OptimizerEntry): Optimizer {
  const known = Object.hasOwn(translations, entry.optimizer) ? translations[entry.optimizer] : undefined;
  if (known === undefined) throw new Error(`no optimizer here for ${entry.optimizer}`);
  const [make, translate, defaults] = known;
  const settings = translated(entry.optimizer, translate, entry.config);
  const groups = entry.groups?.map(({ layers, ...own }) => ({
    // As in the generator, a layer's name stands for all that begin with it.
    parameters: new RegExp(`^(${layers.join('|')})`),
    ...translated(entry.optimizer, translate, own),
  }));
  return make({ ...defaults, ...settings, ...(groups === undefined ? {} : { groups }) } as never);
}

function tensorsOf(folder: GoldenFolder, file: string, entries: Entries): Map<string, Tensor> {
  return new Map(
    Object.entries(entries).map(([name, entry]) => {
      const { array, shape } = folder.array(file, entry);
      return [name, tensor(array, { shape })];
    }),
  );
}

function modelOf(folder: GoldenFolder, problem: ProblemEntry): Sequential {
  const sizes = problem.activations.map((_, i) => problem.params[`fc${i}.bias`]?.shape[0] as number);
  const layers = sizes.map((units, i) =>
    dense({ name: `fc${i}`, units, activation: (problem.activations[i] ?? 'linear') as ActivationName }),
  );
  const model = sequential(layers, { inputShape: problem.inputs.x?.shape.slice(1) as number[] });
  model.parameters();
  model.loadStateDict(fromTorch(model, tensorsOf(folder, problem.file, problem.params)));
  return model;
}

/** What a training gives: the losses before each step and after the last, and the parameters by step, as PyTorch has them. */
interface Run {
  losses: number[];
  steps: Map<string, Map<string, Values>>;
}

/** The settings of PyTorch that hold for a parameter; null where no group has it: PyTorch leaves it, but counts its gradient as it clips. */
function settingsOf({ config, groups }: OptimizerEntry, { name }: Parameter): Config | null {
  if (groups === undefined) return config;
  const group = groups.find(({ layers }) => layers.some((start) => name.startsWith(start)));
  return group === undefined ? null : { ...config, ...group };
}

/** Peaks of one cycle for each group of PyTorch: here a cycle without a peak has the rates of the groups as theirs. */
function withOwnPeaks(entry: OptimizerEntry): OptimizerEntry {
  const { groups, scheduler } = entry;
  const { max_lr: peaks, ...config } = scheduler?.config ?? {};
  if (scheduler === undefined || groups === undefined || !Array.isArray(peaks)) return entry;
  return { ...entry, groups: groups.map((group, i) => ({ ...group, lr: peaks[i] })), scheduler: { ...scheduler, config } };
}

function train(folder: GoldenFolder, given: OptimizerEntry, problem: ProblemEntry): Run {
  const entry = withOwnPeaks(given);
  const model = modelOf(folder, problem);
  const inputs = tensorsOf(folder, problem.file, problem.inputs);
  const [x, target] = [inputs.get('x') as Tensor, inputs.get('target') as Tensor];
  const lossOf = plainLoss(problem.loss);
  const parameters = model.parameters();
  const optimizer = optimizerOf(entry);
  const scheduler = entry.scheduler && new Scheduler(optimizer, scheduleOf(entry.scheduler.name, entry.scheduler.config));
  const moved = parameters.flatMap((parameter, i) => {
    const settings = settingsOf(entry, parameter);
    return settings === null ? [] : [{ parameter, i, uphill: settings.maximize === true }];
  });
  const evaluate = () => {
    const { value, grads } = valueAndGrad(() => lossOf(model.call(x), target), parameters)();
    const clipped = entry.clip === undefined ? grads : clip(entry.clip.name, entry.clip.config, grads).grads;
    // To go uphill is to go against the gradient.
    return { value, grads: moved.map(({ i, uphill }) => (uphill ? neg(clipped[i] as Tensor) : (clipped[i] as Tensor))) };
  };
  const run: Run = { losses: [], steps: new Map() };
  const last = Math.max(...Object.keys(entry.steps).map(Number));
  for (let step = 1; step <= last; step++) {
    run.losses.push(
      optimizer.step(
        moved.map(({ parameter }) => parameter),
        evaluate,
      ),
    );
    scheduler?.step();
    if (entry.steps[step] === undefined) continue;
    // Copies: the parameters go on.
    const now = [...toTorch(model, model.stateDict())].map(([name, x]): [string, Values] => [
      name,
      { shape: x.shape, array: x.data() },
    ]);
    run.steps.set(`${step}`, new Map(now));
  }
  run.losses.push(evaluate().value.item());
  return run;
}

function check(folder: GoldenFolder, entry: OptimizerEntry): string[] {
  const problem = folder.manifest.optimizer_problems?.find(({ id }) => id === entry.problem);
  if (problem === undefined) throw new Error(`no problem ${entry.problem}`);
  const { losses, steps } = train(folder, entry, problem);
  const problems = [listDistance('losses', losses, entry.losses, trainingBound(entry.float32_error.losses))];
  for (const [step, wanted] of Object.entries(entry.steps)) {
    const bound = trainingBound(entry.float32_error[`step_${step}`]);
    for (const [name, one] of Object.entries(wanted)) {
      const got = steps.get(step)?.get(name) as Values;
      problems.push(distance(`step ${step} ${name}`, got, folder.array(entry.file, one), bound));
    }
  }
  return problems.filter((one) => one !== null);
}

export const optimizers: Adapter = (folder) =>
  (folder.manifest.optimizer_cases ?? []).map((entry) => ({ name: entry.id, run: () => check(folder, entry) }));
