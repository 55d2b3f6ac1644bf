// The loops around the micro-kernel, from outside in: blocks of k, whose panels of B stay in the second-level cache; strips of
// rows of A, which stay in the first; tiles along the strip. A is read in place, or copied where its stride would crowd its
// rows into a few sets of the cache. B is packed if enough rows share the cost, else read in place too.
#include "gemm_product.h"

#include <string.h>

#include <algorithm>

#include "../runtime/scratch.h"

namespace myelin::ops {
namespace {

constexpr int64_t depth = 512;         // steps of k between two visits of a tile of C
constexpr int64_t packRows = 48;       // from so many rows on, packing B pays
constexpr int64_t copyColumns = 96;    // from so many columns on, copying a strip of A pays
constexpr int64_t crowdedStride = 256; // strides that are multiples of this fall into few sets

// Where the panels of one block of k lie: packed ones one after the other, else in b itself, but for a last narrow one.
struct Right {
  const float* panels;  // or null: in place
  const float* inPlace;
  int64_t stride;       // in place
  const float* last;    // the packed columns after the last whole vector, or null
  int64_t start, end;   // columns of the range
};

struct Left {
  const float* a;
  int64_t stride;
  bool byRows;
};

bool worthPacking(const GemmProduct& p, const GemmRange& range) {
  return p.transB || range.rowEnd - range.rowStart >= packRows;
}

// The strip of A for rows [row, row + rows), steps [kStart, kEnd), copied so that its lines spread over the cache.
Left copyStrip(const GemmProduct& p, int64_t row, int64_t rows, int64_t kStart, int64_t kEnd, float* strip) {
  const int64_t steps = kEnd - kStart;
  if (p.transA) {
    for (int64_t i = 0; i < steps; ++i) memcpy(strip + 16 * i, p.a + (kStart + i) * p.lda + row, size_t(rows) * sizeof(float));
    return {strip, 16, false};
  }
  for (int64_t r = 0; r < rows; ++r) {
    memcpy(strip + r * (depth + 16), p.a + (row + r) * p.lda + kStart, size_t(steps) * sizeof(float));
  }
  return {strip, depth + 16, true};
}

void computeStrip(const GemmProduct& p, const Left& left, const Right& right, int64_t row, int64_t rows, int64_t kStart, int64_t kEnd) {
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const int64_t steps = kEnd - kStart, widest = right.panels ? shape.panel : shape.width[rows];
  const GemmSegment whole = {0, 0};
  GemmTile tile;
  tile.a = left.a;
  tile.segments = &whole;
  tile.strideA = left.stride;
  tile.strideC = p.ldc;
  tile.segmentCount = 1;
  tile.length = steps;
  tile.rows = int32_t(rows);
  tile.load = p.load || kStart > 0;
  const bool finish = kEnd == p.k;
  tile.activation = finish ? p.activation : int32_t(tileLinear);
  const auto run = left.byRows ? table.gemmTileRows : table.gemmTileColumns;
  for (int64_t column = right.start; column < right.end;) {
    int64_t width = widest;
    if (right.panels) {
      width = std::min(width, right.end - column);
      tile.b = right.panels + (column - right.start) * steps;
      tile.strideB = (width + 15) / 16 * 16;
    } else if (right.end - column < 16) {
      width = right.end - column;
      tile.b = right.last;
      tile.strideB = 16;
    } else {
      while (width > right.end - column) width /= 2;
      tile.b = right.inPlace + column;
      tile.strideB = right.stride;
    }
    tile.c = p.c + row * p.ldc + column;
    tile.bias = finish && p.bias ? p.bias + column : nullptr;
    tile.columns = int32_t(width);
    run(tile);
    column += width;
  }
}

// Panels of a prepacked B run over all of k; within one block of k they are not adjacent, so each is a range of its own.
void computePrepacked(const GemmProduct& p, const Left& left, const GemmRange& range, int64_t row, int64_t rows, int64_t kStart,
                      int64_t kEnd) {
  const int64_t panel = kernels().gemmShape().panel;
  for (int64_t column = range.columnStart; column < range.columnEnd; column += panel) {
    const int64_t end = std::min(column + panel, range.columnEnd);
    const int64_t width = (std::min(panel, p.n - column) + 15) / 16 * 16;
    computeStrip(p, left, {p.packed + column * p.k + width * kStart, nullptr, 0, nullptr, column, end}, row, rows, kStart, kEnd);
  }
}

}  // namespace

void gemmPackPanels(const GemmProduct& p, int64_t kStart, int64_t kEnd, int64_t start, int64_t end, float* out) {
  const KernelTable& table = kernels();
  const int64_t panel = table.gemmShape().panel, steps = kEnd - kStart;
  for (int64_t column = start; column < end; column += panel) {
    const int64_t width = std::min(panel, end - column);
    const float* from = p.transB ? p.b + column * p.ldb + kStart : p.b + kStart * p.ldb + column;
    table.gemmPackPanel(from, p.ldb, p.transB, steps, int32_t(width), out + (column - start) * steps);
  }
}

bool gemmPart(const GemmProduct& p, const GemmRange& range) {
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const int64_t rows = range.rowEnd - range.rowStart, columns = range.columnEnd - range.columnStart;
  const int64_t block = evenPart(p.k, depth), strip = evenPart(rows, shape.rows);
  const bool pack = !p.packed && worthPacking(p, range);
  const bool packLast = !p.packed && !pack && columns % 16 != 0;
  const bool copy = columns >= copyColumns && p.lda % crowdedStride == 0;
  float* panels = nullptr;
  float* copied = nullptr;
  if (pack || packLast) {
    const int64_t packedColumns = pack ? (columns + 15) / 16 * 16 : 16;
    panels = static_cast<float*>(scratch(Slot::packB, size_t(packedColumns * block) * sizeof(float)));
    if (panels == nullptr) return false;
  }
  if (copy) {
    copied = static_cast<float*>(scratch(Slot::packA, size_t((depth + 16) * GemmShape::rowsLimit + 16 * depth) * sizeof(float)));
    if (copied == nullptr) return false;
  }
  int64_t kStart = 0;
  do {
    const int64_t kEnd = std::min(kStart + block, p.k), steps = kEnd - kStart;
    Right right = {nullptr, nullptr, 0, nullptr, range.columnStart, range.columnEnd};
    if (pack) {
      gemmPackPanels(p, kStart, kEnd, range.columnStart, range.columnEnd, panels);
      right.panels = panels;
    } else if (!p.packed) {
      right.inPlace = p.b + kStart * p.ldb;
      right.stride = p.ldb;
      if (packLast) {
        const int64_t rest = columns % 16;
        table.gemmPackPanel(right.inPlace + range.columnEnd - rest, p.ldb, false, steps, int32_t(rest), panels);
        right.last = panels;
      }
    }
    for (int64_t row = range.rowStart; row < range.rowEnd; row += strip) {
      const int64_t count = std::min(strip, range.rowEnd - row);
      const Left left = copy     ? copyStrip(p, row, count, kStart, kEnd, copied)
                        : p.transA ? Left{p.a + kStart * p.lda + row, p.lda, false}
                                   : Left{p.a + row * p.lda + kStart, p.lda, true};
      if (p.packed) computePrepacked(p, left, range, row, count, kStart, kEnd);
      else computeStrip(p, left, right, row, count, kStart, kEnd);
    }
    kStart = kEnd;
  } while (kStart < p.k);
  return true;
}

}  // namespace myelin::ops
