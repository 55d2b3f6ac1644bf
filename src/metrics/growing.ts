/** Numbers of which more come; memory doubles as they do. */
export class GrowingArray {
  private array = new Float64Array(1024);
  private count = 0;

  push(value: number): void {
    if (this.count === this.array.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.count++] = value;
  }

  /** The numbers so far; valid until the next `push`. */
  values(): Float64Array {
    return this.array.subarray(0, this.count);
  }
}
