import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memory } from '../../src/tensor/storage.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** How many tensors live once the collector has taken those that were dropped. */
export async function liveTensors(): Promise<number> {
  for (let seen = -1; seen !== memory().tensors; ) {
    seen = memory().tensors;
    collect();
    // Counts are balanced by finalizers, which run after the event loop has turned.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  }
  return memory().tensors;
}
