/** A mean over samples that come in batches of any size. */
export class RunningMean {
  private sum = 0;
  private count = 0;

  /** Takes in `count` samples whose mean is `value`. */
  add(value: number, count: number): void {
    this.sum += value * count;
    this.count += count;
  }

  /** NaN while there are no samples. */
  value(): number {
    return this.sum / this.count;
  }
}
