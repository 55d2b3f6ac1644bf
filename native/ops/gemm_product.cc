// The loops around the micro-kernel, from outside in: blocks of k, whose panels of B stay in the second-level cache; strips of
// rows of A, which stay in the first; tiles along the strip. A is read in place, or copied where its stride would crowd its
// rows into a few sets of the cache; while a strip is worked on, the next one is fetched. B is packed if enough rows share the
// cost, else read in place too.
#include "gemm_product.h"

#include <string.h>

#include "../runtime/scratch.h"

namespace myelin::ops {
namespace {

constexpr int64_t fewRows = 48;         // up to so many rows B is read in place
constexpr int64_t fewStrips = 8;        // up to so many strips B is packed panel by panel
constexpr int64_t copyColumns = 96;     // from so many columns on, copying a strip of A pays
constexpr int64_t crowdedStride = 256;  // strides that are multiples of this fall into few sets
constexpr int64_t copyStride = gemmDepth + 16;

// Where B lies in one block of k. Packed: the panel of a column starts at panels + (column - start)*pitch, its row k at
// k*width from there. In place: row k starts at inPlace + k*stride, but for the columns after the last whole vector.
struct Right {
  const float* panels;  // or null
  int64_t start, pitch, firstStep;
  const float* inPlace;
  int64_t stride;
  const float* last;
};

struct Left {
  const float* a;
  int64_t stride;
  bool byRows;
};

struct Block {
  int64_t kStart, kEnd;
  int64_t steps() const { return kEnd - kStart; }
};

Left stripInPlace(const GemmProduct& p, int64_t row, const Block& block) {
  if (p.transA) return {p.a + block.kStart * p.lda + row, p.lda, false};
  return {p.a + row * p.lda + block.kStart, p.lda, true};
}

Left copyStrip(const Left& strip, int64_t rows, int64_t steps, float* copy) {
  if (!strip.byRows) {
    for (int64_t i = 0; i < steps; ++i) memcpy(copy + 16 * i, strip.a + i * strip.stride, size_t(rows) * sizeof(float));
    return {copy, 16, false};
  }
  for (int64_t r = 0; r < rows; ++r) memcpy(copy + r * copyStride, strip.a + r * strip.stride, size_t(steps) * sizeof(float));
  return {copy, copyStride, true};
}

// What the tiles of a strip fetch of the next one, each its share: two rows, or of a transposed A two of sixteen rows.
class Ahead {
 public:
  Ahead(const Left& next, int64_t rows) : next_(next), lines_(next.byRows ? rows : rows > 0 ? 16 : 0) {}
  void give(GemmTile& tile) {
    tile.ahead = line_ < lines_ ? next_.a + line_ * next_.stride : nullptr;
    tile.aheadStride = line_ + 1 < lines_ ? next_.stride : 0;
    tile.aheadStep = next_.byRows ? 16 : 16 * next_.stride;
    line_ += 2;
  }

 private:
  Left next_;
  int64_t lines_, line_ = 0;
};

void computeStrip(const GemmProduct& p, const GemmRange& range, const Block& block, const Left& left, const Right& right,
                  int64_t row, int64_t rows, Ahead ahead) {
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const GemmSegment whole = {0, 0};
  const bool finish = block.kEnd == p.k;
  const int64_t widest = right.panels ? shape.panel : shape.width[rows];
  GemmTile tile;
  tile.a = left.a;
  tile.segments = &whole;
  tile.strideA = left.stride;
  tile.strideC = p.ldc;
  tile.segmentCount = 1;
  tile.length = block.steps();
  tile.rows = int32_t(rows);
  tile.load = p.load || block.kStart > 0;
  tile.activation = finish ? p.activation : int32_t(tileLinear);
  const auto run = left.byRows ? table.gemmTileRows : table.gemmTileColumns;
  for (int64_t column = range.columnStart; column < range.columnEnd;) {
    const int64_t remaining = range.columnEnd - column;
    int64_t width = std::min(widest, remaining);
    if (right.panels) {
      tile.strideB = (width + 15) / 16 * 16;
      tile.b = right.panels + (column - right.start) * right.pitch + right.firstStep * tile.strideB;
    } else if (width < 16) {
      tile.strideB = 16;
      tile.b = right.last;
    } else {
      for (width = widest; width > remaining;) width /= 2;
      tile.strideB = right.stride;
      tile.b = right.inPlace + column;
    }
    tile.c = p.c + row * p.ldc + column;
    tile.bias = block.kStart == 0 && p.bias ? p.bias + column : nullptr;
    tile.columns = int32_t(width);
    ahead.give(tile);
    run(tile);
    column += width;
  }
}

int64_t blocksOf(int64_t k) { return std::max<int64_t>(1, (k + gemmDepth - 1) / gemmDepth); }
int64_t stripsOf(int64_t rows) { return (rows + kernels().gemmShape().rows - 1) / kernels().gemmShape().rows; }

float* floats(Slot slot, int64_t count) { return static_cast<float*>(scratch(slot, size_t(count) * sizeof(float))); }

}  // namespace

bool gemmWorthPacking(const GemmProduct& p, int64_t rows) { return !p.packed && (p.transB || rows > fewRows); }

void gemmPackPanels(const GemmProduct& p, int64_t kStart, int64_t kEnd, int64_t start, int64_t end, float* out) {
  const KernelTable& table = kernels();
  const int64_t panel = table.gemmShape().panel, steps = kEnd - kStart;
  // A few rows of all panels at a time, so that a page of B is visited once.
  const int64_t few = p.transB ? std::max<int64_t>(steps, 1) : 32;
  for (int64_t k = 0; k < steps; k += few) {
    const int64_t count = std::min(few, steps - k);
    for (int64_t column = start; column < end; column += panel) {
      const int64_t columns = std::min(panel, end - column), width = (columns + 15) / 16 * 16;
      const float* from = p.transB ? p.b + column * p.ldb + kStart + k : p.b + (kStart + k) * p.ldb + column;
      table.gemmPackPanel(from, p.ldb, p.transB, count, int32_t(columns), out + (column - start) * steps + k * width);
    }
  }
}

namespace {

// gemmPart for as many columns as are packed at a time.
void computeColumns(const GemmProduct& p, const GemmRange& range, bool pack, float* panels, float* copied) {
  const KernelTable& table = kernels();
  const int64_t rows = range.rowEnd - range.rowStart, rest = (range.columnEnd - range.columnStart) % 16;
  const int64_t blocks = blocksOf(p.k), strips = stripsOf(rows);
  for (int64_t b = 0; b < blocks; ++b) {
    const Block block = {partStart(p.k, blocks, b), partStart(p.k, blocks, b + 1)};
    Right right = {p.packed, 0, p.k, block.kStart, nullptr, 0, nullptr};
    if (pack) {
      gemmPackPanels(p, block.kStart, block.kEnd, range.columnStart, range.columnEnd, panels);
      right = {panels, range.columnStart, block.steps(), 0, nullptr, 0, nullptr};
    } else if (!p.packed) {
      right = {nullptr, 0, 0, 0, p.b + block.kStart * p.ldb, p.ldb, panels};
      if (rest > 0)
        table.gemmPackPanel(right.inPlace + range.columnEnd - rest, p.ldb, false, block.steps(), int32_t(rest), panels);
    }
    for (int64_t s = 0; s < strips; ++s) {
      const int64_t start = partStart(rows, strips, s), end = partStart(rows, strips, s + 1);
      const int64_t next = s + 1 < strips ? partStart(rows, strips, s + 2) : end;
      Left left = stripInPlace(p, range.rowStart + start, block);
      const Ahead ahead(stripInPlace(p, range.rowStart + end, block), next - end);
      if (copied) left = copyStrip(left, end - start, block.steps(), copied);
      computeStrip(p, range, block, left, right, range.rowStart + start, end - start, ahead);
    }
  }
}

}  // namespace

bool gemmPart(const GemmProduct& p, const GemmRange& range) {
  const int64_t rows = range.rowEnd - range.rowStart, columns = range.columnEnd - range.columnStart;
  const bool pack = gemmWorthPacking(p, rows);
  // For a few strips each panel is packed right before its use, and never leaves the first-level cache.
  const int64_t together = pack && stripsOf(rows) <= fewStrips ? kernels().gemmShape().panel : columns;
  const bool copy = together >= copyColumns && p.lda % crowdedStride == 0;
  float* panels = nullptr;
  float* copied = nullptr;
  if (pack || !p.packed) {
    panels = floats(Slot::packB, (pack ? together + 15 : 16) * ((p.k + blocksOf(p.k) - 1) / blocksOf(p.k)));
    if (panels == nullptr) return false;
  }
  if (copy) {
    copied = floats(Slot::packA, std::max(copyStride * GemmShape::rowsLimit, 16 * gemmDepth));
    if (copied == nullptr) return false;
  }
  for (int64_t start = range.columnStart; start < range.columnEnd; start += together) {
    const int64_t end = std::min(start + together, range.columnEnd);
    computeColumns(p, {range.rowStart, range.rowEnd, start, end}, pack, panels, copied);
  }
  return true;
}

}  // namespace myelin::ops
