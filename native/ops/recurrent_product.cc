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
constexpr int64_t widestPanel = 128;

int64_t panelStart(const RecurrentRight& right, int64_t group, int64_t column) {
  // A block is as wide as the panel, but for the last. Columns are few enough for the short division, a third of the long one.
  const int64_t blockStart = int64_t(uint32_t(column) / uint32_t(right.panel)) * right.panel;
  const int64_t block = paddedWidth(std::min(right.panel, right.columns - blockStart));
  return right.k * (right.groups * blockStart + group * block + column - blockStart);
}

}  // namespace

int64_t panelFor(int64_t rows) {
  const GemmShape& shape = kernels().gemmShape();
  return rows <= fewRows ? std::min<int64_t>(widestPanel, shape.width[std::min<int64_t>(rows, shape.rows)]) : shape.panel;
}

int64_t tileWidth(const RecurrentRight& right, int64_t rows, int64_t column, int64_t end) {
  int64_t width = right.stride == 0 ? right.panel : kernels().gemmShape().width[rows];
  // Wider ones come in whole powers of two only.
  while (width > end - column && width > 32) width /= 2;
  return std::min(width, end - column);
}

void packRight(const RecurrentRight& right, int64_t start, int64_t count, const float* b, int64_t ldb, bool transposed, float* data) {
  const int64_t blocks = ceilDiv(right.columns, right.panel);
  splitElements(blocks * right.groups, std::max<int64_t>(1, right.panel * count), [&](int64_t first, int64_t length) {
    for (int64_t i = first; i < first + length; i++) {
      const int64_t group = i % right.groups, blockStart = i / right.groups * right.panel;
      const int64_t blockEnd = std::min(blockStart + right.panel, right.columns);
      for (int64_t column = blockStart, width; column < blockEnd; column += width) {
        width = tileWidth(right, 1, column, blockEnd);
        const int64_t from = group * right.columns + column;
        kernels().gemmPackPanel(b + (transposed ? from * ldb : from), ldb, transposed, count, int32_t(width),
                                data + panelStart(right, group, column) + start * paddedWidth(width));
      }
    }
  });
}

void multiplyTile(const RecurrentRight& right, int64_t group, int64_t column, int64_t width, const RecurrentSteps& steps, const float* a,
                  int64_t strideA, int64_t rows, float* c, int64_t strideC, bool load, const float* bias, RecurrentAhead* ahead) {
  const KernelTable& table = kernels();
  const GemmSegment whole = {0, 0};
  GemmTile tile = {};
  if (right.stride == 0) {
    tile.strideB = paddedWidth(width);
    tile.b = right.data + panelStart(right, group, column);
  } else {
    tile.strideB = right.stride;
    tile.b = right.data + group * right.columns + column;
  }
  tile.b += steps.start * tile.strideB;
  tile.c = c;
  tile.segments = &whole;
  tile.bias = bias;
  tile.strideA = strideA;
  tile.strideC = strideC;
  tile.segmentCount = 1;
  tile.rows = int32_t(rows);
  tile.columns = int32_t(width);
  tile.load = load;
  const int64_t blocks = std::max<int64_t>(1, ceilDiv(steps.count, depth));
  for (int64_t i = 0, start = 0, end; i < blocks; i++, start = end) {
    end = i + 1 == blocks ? steps.count : partStart(steps.count, blocks, i + 1);
    tile.a = a + start;
    tile.length = end - start;
    if (ahead != nullptr) ahead->give(tile);
    table.gemmTileRows(tile);
    tile.b += tile.length * tile.strideB;
    tile.load = true;
    tile.bias = nullptr;
  }
}

double stepCost(int64_t rows, int64_t k, int64_t columns) {
  const double products = double(k) * double(columns);
  return double(rows) * (products / 28 + cellCost * double(columns)) + products / 8;
}

RecurrentCut cutOf(double cost, int64_t rows, int64_t units, int64_t panel, int64_t directions) {
  if (cost * double(directions) < parallelCost) return {units, rows, false};
  if (cost < parallelCost / 2) return {units, rows, true};
  const int64_t wanted = std::clamp<int64_t>(int64_t(cost / chunkCost), 2, 8);
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
