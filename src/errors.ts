/**
 * Every error this library throws on purpose is a MyelinError: a class to catch, a stable `code` to
 * switch on, and a message of the form "[where] what was expected, what was received".
 */
export class MyelinError extends Error {
  /** Stable identifier, e.g. `ERR_SHAPE`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Shapes do not fit: wrong rank, wrong size, not broadcastable. */
export class ShapeError extends MyelinError {
  constructor(message: string) {
    super('ERR_SHAPE', message);
  }
}

/** An element type that the operation does not take. */
export class DTypeError extends MyelinError {
  constructor(message: string) {
    super('ERR_DTYPE', message);
  }
}

/** An argument of the wrong kind or out of its range. */
export class ArgumentError extends MyelinError {
  constructor(message: string) {
    super('ERR_INVALID_ARGUMENT', message);
  }
}

/** A tensor was used after it was disposed, or after the scope that owned it ended. */
export class DisposedError extends MyelinError {
  constructor(message: string) {
    super('ERR_DISPOSED', message);
  }
}

/** The gradient asked for does not exist: not connected, not differentiable, or recorded wrongly. */
export class GradientError extends MyelinError {
  constructor(message: string) {
    super('ERR_GRADIENT', message);
  }
}

/** A number that must be finite is not. */
export class NonFiniteError extends MyelinError {
  constructor(message: string) {
    super('ERR_NON_FINITE', message);
  }
}

/** A file or a byte sequence is not what its format says. */
export class FormatError extends MyelinError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_FORMAT', message, options);
  }
}

/** Something outside the library is missing: a file, a package, a compiler. */
export class MissingError extends MyelinError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MISSING', message, options);
  }
}

/** The chosen backend cannot be used, or refused a call. */
export class BackendError extends MyelinError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_BACKEND', message, options);
  }
}

/** A value as messages show it: short, and never an error itself. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.slice(0, 10).map(describe).join(', ')}${value.length > 10 ? ', ...' : ''}]`;
  return value.constructor?.name ?? 'an object';
}

/** Throws unless `options` is an object (a missing one has its default by then). */
export function checkOptions(where: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(`[${where}] expected options to be an object, received ${describe(options)}`);
  }
}
