import { setImmediate } from 'node:timers/promises';

/** Work in the foreground may take this long, in milliseconds, before the event loop turns; the step under way comes on top. */
const patience = 10;

/**
 * Lets the event loop turn now and then during long work: timers, sockets and signals are served between steps. Throws the reason of
 * the signal once that is aborted.
 *
 * @example
 * for await (const batch of loader) {
 *   step(batch);
 *   if (turns.due) await turns.turn();
 * }
 */
export class EventLoopTurns {
  private last = performance.now();

  constructor(private readonly signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
  }

  /** Whether the loop should turn now. Asked first, so that most steps pay no await. */
  get due(): boolean {
    this.signal?.throwIfAborted();
    return performance.now() - this.last >= patience;
  }

  async turn(): Promise<void> {
    await setImmediate();
    this.last = performance.now();
    this.signal?.throwIfAborted();
  }
}
