import type { AnyArray } from '../backend/backend.js';
import { alignOffset } from '../backend/select.js';
import { MyelinError } from '../errors.js';
import { bytesPerElement, type DType, viewOf } from './dtype.js';

/**
 * Memory is recycled, never a ritual. A block is an ordinary ArrayBuffer; a storage is one use of a block. A storage that
 * is released gives its block to a free list of its size class; one that is merely dropped is collected with its block,
 * since nothing else refers to it. So a loop that disposes nothing stays flat, and one inside a scope runs on the same blocks.
 */
interface Block {
  readonly buffer: ArrayBuffer;
  /** Where the first 64-byte-aligned byte lies. */
  readonly offset: number;
  readonly sizeClass: number;
  /** The last view made, taken again when type and length recur, as they do in training. */
  view: AnyArray;
  viewType: DType;
}

const alignment = 64;
const freeBlocks: Block[][] = [];
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
  const exponent = Math.floor(Math.log2(bytes - 1));
  const quarter = Math.floor((bytes - 1) / 2 ** (exponent - 2)) - 4;
  return (exponent - 6) * 4 + quarter + 1;
}

function classBytes(sizeClass: number): number {
  if (sizeClass === 0) return alignment;
  const exponent = 6 + ((sizeClass - 1) >> 2);
  return 2 ** (exponent - 2) * (((sizeClass - 1) & 3) + 5);
}

function newBlock(sizeClass: number, dtype: DType, length: number): Block {
  let buffer: ArrayBuffer;
  try {
    buffer = new ArrayBuffer(classBytes(sizeClass) + alignment);
  } catch (cause) {
    throw new MyelinError('ERR_MEMORY', `[tensor] expected ${classBytes(sizeClass)} bytes of memory, received none`, { cause });
  }
  const offset = alignOffset(buffer);
  return { buffer, offset, sizeClass, view: viewOf(dtype, buffer, offset, length), viewType: dtype };
}

let nextId = 0;

/** One use of a block of memory, shared by the tensors that are reshapes of each other. */
export class Storage {
  /** Never the same for two allocations, even in one recycled block. */
  readonly id = nextId++;
  readonly array: AnyArray;
  private readonly block: Block;
  /** How many tensors share it; 0 after release. */
  refs = 1;
  private fate: 'owned' | 'awaited' | 'uncounted' = 'owned';

  /** Memory for `length` elements, contents undefined. */
  constructor(dtype: DType, length: number) {
    const sizeClass = sizeClassOf(length * bytesPerElement(dtype));
    const block = freeBlocks[sizeClass]?.pop();
    if (block === undefined) {
      this.block = newBlock(sizeClass, dtype, length);
    } else {
      counts.pooledBytes -= block.buffer.byteLength;
      if (block.viewType !== dtype || block.view.length !== length) {
        block.view = viewOf(dtype, block.buffer, block.offset, length);
        block.viewType = dtype;
      }
      this.block = block;
    }
    this.array = this.block.view;
    counts.tensors++;
    counts.bytes += this.bytes;
    if (counts.bytes > counts.peakBytes) counts.peakBytes = counts.bytes;
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
    if (this.fate === 'awaited') collected.unregister(this);
    const size = this.block.buffer.byteLength;
    if (counts.pooledBytes + size > Math.max(pooledFloor, counts.peakBytes)) return;
    let list = freeBlocks[this.block.sizeClass];
    if (list === undefined) {
      list = [];
      freeBlocks[this.block.sizeClass] = list;
    }
    list.push(this.block);
    counts.pooledBytes += size;
  }

  /** From now on the collector may take this storage: have it counted when it does, in any case where it is `kept`. */
  watch(kept: boolean): void {
    if (this.fate === 'awaited' || this.refs === 0 || (this.fate === 'uncounted' && !kept)) return;
    const wasCounted = this.fate === 'owned';
    const counted = kept || mayRegister();
    this.fate = counted ? 'awaited' : 'uncounted';
    if (counted) collected.register(this, this.bytes, this);
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
  freeBlocks.length = 0;
  counts.pooledBytes = 0;
  counts.peakBytes = counts.bytes;
}
