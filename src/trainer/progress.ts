import { ArgumentError } from '../errors.js';
import type { Callback, EpochEvent, Scores, StepEvent } from './events.js';
import { checkKeys } from './options.js';

/** Where progress goes: any stream, or an object of this form. */
export interface ProgressWriter {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  /** Default the standard output. */
  writer?: ProgressWriter;
  /** `bar`: a moving bar; `lines`: a line an epoch; `json`: the same as JSON; `auto` (default): a bar on a terminal, else lines. */
  mode?: 'auto' | 'bar' | 'lines' | 'json';
  /** Milliseconds, for tests. */
  now?: () => number;
}

/** The bar is drawn at most this often, in milliseconds. */
const interval = 100;
const modes = ['auto', 'bar', 'lines', 'json'];

function text(scores: Scores, prefix = ''): string {
  return Object.entries(scores)
    .map(([name, value]) => `${prefix}${name} ${value.toFixed(4)}`)
    .join('  ');
}

function epochLine(event: EpochEvent): string {
  const { epoch, epochs, train, validation, seconds, samplesPerSecond } = event;
  const measured = validation === null ? '' : `  ${text(validation, 'validation ')}`;
  return `epoch ${epoch}/${epochs}  ${text(train)}${measured}  ${seconds.toFixed(1)} s  ${Math.round(samplesPerSecond)} samples/s`;
}

function barLine(event: StepEvent, columns: number): string {
  const { epoch, epochs, batch, batches, loss } = event;
  const front = `epoch ${epoch}/${epochs} `;
  const back = ` ${batch}/${batches}  loss ${loss.toFixed(4)}`;
  const width = Math.max(0, Math.min(30, columns - front.length - back.length - 3));
  const filled = Math.floor((width * batch) / Math.max(1, batches));
  return `${front}[${'='.repeat(filled)}${' '.repeat(width - filled)}]${back}`.slice(0, Math.max(1, columns - 1));
}

/**
 * A callback that shows how training goes: a bar on a terminal, a line an epoch elsewhere, or JSON lines.
 *
 * @example
 * await trainer.fit(data, { epochs: 3, callbacks: [progress()] });
 */
export function progress(options: ProgressOptions = {}): Callback {
  checkKeys('progress', options, ['writer', 'mode', 'now']);
  const { writer = process.stdout, mode = 'auto', now = () => performance.now() } = options;
  if (!modes.includes(mode))
    throw new ArgumentError(`[progress] expected mode to be one of ${modes.join(', ')}, received ${String(mode)}`);
  const bar = mode === 'bar' || (mode === 'auto' && writer.isTTY === true);
  let last = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const clear = (): string => {
    const code = drawn ? '\r\x1b[K' : '';
    drawn = false;
    return code;
  };
  return {
    onStepEnd(event) {
      if (!bar || now() - last < interval) return;
      last = now();
      writer.write(`${clear()}${barLine(event, writer.columns || 80)}`);
      drawn = true;
    },
    onEpochEnd(event) {
      writer.write(mode === 'json' ? `${JSON.stringify({ event: 'epoch', ...event })}\n` : `${clear()}${epochLine(event)}\n`);
    },
    onTrainEnd() {
      if (drawn) writer.write(clear());
    },
  };
}
