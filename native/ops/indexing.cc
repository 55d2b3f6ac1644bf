// Gather and scatter-add of rows. The sums of a row are added in the order of the indices, so a worker owns whole columns, or
// whole rows of the result; there is nothing atomic.
#include "ops.h"

#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "split.h"

namespace myelin::ops {
namespace {

Status badIndex() { return Status::error("expected indices from 0 to the number of rows - 1"); }

// Whether rows for `count` indices make exactly `indexed` elements.
bool rowsFit(size_t count, int64_t width, size_t indexed) {
  int64_t elements;
  if (width < 0 || __builtin_mul_overflow(static_cast<int64_t>(count), width, &elements)) return false;
  return static_cast<size_t>(elements) == indexed;
}

// Whole rows that `length` elements make.
int64_t rowCount(size_t length, int64_t width) { return width > 0 ? static_cast<int64_t>(length) / width : 0; }

}  // namespace

Status gatherRows(AnyIn x, In<int32_t> indices, AnyOut y, int64_t width) {
  if (x.type != y.type) return Status::error("expected x and y of one element type");
  if (!rowsFit(indices.length, width, y.length)) return Status::error("expected y with a row of `width` elements for each index");
  const int64_t bytes = width * static_cast<int64_t>(sizeOf(x.type)), rows = rowCount(x.length, width);
  const uint8_t* from = static_cast<const uint8_t*>(x.data);
  uint8_t* to = static_cast<uint8_t*>(y.data);
  std::atomic<bool> fine{true};
  splitElements(static_cast<int64_t>(indices.length), bytes / 4 + 1, [&](int64_t first, int64_t n) {
    if (!kernels().gatherRows(from, indices.data + first, to + first * bytes, n, rows, bytes)) {
      fine.store(false, std::memory_order_relaxed);
    }
  });
  return fine.load(std::memory_order_relaxed) ? Status::ok() : badIndex();
}

Status scatterAddRows(In<float> y, In<int32_t> indices, InOut<float> x, int64_t width) {
  if (!rowsFit(indices.length, width, y.length)) return Status::error("expected y with a row of `width` elements for each index");
  const int64_t n = static_cast<int64_t>(indices.length), rows = rowCount(x.length, width);
  if (n == 0) return Status::ok();
  // A checked copy: several workers read the indices, which another thread may be changing.
  int32_t* checked = static_cast<int32_t*>(scratch(Slot::work, indices.length * sizeof(int32_t)));
  if (checked == nullptr) return Status::error("out of memory");
  for (int64_t i = 0; i < n; i++) {
    checked[i] = indices.data[i];
    if (checked[i] < 0 || checked[i] >= rows) return badIndex();
  }
  constexpr int64_t columnBlock = 64, rowBlocks = 4;
  if (width >= 2 * columnBlock) {
    splitElements(ceilDiv(width, columnBlock), n * columnBlock, [&](int64_t first, int64_t blocks) {
      const int64_t start = first * columnBlock, cols = least(blocks * columnBlock, width - start);
      kernels().scatterAddRows(y.data + start, checked, x.data + start, n, width, cols, 0, rows);
    });
  } else {
    splitElements(rowBlocks, ceilDiv(n * width, rowBlocks), [&](int64_t first, int64_t blocks) {
      const int64_t firstRow = rows * first / rowBlocks, lastRow = rows * (first + blocks) / rowBlocks;
      kernels().scatterAddRows(y.data, checked, x.data, n, width, width, firstRow, lastRow);
    });
  }
  return Status::ok();
}

}  // namespace myelin::ops
