import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Asks V8 to collect young objects when dropped tensors may have piled up. V8 counts the bytes of its own objects, hardly those of
 * array buffers, so by itself it lets up to 32 MB of them wait; a loop that disposes nothing then runs on ever fresh memory, out of
 * cache, before any returns. A collection of young objects takes 0.3 to 1 ms, so it follows on a thousand tensors or on 8 MB.
 */
const most = { tensors: 1024, bytes: 2 ** 23 };

type Collect = (options: { type: 'minor' }) => void;
let collect: Collect | null | undefined;
let tensors = 0;
let bytes = 0;

/** V8's collector, which a process can ask for at any time; null where there is none, and then V8 goes by itself. */
function findCollector(): Collect | null {
  const exposed = (globalThis as { gc?: Collect }).gc;
  if (exposed !== undefined) return exposed;
  try {
    setFlagsFromString('--expose-gc');
    return runInNewContext('typeof gc === "function" ? gc : null') as Collect | null;
  } catch {
    return null;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}

/** A storage of so many bytes was left to the collector. */
export function leave(size: number): void {
  tensors++;
  bytes += size;
  if (tensors < most.tensors && bytes < most.bytes) return;
  tensors = 0;
  bytes = 0;
  if (collect === undefined) collect = findCollector();
  collect?.({ type: 'minor' });
}

/** One that was left was released after all. */
export function takeBack(size: number): void {
  if (tensors === 0) return;
  tensors--;
  bytes = Math.max(0, bytes - size);
}
