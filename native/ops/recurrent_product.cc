#include "recurrent_product.h"

#include <algorithm>

#include "gemm_product.h"
#include "split.h"

namespace myelin::ops {
namespace {

constexpr int64_t depth = 512;          // steps of k that a tile takes before its next panel rows would leave the cache
constexpr double parallelCost = 16e3;   // cycles below which a second thread costs more than it saves
constexpr double chunkCost = 40e3;
constexpr double cellCost = 8;       // cycles of a gate of a unit
constexpr int64_t cachedFloats = 400 << 10;
constexpr int64_t fewestRows = 8;    // of a chunk that passes over all weights

}  // namespace

RecurrentRight packRight(const float* b, int64_t ldb, bool transposed, int64_t k, int64_t columns, int64_t groups, float* panels) {
  const int64_t panel = kernels().gemmShape().panel, panelsOfGroup = ceilDiv(columns, panel), groupFloats = packedFloats(k, columns, 1);
  splitElements(groups * panelsOfGroup, std::max<int64_t>(1, panel * k), [&](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; i++) {
      const int64_t group = i / panelsOfGroup, column = i % panelsOfGroup * panel, from = group * columns + column;
      kernels().gemmPackPanel(b + (transposed ? from * ldb : from), ldb, transposed, k, int32_t(least(panel, columns - column)),
                              panels + group * groupFloats + column * k);
    }
  });
  return {panels, k, columns, 0};
}

int64_t tileWidth(const RecurrentRight& right, int64_t rows, int64_t column, int64_t end) {
  const GemmShape& shape = kernels().gemmShape();
  if (right.stride == 0) return std::min<int64_t>(shape.panel, end - column);
  int64_t width = shape.width[rows];
  while (width > end - column) width /= 2;
  return width;
}

void multiplyTile(const RecurrentRight& right, int64_t group, int64_t column, int64_t width, const float* a, int64_t strideA, int64_t rows,
                  float* c, int64_t strideC, bool load, const float* bias) {
  const KernelTable& table = kernels();
  const GemmSegment whole = {0, 0};
  GemmTile tile = {};
  if (right.stride == 0) {
    tile.strideB = (width + 15) / 16 * 16;
    tile.b = right.data + group * packedFloats(right.k, right.columns, 1) + column * right.k;
  } else {
    tile.strideB = right.stride;
    tile.b = right.data + group * right.columns + column;
  }
  tile.c = c;
  tile.segments = &whole;
  tile.strideA = strideA;
  tile.strideC = strideC;
  tile.segmentCount = 1;
  tile.rows = int32_t(rows);
  tile.columns = int32_t(width);
  tile.load = load;
  const int64_t blocks = std::max<int64_t>(1, ceilDiv(right.k, depth));
  for (int64_t i = 0; i < blocks; i++) {
    const int64_t start = partStart(right.k, blocks, i);
    tile.a = a + start;
    tile.length = partStart(right.k, blocks, i + 1) - start;
    tile.bias = i + 1 == blocks ? bias : nullptr;
    table.gemmTileRows(tile);
    tile.b += tile.length * tile.strideB;
    tile.load = true;
  }
}

double stepCost(int64_t rows, int64_t k, int64_t columns) {
  const double products = double(k) * double(columns);
  return double(rows) * (products / 28 + cellCost * double(columns)) + products / 8;
}

RecurrentCut cutOf(double cost, int64_t rows, int64_t units, int64_t directions) {
  if (cost * double(directions) < parallelCost) return {units, rows, false};
  if (cost < parallelCost / 2) return {units, rows, true};
  const int64_t panel = kernels().gemmShape().panel, wanted = std::clamp<int64_t>(int64_t(cost / chunkCost), 2, 8);
  const int64_t part = evenPart(units, ceilDiv(units, wanted), panel), parts = ceilDiv(units, part);
  return {part, evenPart(rows, ceilDiv(rows, ceilDiv(wanted, parts))), true};
}

bool staysCached(int64_t k, int64_t columns) { return k * columns <= cachedFloats; }

int64_t rowsAlone(int64_t k, int64_t columns, int64_t rows, int64_t steps, bool even) {
  // How many rows lie in a chunk changes no bit. Each chunk passes over all weights, so there are no more than threads, unless some
  // would be through much earlier.
  const int64_t chunks = std::min<int64_t>(rows / fewestRows, even ? threadCount() : 2 * threadCount());
  if (chunks < 2 || !staysCached(k, columns) || stepCost(rows, k, columns) * double(steps) < 4 * parallelCost) return 0;
  return evenPart(rows, ceilDiv(rows, chunks));
}

}  // namespace myelin::ops
