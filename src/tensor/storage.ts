import type { AnyArray } from '../backend/backend.js';
import { alignOffset } from '../backend/select.js';
import { MyelinError } from '../errors.js';
import { leave, takeBack } from './collector.js';
import { bytesPerElement, type DType, viewOf } from './dtype.js';

/**
 * Memory is recycled, never a ritual. A storage is an ordinary ArrayBuffer in use by tensors. One that is released goes on the free
 * list of its size class, to be taken again; one that is merely dropped is collected, since nothing else refers to it. So a loop that
 * disposes nothing stays flat, and one inside a scope runs on the same memory.
 */
const alignment = 64;
const free: Storage[][] = [];
/** Memory on free lists is bounded by what was once live at the same time, or this if more. */
const pooledFloor = 64 * 2 ** 20;

const counts = { tensors: 0, bytes: 0, peakBytes: 0, pooledBytes: 0 };
/**
 * Balances the counts for storages that the collector takes. Holds sizes, never memory. Yet its own records last until the event loop
 * turns, which a synchronous loop prevents; so only so many are made a turn, and what is dropped beyond them is not counted at all.
 */
const collected = new FinalizationRegistry<number>((bytes) => {
  counts.tensors--;
  counts.bytes -= bytes;
});
const mostInTurn = 1024;
let inTurn = 0;

/** Whether one more storage may be registered in this turn of the event loop. */
function mayRegister(): boolean {
  if (inTurn === mostInTurn) return false;
  if (inTurn++ === 0) {
    setImmediate(() => {
      inTurn = 0;
    }).unref();
  }
  return true;
}

/** Four classes to a power of two, from 64 bytes: at most a quarter is wasted. */
function sizeClassOf(bytes: number): number {
  if (bytes <= alignment) return 0;
  // Every tensor passes here, and whole numbers of 32 bits are far faster than logarithms; larger sizes are four powers of two up.
  if (bytes > 2 ** 31) return sizeClassOf(Math.ceil(bytes / 16)) + 16;
  const last = bytes - 1;
  const exponent = 31 - Math.clz32(last);
  const quarter = (last >> (exponent - 2)) - 4;
  return (exponent - 6) * 4 + quarter + 1;
}

function classBytes(sizeClass: number): number {
  if (sizeClass === 0) return alignment;
  const exponent = 6 + ((sizeClass - 1) >> 2);
  return 2 ** (exponent - 2) * (((sizeClass - 1) & 3) + 5);
}

let nextId = 0;

/** Memory in use, shared by the tensors that are reshapes of each other. */
export class Storage {
  /** Never the same for two uses, even of recycled memory. */
  id = nextId++;
  array: AnyArray;
  private readonly buffer: ArrayBuffer;
  /** Where the first 64-byte-aligned byte lies. */
  private readonly offset: number;
  private readonly sizeClass: number;
  private dtype: DType;
  /**
   * What the registry watches in its place: goes when it goes. A collection of young objects keeps whatever a registry watches, and
   * would keep the memory with it.
   */
  private readonly witness = {};
  /** How many tensors share it; 0 after release. */
  refs = 1;
  private fate: 'owned' | 'awaited' | 'uncounted' = 'owned';

  private constructor(sizeClass: number, dtype: DType, length: number) {
    try {
      this.buffer = new ArrayBuffer(classBytes(sizeClass) + alignment);
    } catch (cause) {
      throw new MyelinError('ERR_MEMORY', `[tensor] expected ${classBytes(sizeClass)} bytes of memory, received none`, { cause });
    }
    this.offset = alignOffset(this.buffer);
    this.sizeClass = sizeClass;
    this.dtype = dtype;
    this.array = viewOf(dtype, this.buffer, this.offset, length);
  }

  /** Memory for `length` elements, contents undefined. */
  static take(dtype: DType, length: number): Storage {
    const sizeClass = sizeClassOf(length * bytesPerElement(dtype));
    let storage = free[sizeClass]?.pop();
    if (storage === undefined) storage = new Storage(sizeClass, dtype, length);
    else storage.reuse(dtype, length);
    counts.tensors++;
    counts.bytes += storage.bytes;
    if (counts.bytes > counts.peakBytes) counts.peakBytes = counts.bytes;
    return storage;
  }

  /** The view is made anew only where type or length differ; in training both recur. */
  private reuse(dtype: DType, length: number): void {
    counts.pooledBytes -= this.buffer.byteLength;
    if (this.dtype !== dtype || this.array.length !== length) {
      this.array = viewOf(dtype, this.buffer, this.offset, length);
      this.dtype = dtype;
    }
    this.id = nextId++;
    this.refs = 1;
    this.fate = 'owned';
  }

  get bytes(): number {
    return this.array.byteLength;
  }

  retain(): this {
    this.refs++;
    return this;
  }

  release(): void {
    if (--this.refs > 0) return;
    if (this.fate !== 'uncounted') {
      counts.tensors--;
      counts.bytes -= this.bytes;
    }
    if (this.fate === 'awaited') collected.unregister(this.witness);
    if (this.fate !== 'owned') takeBack(this.bytes);
    const size = this.buffer.byteLength;
    if (counts.pooledBytes + size > Math.max(pooledFloor, counts.peakBytes)) return;
    let list = free[this.sizeClass];
    if (list === undefined) {
      list = [];
      free[this.sizeClass] = list;
    }
    list.push(this);
    counts.pooledBytes += size;
  }

  /** From now on the collector may take this storage: have it counted when it does, in any case where it is `kept`. */
  watch(kept: boolean): void {
    if (this.fate === 'awaited' || this.refs === 0 || (this.fate === 'uncounted' && !kept)) return;
    const wasCounted = this.fate === 'owned';
    if (wasCounted) leave(this.bytes);
    const counted = kept || mayRegister();
    this.fate = counted ? 'awaited' : 'uncounted';
    if (counted) collected.register(this.witness, this.bytes, this.witness);
    const change = Number(counted) - Number(wasCounted);
    counts.tensors += change;
    counts.bytes += change * this.bytes;
  }
}

/**
 * What `memory()` tells. Storages that were dropped count until the collector has run and the event loop has turned; of more than a
 * thousand created outside of scopes in one turn, the rest is not counted.
 */
export interface MemoryInfo {
  /** Live storages: tensors, reshapes of one tensor counted once. */
  tensors: number;
  /** Bytes in live storages. */
  bytes: number;
  /** The most bytes that were live at one time. */
  peakBytes: number;
  /** Bytes kept for reuse. */
  pooledBytes: number;
}

/** How much memory tensors hold. */
export function memory(): MemoryInfo {
  return { ...counts };
}

/** Gives the memory that is kept for reuse back to the system, and lets the peak start again from what is live. */
export function releasePool(): void {
  free.length = 0;
  counts.pooledBytes = 0;
  counts.peakBytes = counts.bytes;
}
