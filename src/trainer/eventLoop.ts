import { setImmediate } from 'node:timers/promises';

/** Work in the foreground may take this long, in milliseconds, before the event loop turns; the step under way comes on top. */
const patience = 10;

/** Lets the event loop turn now and then during long work: timers, sockets and signals are served between steps. */
class EventLoopTurns {
  private last = performance.now();

  /** Whether the loop should turn now. Asked first, so that most steps pay no await. */
  get due(): boolean {
    return performance.now() - this.last >= patience;
  }

  async turn(): Promise<void> {
    await setImmediate();
    this.last = performance.now();
  }
}

/** What an iterable gives; in between the event loop turns, and an abort ends it with the signal's reason. */
export async function* inTurns<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void, undefined> {
  const turns = new EventLoopTurns();
  signal?.throwIfAborted();
  for await (const item of items) {
    yield item;
    if (turns.due) await turns.turn();
    signal?.throwIfAborted();
  }
}
