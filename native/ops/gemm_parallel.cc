// How a product is dealt out: in chunks of columns first, since a chunk packs the columns of B that it uses just before it uses
// them, then of rows. The cut depends on the shape alone, and no sum is cut, so neither it nor the number of threads changes a
// bit of the result.
#include "gemm_parallel.h"

#include <atomic>

#include "../runtime/cpu.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"

namespace myelin::ops {
namespace {

constexpr double parallelCost = 16e3;  // cycles below which a second thread costs more than it saves
constexpr double chunkCost = 60e3;
// Cycles of one thread, roughly: multiplications, or the traffic of B where A has few rows.
double costOf(int64_t m, int64_t n, int64_t k) { return double(m) * double(n) * double(k) / 28 + double(n) * double(k) / 8; }

// Whether all of B stays in the cache of a core, beside what passes by.
bool isSmall(const GemmProduct& p) { return p.n * p.k <= cpuCache() / 16; }

struct Grid {
  int64_t rows, columns;            // of a chunk
  int64_t rowChunks, columnChunks;  // of one product
  int64_t chunks() const { return rowChunks * columnChunks; }
};

Grid gridOf(const GemmProduct& p, int64_t batch) {
  const double cost = costOf(p.m, p.n, p.k);
  Grid grid = {p.m, p.n, 1, 1};
  if (cost * double(batch) < parallelCost || cost < parallelCost / 2) return grid;
  const int64_t wanted = std::clamp<int64_t>(int64_t(cost / chunkCost), 2, 16);
  // Wide chunks pass over A less often; narrow ones leave something to share, and their block of B half of the cache.
  const int64_t cached = cpuCache() / int64_t(2 * sizeof(float) * gemmDepth);
  const int64_t half = std::clamp<int64_t>((p.n + 1) / 2, 64, 256), quarter = std::min<int64_t>(p.n / 4, cached);
  // Rows alone are enough to share where there are many: then a chunk writes whole rows.
  const bool manyRows = isSmall(p) && p.m >= 256 * wanted;
  grid.columns = manyRows ? p.n : evenPart(p.n, std::max(half, quarter), kernels().gemmShape().panel);
  grid.columnChunks = (p.n + grid.columns - 1) / grid.columns;
  const int64_t rowsWanted = (wanted + grid.columnChunks - 1) / grid.columnChunks;
  // Rows share the columns of B that a chunk packs and brings into its cache.
  const int64_t fewest = grid.columnChunks == 1 ? 56 : isSmall(p) ? 256 : 2048;
  grid.rows = evenPart(p.m, std::max(fewest, (p.m + rowsWanted - 1) / rowsWanted));
  grid.rowChunks = (p.m + grid.rows - 1) / grid.rows;
  return grid;
}

GemmRange rangeOf(const GemmProduct& p, const Grid& grid, int64_t chunk) {
  const int64_t row = chunk % grid.rowChunks * grid.rows, column = chunk / grid.rowChunks * grid.columns;
  return {row, std::min(row + grid.rows, p.m), column, std::min(column + grid.columns, p.n)};
}

Status outOfMemory() { return Status::error("out of memory for packing"); }

// All threads pack a small B together, then share it.
Status runTogether(const GemmProduct& p, const Grid& grid) {
  auto* panels = static_cast<float*>(scratch(Slot::packB, size_t((p.n + 15) / 16 * 16 * p.k) * sizeof(float)));
  if (panels == nullptr) return outOfMemory();
  gemmPackAll(p, panels);
  GemmProduct packed = p;
  packed.b = nullptr;
  packed.packed = panels;
  std::atomic<bool> failed{false};
  parallelFor(grid.chunks(), [&](int64_t chunk, int) {
    if (!gemmPart(packed, rangeOf(packed, grid, chunk))) failed.store(true, std::memory_order_relaxed);
  });
  return failed.load() ? outOfMemory() : Status::ok();
}

}  // namespace

void gemmPackAll(const GemmProduct& p, float* out) {
  const int64_t panel = kernels().gemmShape().panel;
  const int64_t columns = std::max<int64_t>(1, (int64_t(1) << 16) / (panel * std::max<int64_t>(p.k, 1))) * panel;
  parallelFor((p.n + columns - 1) / columns, [&](int64_t chunk, int) {
    const int64_t start = chunk * columns;
    gemmPackPanels(p, 0, p.k, start, std::min(start + columns, p.n), out + start * p.k);
  });
}

Status gemmRun(const GemmProduct& p, const GemmBatch& batch) {
  const Grid grid = gridOf(p, batch.count);
  const int64_t chunks = grid.chunks(), parts = chunks * batch.count;
  if (batch.count == 1 && grid.rowChunks > 1 && isSmall(p) && gemmWorthPacking(p, grid.rows)) return runTogether(p, grid);
  std::atomic<bool> failed{false};
  const auto run = [&](int64_t part) {
    const int64_t item = part / chunks;
    GemmProduct one = p;
    one.a += item * batch.strideA;
    if (one.b) one.b += item * batch.strideB;
    one.c += item * batch.strideC;
    if (!gemmPart(one, rangeOf(one, grid, part % chunks))) failed.store(true, std::memory_order_relaxed);
  };
  if (parts == 1) {
    run(0);
  } else {
    const int64_t together = chunks > 1 ? 1 : std::max<int64_t>(1, int64_t(chunkCost / costOf(p.m, p.n, p.k)));
    parallelFor((parts + together - 1) / together, [&](int64_t group, int) {
      const int64_t end = std::min((group + 1) * together, parts);
      for (int64_t part = group * together; part < end; ++part) run(part);
    });
  }
  return failed.load() ? outOfMemory() : Status::ok();
}

}  // namespace myelin::ops
