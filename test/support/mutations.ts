import { type Guarded, makerOf, type Numbers } from './guarded.js';
import type { Random } from './random.js';

/**
 * Arguments of a kernel call, each made wrong in one way: another type, a number that is none or too large, an array too short, too
 * long, of another type, in shared or resizable or detached memory, or over another argument; a list of arrays too short, too long,
 * with one of them made wrong, or with one that spoils another while it is read.
 */
export type Argument = number | boolean | null | Numbers | ArrayList;
type ArrayList = readonly (Numbers | null)[];

const numbers = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  1,
  -1,
  2,
  3,
  5,
  7,
  31,
  64,
  1.5,
  1e308,
  -1e308,
  2 ** 15,
  2 ** 16,
  2 ** 20,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 32 + 1,
  2 ** 40,
  2 ** 52,
  2 ** 53,
  -(2 ** 53),
  2 ** 53 - 1,
  2 ** 62,
  2 ** 63,
  2 ** 64,
  Number.MIN_VALUE,
  4611686018427388000,
];
const integers = [-2147483648, -65536, -2, -1, 0, 1, 2, 3, 4, 8, 9, 31, 255, 46341, 65536, 16777216, 1073741824, 2147483647];

const strangers: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => true,
  () => false,
  () => 'gemm',
  () => '3',
  () => 10n,
  () => Symbol('x'),
  () => ({}),
  () => ({ length: 4, 0: 1 }),
  () => [1, 2, 3],
  () => () => 1,
  () => new ArrayBuffer(64),
  () => new DataView(new ArrayBuffer(64)),
  () => new Int8Array(8),
  () => new Uint8ClampedArray(8),
  () => new Int16Array(8),
  () => new Uint16Array(8),
  () => new Uint32Array(4),
  () => new Int32Array(4),
  () => new Uint8Array(33),
  () => new Float32Array(33),
  () => new Float64Array(33),
  () => new BigInt64Array(8),
  () => Object.create(Float32Array.prototype),
  () => new Proxy(new Float32Array(33), {}),
];

const isArray = (value: Argument): value is Numbers => ArrayBuffer.isView(value);
const isList = (value: Argument): value is ArrayList => Array.isArray(value);

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.word() % list.length] as T;
}

function inOtherMemory(random: Random, guarded: Guarded, array: Numbers): Numbers {
  const Make = makerOf(array);
  switch (random.word() % 3) {
    case 0: {
      const copy = new Make(new SharedArrayBuffer(array.byteLength));
      copy.set(array);
      return copy;
    }
    case 1: {
      const copy = guarded.copy(array);
      structuredClone(copy.buffer, { transfer: [copy.buffer as ArrayBuffer] });
      return copy;
    }
    default: {
      // A view that ended outside when its buffer shrank, and one that shrank with it.
      const Resizable = ArrayBuffer as unknown as new (
        size: number,
        options: { maxByteLength: number },
      ) => ArrayBuffer & { resize(n: number): void };
      const buffer = new Resizable(array.byteLength, { maxByteLength: array.byteLength * 2 + 8 });
      const view = random.word() % 2 === 0 ? new Make(buffer) : new Make(buffer, 0, array.length);
      buffer.resize((random.word() % (array.length + 1)) * array.BYTES_PER_ELEMENT);
      return view;
    }
  }
}

/** An array of the same type and length over the memory of another one, if there is one. */
function overlapping(random: Random, args: readonly Argument[], array: Numbers): unknown {
  const all = args.flatMap((arg): readonly Argument[] => (isList(arg) ? arg : [arg]));
  const others = all.filter((other): other is Numbers => isArray(other) && other !== array);
  if (others.length === 0) return array;
  const other = pick(random, others);
  if (other.constructor === array.constructor && random.word() % 2 === 0) return other;
  const size = array.BYTES_PER_ELEMENT;
  const offset = Math.ceil(other.byteOffset / size) * size + (random.word() % 3) * size;
  const room = Math.floor((other.byteOffset + other.byteLength - offset) / size);
  return new (makerOf(array))(other.buffer, offset, Math.max(0, Math.min(room, array.length)));
}

interface Change {
  readonly how: string;
  readonly value: unknown;
}

function changedArray(random: Random, guarded: Guarded, args: readonly Argument[], old: Numbers): Change {
  switch (random.word() % 4) {
    case 0: {
      const length = pick(
        random,
        [0, 1, old.length - 1, old.length + 1, old.length >> 1, old.length * 2].filter((n) => n >= 0),
      );
      return { how: `of length ${length} instead of ${old.length}`, value: guarded.copy(old, length) };
    }
    case 1:
      return { how: 'in other memory', value: inOtherMemory(random, guarded, old) };
    case 2:
      return { how: 'over another argument', value: overlapping(random, args, old) };
    default: {
      const copy = guarded.copy(old);
      const i = random.word() % Math.max(1, old.length);
      copy[i] = pick(random, old instanceof Int32Array ? integers : numbers);
      return { how: `with [${i}] = ${copy[i]}`, value: copy };
    }
  }
}

/** A getter at `at` that detaches another array of the list, which the kernel may have looked at before. */
function spoiling(guarded: Guarded, list: ArrayList, at: number): unknown[] {
  const copies = list.map((array) => array && guarded.copy(array));
  const own = copies[at];
  const other = copies.find((array, i) => i !== at && array !== null);
  const get = (): unknown => {
    if (other) structuredClone(other.buffer, { transfer: [other.buffer as ArrayBuffer] });
    return own;
  };
  return Object.defineProperty([...copies], at, { get });
}

function changedList(random: Random, guarded: Guarded, args: readonly Argument[], old: ArrayList): Change {
  const at = random.word() % Math.max(1, old.length);
  const array = old[at] ?? null;
  switch (random.word() % 6) {
    case 0:
      return { how: 'with fewer arrays', value: old.slice(0, at) };
    case 1:
      return { how: 'with more arrays', value: [...old, ...new Array(1 + (random.word() % 40)).fill(array)] };
    case 2:
      return { how: `with a getter at [${at}]`, value: spoiling(guarded, old, at) };
    case 3:
      return { how: `with another type at [${at}]`, value: old.with(at, pick(random, strangers)() as null) };
    default: {
      if (array === null) return { how: `with an array at [${at}]`, value: old.with(at, guarded.f32(random.word() % 40)) };
      const { how, value } = changedArray(random, guarded, args, array);
      return { how: `[${at}] ${how}`, value: old.with(at, value as Numbers) };
    }
  }
}

function changedArgument(random: Random, guarded: Guarded, args: readonly Argument[], old: Argument): Change {
  if (random.word() % 5 === 0) return { how: 'of another type', value: pick(random, strangers)() };
  if (typeof old === 'number') return { how: 'another number', value: pick(random, numbers) };
  if (isArray(old)) return changedArray(random, guarded, args, old);
  if (isList(old)) return changedList(random, guarded, args, old);
  return { how: 'of another type', value: pick(random, strangers)() };
}

/** The arguments with one of them made wrong, or one too many or too few. `what` says what was done. */
export function mutate(random: Random, guarded: Guarded, args: readonly Argument[]): { args: unknown[]; what: string } {
  const changed: unknown[] = [...args];
  const at = random.word() % args.length;
  if (random.word() % 40 === 0) {
    if (random.word() % 2 === 0) changed.pop();
    else changed.push(1);
    return { args: changed, what: `${changed.length} arguments` };
  }
  const { how, value } = changedArgument(random, guarded, args, args[at] as Argument);
  changed[at] = value;
  return { args: changed, what: `argument ${at + 1} ${how}` };
}
