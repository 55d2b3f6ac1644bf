import { ArgumentError } from '../errors.js';
import { type AnyLayer, Layer } from '../layers/layer.js';
import type { StateEntry } from '../layers/state.js';
import { checkInteger } from '../ops/operand.js';
import type { Callback, EpochEvent, RunControl } from './events.js';
import { checkKeys } from './options.js';

export interface EarlyStoppingOptions {
  /** Epochs without an improvement after which the run ends; default 5. */
  patience?: number;
  /** By how much a score must be better than the best so far to count; default 0. */
  minChange?: number;
  /** The score that is watched: 'loss' (default) or the name of a metric; of the validation data where there are any. */
  monitor?: string;
  /** Whether less is better; default 'min'. */
  mode?: 'min' | 'max';
  /** Whether the model gets the parameters of its best epoch back in the end; default true. */
  restoreBest?: boolean;
}

/** Ends a run that no longer improves. */
export class EarlyStopping implements Callback {
  /** The epoch with the best score so far, from 1; 0 before the first. */
  bestEpoch = 0;
  bestScore = NaN;
  private readonly settings: Required<EarlyStoppingOptions>;
  private validated = false;
  private best: Map<string, StateEntry> | null = null;

  constructor(
    private readonly model: AnyLayer,
    options: EarlyStoppingOptions = {},
  ) {
    if (!(model instanceof Layer)) throw new ArgumentError(`[earlyStopping] expected a model, received ${typeof model}`);
    checkKeys('earlyStopping', options, ['patience', 'minChange', 'monitor', 'mode', 'restoreBest']);
    const { patience = 5, minChange = 0, monitor = 'loss', mode = 'min', restoreBest = true } = options;
    checkInteger('earlyStopping', 'patience', patience, 1);
    if (!(typeof minChange === 'number' && minChange >= 0))
      throw new ArgumentError(`[earlyStopping] expected minChange of at least 0, received ${String(minChange)}`);
    if (mode !== 'min' && mode !== 'max')
      throw new ArgumentError(`[earlyStopping] expected mode to be 'min' or 'max', received ${String(mode)}`);
    this.settings = { patience, minChange, monitor, mode, restoreBest };
  }

  onTrainBegin(): void {
    this.bestEpoch = 0;
    this.bestScore = NaN;
    this.validated = false;
    this.best = null;
  }

  onEpochEnd({ epoch, train, validation }: EpochEvent, control: RunControl): void {
    const { patience, monitor, restoreBest } = this.settings;
    // A run that is stopped within an epoch does not validate any more: its scores there are others than before.
    if (validation === null && this.validated) return;
    this.validated = validation !== null;
    const scores = validation ?? train;
    const score = scores[monitor];
    if (score === undefined) {
      const known = Object.keys(scores).join(', ');
      throw new ArgumentError(`[earlyStopping] expected monitor to be one of ${known}, received '${monitor}'`);
    }
    if (this.bestEpoch === 0 || this.improves(score)) {
      this.bestEpoch = epoch;
      this.bestScore = score;
      if (restoreBest) this.best = copyOf(this.model);
    } else if (epoch - this.bestEpoch >= patience) {
      control.stop();
    }
  }

  onTrainEnd(): void {
    if (this.best !== null) this.model.loadStateDict(this.best);
    this.best = null;
  }

  private improves(score: number): boolean {
    const { mode, minChange } = this.settings;
    const gain = mode === 'min' ? this.bestScore - score : score - this.bestScore;
    // A best score that is no number is beaten by any that is one.
    return gain > minChange || (Number.isNaN(this.bestScore) && !Number.isNaN(score));
  }
}

function copyOf(model: AnyLayer): Map<string, StateEntry> {
  return new Map([...model.stateDict()].map(([path, parameter]) => [path, { shape: parameter.shape, array: parameter.data() }]));
}

/**
 * A callback that ends a run once its score has not improved for some epochs, and gives the model its best parameters back.
 *
 * @example
 * await trainer.fit(data, { epochs: 500, validation, callbacks: [earlyStopping(model, { patience: 10 })] });
 */
export function earlyStopping(model: AnyLayer, options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(model, options);
}
