import { ArgumentError, describe } from '../errors.js';
import { Tensor } from './tensor.js';

/** Tensors that one scope owns, in the order of creation. */
type Owned = Tensor[];

let current: Owned | null = null;

/** Called by the constructor of Tensor: hands a new tensor to the innermost scope, or to the collector. */
export function adopt(tensor: Tensor): void {
  if (current === null) tensor.storage.watch(false);
  else current.push(tensor);
}

/** Throws if `result` is a promise: what an async function does after its first await happens outside. */
export function refuseAsync(where: string, f: { readonly name: string }, result: unknown): void {
  if (result !== null && typeof result === 'object' && typeof (result as { then?: unknown }).then === 'function') {
    Promise.resolve(result).catch(() => {});
    throw new ArgumentError(`[${where}] expected a synchronous function, received the async function ${f.name || '(anonymous)'}`);
  }
}

/** Calls `visit` for each tensor in a value: a tensor, or arrays, maps and plain objects of them. */
export function visitTensors(value: unknown, visit: (tensor: Tensor) => void): void {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return;
  if (value instanceof Tensor) visit(value);
  else if (Array.isArray(value)) for (const item of value) visitTensors(item, visit);
  else if (value instanceof Map) for (const item of value.values()) visitTensors(item, visit);
  else if (Object.getPrototypeOf(value) === Object.prototype) for (const item of Object.values(value)) visitTensors(item, visit);
}

/**
 * Runs `f` and gives back the memory of every tensor created inside, but those that `f` returns (alone, or in arrays, maps and
 * plain objects) or passed to `keep`. Using another one later throws ERR_DISPOSED.
 *
 * @example
 * const norm = scope(() => sqrt(sum(square(x))));
 */
export function scope<T>(f: () => T): T {
  const outer = current;
  const owned: Owned = [];
  current = owned;
  let result: T;
  try {
    result = f();
    refuseAsync('scope', f, result);
  } catch (error) {
    current = outer;
    for (const tensor of owned) if (!tensor.kept) tensor.dispose();
    throw error;
  }
  current = outer;
  visitTensors(result, (tensor) => {
    tensor.leaving = true;
  });
  for (const tensor of owned) {
    if (tensor.disposed || tensor.kept) continue;
    if (tensor.leaving) adopt(tensor);
    else tensor.dispose();
  }
  visitTensors(result, (tensor) => {
    tensor.leaving = false;
  });
  return result;
}

/**
 * Runs `f` like a scope that stays open: nothing that `f` creates is counted as dropped, nor disposed, until `close` is called, which
 * leaves what is still live then to the scope around it, or to the collector. For tensors that are nearly always disposed soon: the
 * collector's records of them would outlive them by far.
 */
export function held<T>(f: () => T): { result: T; close: () => void } {
  const outer = current;
  const owned: Owned = [];
  current = owned;
  try {
    const result = f();
    const close = (): void => {
      for (const tensor of owned) if (!tensor.disposed && !tensor.kept) adopt(tensor);
      owned.length = 0;
    };
    return { result, close };
  } catch (error) {
    for (const tensor of owned) if (!tensor.kept) tensor.dispose();
    throw error;
  } finally {
    current = outer;
  }
}

/** Takes a tensor out of the scopes that would dispose it; from now on `dispose()` or the collector ends it. Returns it. */
export function keep<T extends Tensor>(tensor: T): T {
  if (!(tensor instanceof Tensor)) throw new ArgumentError(`[keep] expected a tensor, received ${describe(tensor)}`);
  tensor.kept = true;
  if (!tensor.disposed) tensor.storage.watch(true);
  return tensor;
}
