import { ArgumentError, describe } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { Optimizer } from '../optimizers/optimizer.js';
import { checkRange } from '../optimizers/settings.js';
import { checkSchedule, type Schedule } from './schedule.js';

/** Where a scheduler is, as plain JSON. */
export interface SchedulerState {
  step: number;
  /** The rates that the schedule starts from. */
  bases: number[];
  /** What the schedule itself remembers. */
  schedule: number[];
}

/**
 * Keeps an optimizer's learning rates (and momentum) as a schedule wants them. For loops of your own: `fit` has an option `schedule`.
 *
 * @example
 * const scheduler = new Scheduler(optimizer, schedules.cosine({ steps: 1000 }));
 * optimizer.step(parameters, grads);
 * scheduler.step();
 */
export class Scheduler {
  private steps = 0;
  private bases: readonly number[];

  constructor(
    private readonly optimizer: Optimizer,
    private readonly schedule: Schedule,
  ) {
    if (!(optimizer instanceof Optimizer))
      throw new ArgumentError(`[Scheduler] expected an optimizer, received ${describe(optimizer)}`);
    checkSchedule('Scheduler', schedule);
    this.bases = optimizer.baseRates;
    this.apply();
  }

  /** Whether `step` wants a metric. */
  get followsMetric(): boolean {
    return this.schedule.observe !== undefined;
  }

  /** On to the next step. Schedules that follow a metric want it. */
  step(metric?: number): void {
    if (this.schedule.observe !== undefined) {
      if (metric === undefined)
        throw new ArgumentError('[Scheduler] expected the metric that the schedule follows, received none');
      this.schedule.observe(metric);
    }
    this.steps++;
    this.apply();
  }

  stateDict(): SchedulerState {
    return { step: this.steps, bases: [...this.bases], schedule: this.schedule.save?.() ?? [] };
  }

  /** Takes up what `stateDict` gave, and sets the rates of that step. */
  loadStateDict(saved: SchedulerState): void {
    checkInteger('Scheduler', 'the step', saved?.step, 0, Number.MAX_SAFE_INTEGER);
    if (!Array.isArray(saved.bases) || saved.bases.length !== this.bases.length)
      throw new ArgumentError(`[Scheduler] expected ${this.bases.length} base rates, received ${describe(saved.bases)}`);
    for (const base of saved.bases) checkRange('Scheduler', 'a base rate', base, 0);
    const own = this.schedule.save?.().length ?? 0;
    if (!Array.isArray(saved.schedule) || saved.schedule.length !== own || !saved.schedule.every(Number.isFinite))
      throw new ArgumentError(`[Scheduler] expected ${own} numbers of the schedule, received ${describe(saved.schedule)}`);
    this.schedule.restore?.(saved.schedule);
    this.steps = saved.step;
    this.bases = [...saved.bases];
    this.apply();
  }

  private apply(): void {
    this.optimizer.learningRates = this.bases.map((base) => this.schedule.rate(this.steps, base));
    if (this.schedule.momentum !== undefined) this.optimizer.momentum = this.schedule.momentum(this.steps);
  }
}
