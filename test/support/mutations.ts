import { type Guarded, makerOf, type Numbers } from './guarded.js';
import type { Random } from './random.js';

/**
 * Arguments of a kernel call, each made wrong in one way: another type, a number that is none or too large, an array too short, too
 * long, of another type, in shared or resizable or detached memory, or over another argument.
 */
export type Argument = number | boolean | null | Numbers;

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

/** An array of the same type and length over the memory of another argument, if there is one. */
function overlapping(random: Random, args: readonly Argument[], at: number): unknown {
  const array = args[at] as Numbers;
  const others = args.filter((other, i): other is Numbers => i !== at && isArray(other));
  if (others.length === 0) return array;
  const other = pick(random, others);
  if (other.constructor === array.constructor && random.word() % 2 === 0) return other;
  const size = array.BYTES_PER_ELEMENT;
  const offset = Math.ceil(other.byteOffset / size) * size + (random.word() % 3) * size;
  const room = Math.floor((other.byteOffset + other.byteLength - offset) / size);
  return new (makerOf(array))(other.buffer, offset, Math.max(0, Math.min(room, array.length)));
}

/** The arguments with one of them made wrong, or one too many or too few. `what` says what was done. */
export function mutate(random: Random, guarded: Guarded, args: readonly Argument[]): { args: unknown[]; what: string } {
  const changed: unknown[] = [...args];
  const at = random.word() % args.length;
  const old = args[at] as Argument;
  const done = (how: string, value: unknown) => {
    changed[at] = value;
    return { args: changed, what: `argument ${at + 1} ${how}` };
  };
  if (random.word() % 40 === 0) {
    if (random.word() % 2 === 0) changed.pop();
    else changed.push(1);
    return { args: changed, what: `${changed.length} arguments` };
  }
  if (random.word() % 5 === 0) return done('of another type', pick(random, strangers)());
  if (typeof old === 'number') return done('another number', pick(random, numbers));
  if (!isArray(old)) return done('of another type', pick(random, strangers)());
  switch (random.word() % 4) {
    case 0: {
      const length = pick(
        random,
        [0, 1, old.length - 1, old.length + 1, old.length >> 1, old.length * 2].filter((n) => n >= 0),
      );
      return done(`of length ${length} instead of ${old.length}`, guarded.copy(old, length));
    }
    case 1:
      return done('in other memory', inOtherMemory(random, guarded, old));
    case 2:
      return done('over another argument', overlapping(random, args, at));
    default: {
      const copy = guarded.copy(old);
      const i = random.word() % Math.max(1, old.length);
      copy[i] = pick(random, old instanceof Int32Array ? integers : numbers);
      return done(`with [${i}] = ${copy[i]}`, copy);
    }
  }
}
