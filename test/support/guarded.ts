/** Typed arrays that lie between canaries, so that a write beyond their ends is found. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint32Array;
type Make<T extends Numbers> = new (buffer: ArrayBufferLike, offset?: number, length?: number) => T;

const canary = 0xa5;
const margin = 256;

export const makerOf = <T extends Numbers>(array: T): Make<T> => array.constructor as Make<T>;

export class Guarded {
  readonly #allocations: Uint8Array[] = [];

  #make<T extends Numbers>(type: Make<T> & { readonly BYTES_PER_ELEMENT: number }, length: number): T {
    const bytes = length * type.BYTES_PER_ELEMENT;
    const all = new Uint8Array(bytes + 2 * margin).fill(canary);
    this.#allocations.push(all);
    all.fill(0, margin, margin + bytes);
    return new type(all.buffer, margin, length);
  }

  f32(length: number, value = 0.5): Float32Array {
    return this.#make(Float32Array, length).fill(value);
  }
  f64(...values: number[]): Float64Array {
    const array = this.#make(Float64Array, values.length);
    array.set(values);
    return array;
  }
  i32(...values: number[]): Int32Array {
    const array = this.#make(Int32Array, values.length);
    array.set(values);
    return array;
  }
  u32(...values: number[]): Uint32Array {
    const array = this.#make(Uint32Array, values.length);
    array.set(values);
    return array;
  }
  u8(length: number): Uint8Array {
    return this.#make(Uint8Array, length);
  }
  /** A copy with another length: cut, or filled up with zeros. */
  copy<T extends Numbers>(array: T, length = array.length): T {
    const copy = this.#make(array.constructor as Make<T> & { readonly BYTES_PER_ELEMENT: number }, length);
    copy.set(array.subarray(0, length));
    return copy;
  }

  intact(): boolean {
    return this.#allocations.every((all) => {
      // Detached: nothing of it can be read any more.
      if (all.length === 0) return true;
      for (let i = 0; i < margin; i++) if (all[i] !== canary || all[all.length - 1 - i] !== canary) return false;
      return true;
    });
  }
}
