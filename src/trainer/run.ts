import { ArgumentError } from '../errors.js';
import type { History, StepEvent } from './events.js';

/**
 * A training under way: await it for its history, or iterate it for its steps. It starts by itself; while it is iterated it goes
 * only as fast as the loop, and leaving the loop ends it, as if a callback had stopped it.
 *
 * @example
 * for await (const { step, loss } of trainer.fit(data)) if (step % 100 === 0) console.log(step, loss);
 */
export class TrainingRun implements PromiseLike<History>, AsyncIterable<StepEvent, void, undefined> {
  readonly [Symbol.toStringTag] = 'TrainingRun';
  private taken = false;
  private readonly outcome: Promise<History>;
  private settle: { resolve: (history: History) => void; reject: (reason: unknown) => void } | null = null;

  constructor(
    private readonly begin: () => AsyncGenerator<StepEvent, void, undefined>,
    private readonly history: History,
    private readonly ended: () => void,
  ) {
    this.outcome = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    queueMicrotask(() => {
      if (!this.taken) void this.drain();
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what it is for
  then<A = History, B = never>(
    onFulfilled?: ((history: History) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.outcome.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History | B> {
    return this.outcome.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<History> {
    return this.outcome.finally(onFinally);
  }

  [Symbol.asyncIterator](): AsyncGenerator<StepEvent, void, undefined> {
    if (this.taken)
      throw new ArgumentError('[fit] expected a run to be iterated once, as soon as it is made, received a run that has started');
    this.taken = true;
    // An error reaches whoever iterates; that nobody awaits the run as well is no fault.
    this.outcome.catch(() => {});
    return this.pull();
  }

  private async drain(): Promise<void> {
    this.taken = true;
    try {
      for await (const _ of this.begin());
      this.settle?.resolve(this.history);
    } catch (error) {
      this.settle?.reject(error);
    } finally {
      this.ended();
    }
  }

  private async *pull(): AsyncGenerator<StepEvent, void, undefined> {
    let complete = false;
    try {
      for await (const event of this.begin()) yield event;
      complete = true;
    } catch (error) {
      this.settle?.reject(error);
      throw error;
    } finally {
      if (!complete) this.history.stopped = true;
      this.ended();
      this.settle?.resolve(this.history);
    }
  }
}
