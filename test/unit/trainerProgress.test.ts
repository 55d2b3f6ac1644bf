import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/errors.js';
import { type Callback, type EpochEvent, type ProgressOptions, progress } from '../../src/trainer/index.js';

const control = { stop: () => {} };

function record(
  options: ProgressOptions,
  isTTY: boolean,
): { callback: Callback; text: () => string; pass: (ms: number) => void } {
  let text = '';
  let now = 0;
  const writer = { isTTY, columns: 60, write: (part: string) => (text += part) };
  const callback = progress({ writer, now: () => now, ...options });
  return { callback, text: () => text, pass: (ms) => (now += ms) };
}

const step = (batch: number) => ({ epoch: 1, epochs: 2, batch, batches: 100, step: batch, samples: 8, loss: 0.5 });
const epoch: EpochEvent = {
  epoch: 1,
  epochs: 2,
  step: 100,
  train: { loss: 0.25, accuracy: 0.9 },
  validation: { loss: 0.3, accuracy: 0.8 },
  samples: 800,
  seconds: 2,
  samplesPerSecond: 400,
  learningRate: 0.1,
};

describe('progress', () => {
  it('draws a bar at most ten times a second on a terminal, and clears it', () => {
    const { callback, text, pass } = record({}, true);
    for (let batch = 1; batch <= 100; batch++) {
      callback.onStepEnd?.(step(batch), control);
      pass(5);
    }
    expect(text().split('\r\x1b[K')).toHaveLength(5);
    expect(text()).toMatch(/epoch 1\/2 \[=+ +\] 81\/100 {2}loss 0\.5000$/);
    for (const line of text().split('\r\x1b[K')) expect(line.length).toBeLessThan(60);
    callback.onEpochEnd?.(epoch, control);
    expect(
      text().endsWith(
        '\r\x1b[Kepoch 1/2  loss 0.2500  accuracy 0.9000  validation loss 0.3000  validation accuracy 0.8000  2.0 s  400 samples/s\n',
      ),
    ).toBe(true);
    callback.onStepEnd?.(step(1), control);
    callback.onTrainEnd?.({ epochs: [], stopped: true });
    expect(text().endsWith('\r\x1b[K')).toBe(true);
  });

  it('writes one plain line an epoch elsewhere', () => {
    const { callback, text } = record({}, false);
    callback.onStepEnd?.(step(1), control);
    callback.onEpochEnd?.({ ...epoch, validation: null }, control);
    callback.onTrainEnd?.({ epochs: [], stopped: false });
    expect(text()).toBe('epoch 1/2  loss 0.2500  accuracy 0.9000  2.0 s  400 samples/s\n');
  });

  it('writes JSON lines', () => {
    const { callback, text } = record({ mode: 'json' }, true);
    callback.onStepEnd?.(step(1), control);
    callback.onEpochEnd?.(epoch, control);
    expect(JSON.parse(text())).toEqual({ event: 'epoch', ...epoch });
  });

  it('refuses other modes', () => {
    expect(() => progress({ mode: 'loud' as 'bar' })).toThrow(ArgumentError);
    expect(() => progress({ stream: process.stdout } as never)).toThrow(/received 'stream'/);
  });
});
