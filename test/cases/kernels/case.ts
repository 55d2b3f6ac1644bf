import type { AnyArray, Backend } from '../../../src/backend/backend.js';
import type { Random } from '../../support/random.js';
import type { Tolerance } from '../../support/tolerance.js';

/** The methods of a backend: everything but its name. */
export type KernelName = Exclude<keyof Backend, 'name'>;

/** One call: its arguments and which of them to compare afterwards. */
export interface KernelCall {
  readonly label: string;
  readonly args: readonly unknown[];
  readonly outputs: readonly Output[];
  /** What a backend must do before, with arguments of its own: pack a matrix. Returns the arguments to use. */
  readonly prepare?: (backend: Backend, args: readonly unknown[]) => readonly unknown[];
}

export interface Output {
  readonly argument: number;
  /** Which of them, where the argument is a list of arrays. */
  readonly element?: number;
  readonly tolerance: Tolerance;
}

export interface KernelCase {
  readonly kernel: KernelName;
  /** Kernels that run on the way to this one. */
  readonly alsoCovers?: readonly KernelName[];
  /** Which operation, where the kernel has a choice. */
  readonly op?: string;
  calls(random: Random): KernelCall[];
}

/** Types the arguments of a call by the kernel that it is for. */
export function callOf<Name extends KernelName>(
  _kernel: Name,
  label: string,
  args: Parameters<Backend[Name]>,
  outputs: readonly Output[],
  prepare?: KernelCall['prepare'],
): KernelCall {
  return prepare === undefined ? { label, args, outputs } : { label, args, outputs, prepare };
}

function isArray(value: unknown): value is AnyArray {
  return ArrayBuffer.isView(value);
}

/** An argument with its array, or the arrays of its list, replaced. */
export function mapArrays(arg: unknown, replace: (array: AnyArray) => unknown): unknown {
  if (Array.isArray(arg)) return arg.map((element) => mapArrays(element, replace));
  return isArray(arg) ? replace(arg) : arg;
}

/** Runs a call on copies of its arguments (one copy for an array that is passed twice) and returns its outputs. */
export function run(backend: Backend, { kernel }: KernelCase, call: KernelCall): AnyArray[] {
  const copies = new Map<unknown, AnyArray>();
  const copyOf = (array: AnyArray): AnyArray => {
    const copy = copies.get(array) ?? array.slice();
    copies.set(array, copy);
    return copy;
  };
  const own = call.args.map((arg) => mapArrays(arg, copyOf));
  const args = call.prepare === undefined ? own : call.prepare(backend, own);
  try {
    Reflect.apply(backend[kernel], backend, args);
  } catch (cause) {
    throw new Error(`${kernel} ${call.label}: ${cause}`, { cause });
  }
  return call.outputs
    .map(({ argument, element }) => (element === undefined ? args[argument] : (args[argument] as readonly unknown[])[element]))
    .filter(isArray);
}
