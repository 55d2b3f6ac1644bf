/**
 * Calls `visit` for each run along the last axis, in row-major order, with where the run starts in either array and how
 * far its elements lie apart. dims = [rank, ...shape, ...stridesA, ...stridesB]; rank 0 is one run of one element.
 */
export function walkRows(
  dims: Int32Array,
  visit: (row: number, length: number, startA: number, stepA: number, startB: number, stepB: number) => void,
): void {
  const rank = dims[0];
  if (rank === 0) {
    visit(0, 1, 0, 0, 0, 0);
    return;
  }
  const shape = dims.subarray(1, 1 + rank);
  const stridesA = dims.subarray(1 + rank, 1 + 2 * rank);
  const stridesB = dims.subarray(1 + 2 * rank, 1 + 3 * rank);
  const last = rank - 1;
  const length = shape[last];
  const rows = shape.subarray(0, last).reduce((product, size) => product * size, 1);
  if (length === 0) return;

  const index = new Int32Array(last);
  let startA = 0;
  let startB = 0;
  for (let row = 0; row < rows; row++) {
    visit(row, length, startA, stridesA[last], startB, stridesB[last]);
    for (let axis = last - 1; axis >= 0; axis--) {
      startA += stridesA[axis];
      startB += stridesB[axis];
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      startA -= stridesA[axis] * shape[axis];
      startB -= stridesB[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}
