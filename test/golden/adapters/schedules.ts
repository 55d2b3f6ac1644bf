import { sgd } from '../../../src/optimizers/index.js';
import type { Schedule } from '../../../src/schedules/index.js';
import * as ours from '../../../src/schedules/index.js';
import { Scheduler } from '../../../src/schedules/scheduler.js';
import { listDistance } from '../runner/check.js';
import type { Config, ScheduleEntry } from '../runner/folder.js';
import type { Adapter } from '../runner/main.js';
import { Options } from '../runner/options.js';

type Make = (options: Options) => Schedule;

const makers: Readonly<Record<string, Make>> = {
  ConstantLR: (o) => ours.constant({ factor: o.number('factor', 1 / 3), steps: o.number('total_iters', 5) }),
  StepLR: (o) => ours.step({ every: o.number('step_size'), factor: o.number('gamma', 0.1) }),
  MultiStepLR: (o) => ours.multiStep({ at: [o.numbers('milestones')].flat(), factor: o.number('gamma', 0.1) }),
  ExponentialLR: (o) => ours.exponential({ factor: o.number('gamma') }),
  PolynomialLR: (o) => ours.polynomial({ steps: o.number('total_iters', 5), power: o.number('power', 1) }),
  CosineAnnealingLR: (o) => ours.cosine({ steps: o.number('T_max'), lowest: o.number('eta_min', 0) }),
  CosineAnnealingWarmRestarts: (o) =>
    ours.cosineRestarts({ steps: o.number('T_0'), stretch: o.number('T_mult', 1), lowest: o.number('eta_min', 0) }),
  LinearLR: (o) =>
    ours.linear({ from: o.number('start_factor', 1 / 3), to: o.number('end_factor', 1), steps: o.number('total_iters', 5) }),
  OneCycleLR: (o) =>
    ours.oneCycle({
      ...(o.has('max_lr') ? { peak: o.number('max_lr') } : {}),
      steps: o.has('total_steps') ? o.number('total_steps') : o.number('epochs') * o.number('steps_per_epoch'),
      rise: o.number('pct_start', 0.3),
      shape: o.word('anneal_strategy', ['cos', 'linear'], 'cos') === 'cos' ? 'cosine' : 'linear',
      startDivisor: o.number('div_factor', 25),
      endDivisor: o.number('final_div_factor', 1e4),
      momentum: o.boolean('cycle_momentum', true) ? [o.number('base_momentum', 0.85), o.number('max_momentum', 0.95)] : null,
      threePhase: o.boolean('three_phase', false),
    }),
  ReduceLROnPlateau: (o) =>
    ours.reduceOnPlateau({
      mode: o.word('mode', ['min', 'max'], 'min'),
      factor: o.number('factor', 0.1),
      patience: o.number('patience', 10),
      threshold: o.number('threshold', 1e-4),
      thresholdMode: o.word('threshold_mode', ['rel', 'abs'], 'rel') === 'rel' ? 'relative' : 'absolute',
      cooldown: o.number('cooldown', 0),
      lowest: o.number('min_lr', 0),
      epsilon: o.number('eps', 1e-8),
    }),
  SequentialLR: (o) => {
    const parts = o.any('schedulers') as { name: string; config: Config }[];
    return ours.sequence(
      parts.map(({ name, config }) => scheduleOf(name, config)),
      [o.numbers('milestones')].flat(),
    );
  },
};

/** Our schedule for PyTorch's scheduler of that name. */
export function scheduleOf(name: string, config: Config): Schedule {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) throw new Error(`no schedule here for ${name}`);
  const options = new Options(name, config);
  const schedule = make(options);
  options.done();
  return schedule;
}

function ratesOf(entry: ScheduleEntry): { rates: number[]; momenta: number[] } {
  const optimizer = sgd({ lr: entry.base_lr, momentum: entry.momentum ?? 0 });
  const scheduler = new Scheduler(optimizer, scheduleOf(entry.scheduler, entry.config));
  const [rates, momenta]: [number[], number[]] = [[], []];
  for (let step = 0; step < entry.steps; step++) {
    rates.push(optimizer.learningRate);
    momenta.push(optimizer.momentum ?? 0);
    // A step beyond the last has no rate that anybody reads.
    if (step + 1 < entry.steps) scheduler.step(entry.metrics?.[step]);
  }
  return { rates, momenta };
}

/** PyTorch multiplies its rates step by step, in double: each step is a rounding or two. */
const relative = 1e-11;

export const schedules: Adapter = (folder) =>
  (folder.text<{ cases: ScheduleEntry[] }>('schedules.json')?.cases ?? []).map((entry) => ({
    name: entry.id,
    run: () => {
      const { rates, momenta } = ratesOf(entry);
      const problems = [listDistance('lr', rates, entry.lr, relative * Math.max(...entry.lr))];
      if (entry.momentum_by_step !== undefined)
        problems.push(listDistance('momentum', momenta, entry.momentum_by_step, relative));
      return problems.filter((problem) => problem !== null);
    },
  }));
