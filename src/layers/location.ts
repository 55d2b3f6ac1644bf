import { MyelinError } from '../errors.js';

/** Errors whose message names a layer already. */
const named = new WeakSet<object>();

/** Marks an error as one that names its layer. */
export function located<E extends Error>(error: E): E {
  named.add(error);
  return error;
}

/** Puts the layer in front of what an op inside it says: `[matmul] ...` becomes `[body.0 Dense: matmul] ...`. The innermost layer is named. */
export function locateError(error: unknown, where: string): unknown {
  if (!(error instanceof MyelinError) || named.has(error)) return error;
  const before = error.message;
  if (!before.startsWith(`[${where}]`)) {
    error.message = before.startsWith('[') ? `[${where}: ${before.slice(1)}` : `[${where}] ${before}`;
    if (error.stack !== undefined) error.stack = error.stack.replace(before, () => error.message);
  }
  return located(error);
}
