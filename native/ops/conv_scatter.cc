// With few input channels the product runs the other way round: the pixels of dy times the transposed weights give what each pixel
// sends to all taps and channels of its window, a wide row of sums; those are added to dx where the window lies. A row of the
// window is one run in dx, since its taps and channels are neighbours there.
//
// An item is a band of rows of one plane of dx. The rows of dy whose windows reach into two bands are multiplied for both. Every
// element of dx receives its sums in the order of taps in depth, rows and columns of dy, wherever bands are cut.
#include "conv_scatter.h"

#include <string.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "../kernels/conv.h"
#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "gemm_product.h"

namespace myelin::ops {
namespace {

constexpr int64_t fewChannels = 8;
constexpr int64_t mostWeights = 1 << 17;   // floats that are packed
constexpr int64_t pieceFloats = 1 << 13;   // sums of the pixels that are multiplied before they are added
constexpr int64_t bandWindows = 8;         // heights of the kernel in a band, at least
constexpr int64_t wantedItems = 16;
constexpr double serialCost = 4e5;         // multiplications

struct Plan {
  const ConvGeometry& g;
  const float* dy;
  const float* panels;
  float* dx;
  int64_t columns, padded;  // sums of a pixel for one tap in depth
  int64_t run, runs;        // taps of a row of the window that are neighbours in dx, and how many such runs
  int64_t bands;
};

int64_t paddedTo16(int64_t n) { return (n + 15) / 16 * 16; }

// sums[pixel][column] of `count` pixels.
void multiply(const Plan& plan, int64_t tapD, const float* dy, int64_t count, float* sums) {
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const int64_t k = plan.g.outChannels, part = evenPart(count, shape.rows);
  const GemmSegment whole = {0, 0};
  GemmTile tile = {};
  tile.segments = &whole;
  tile.segmentCount = 1;
  tile.length = k;
  tile.strideA = k;
  tile.strideC = plan.padded;
  for (int64_t first = 0; first < count; first += part) {
    tile.rows = int32_t(std::min(part, count - first));
    tile.a = dy + first * k;
    for (int64_t column = 0; column < plan.columns; column += shape.panel) {
      tile.columns = int32_t(std::min<int64_t>(shape.panel, plan.padded - column));
      tile.strideB = tile.columns;
      tile.b = plan.panels + (tapD * plan.padded + column) * k;
      tile.c = sums + first * plan.padded + column;
      table.gemmTileRows(tile);
    }
  }
}

// Adds the sums of pixels [start, end) of a row of dy. `taps` are the rows of the window that lie in the band, at their first column.
void scatter(const Plan& plan, const std::vector<DirectTap>& taps, int64_t start, int64_t end, const float* sums, float* dx) {
  const ConvGeometry& g = plan.g;
  ScatterSums s = {};
  s.taps = taps.data();
  s.tapCount = int64_t(taps.size());
  s.strideX = g.stride[2] * g.inChannels;
  s.strideSums = plan.padded;
  for (int64_t run = 0; run < plan.runs; ++run) {
    const int64_t offset = run * plan.run * g.dilation[2] - g.pad[2];
    for (int64_t p = start; p < end;) {
      const int64_t column = p * g.stride[2] + offset;
      const int64_t cut = std::max<int64_t>(0, -column), length = std::min(plan.run, g.in[2] - column) - cut;
      // All further pixels whose run lies inside are added in one call.
      s.pixels = 1;
      if (cut == 0 && length == plan.run)
        s.pixels = std::min(end - p, (g.in[2] - plan.run - column) / g.stride[2] + 1);
      if (length > 0) {
        s.length = length * g.inChannels;
        s.sums = sums + (p - start) * plan.padded + (run * plan.run + cut) * g.inChannels;
        s.dx = dx + (column + cut) * g.inChannels;
        kernels().scatterSums(s);
      }
      p += s.pixels;
    }
  }
}

bool computeItem(const Plan& plan, int64_t item) {
  const ConvGeometry& g = plan.g;
  const int64_t image = item / plan.bands / g.in[0], plane = item / plan.bands % g.in[0], band = item % plan.bands;
  const int64_t rowStart = g.in[1] * band / plan.bands, rowEnd = g.in[1] * (band + 1) / plan.bands;
  const int64_t rowFloats = g.in[2] * g.inChannels;
  float* dx = plan.dx + (image * g.in[0] + plane) * g.in[1] * rowFloats;
  memset(dx + rowStart * rowFloats, 0, size_t((rowEnd - rowStart) * rowFloats) * sizeof(float));
  const int64_t piece = std::clamp<int64_t>(pieceFloats / plan.padded, 1, g.out[2]);
  float* sums = static_cast<float*>(scratch(Slot::packA, size_t(piece * plan.padded) * sizeof(float)));
  if (sums == nullptr) return false;
  const int64_t extent = (g.kernel[1] - 1) * g.dilation[1];
  const int64_t firstRow = std::max<int64_t>(0, (rowStart + g.pad[1] - extent + g.stride[1] - 1) / g.stride[1]);
  const int64_t lastRow = std::min(g.out[1] - 1, (rowEnd - 1 + g.pad[1]) / g.stride[1]);
  std::vector<DirectTap> taps;
  for (int64_t tapD = 0; tapD < g.kernel[0]; ++tapD) {
    const int64_t distance = plane + g.pad[0] - tapD * g.dilation[0];
    if (distance < 0 || distance % g.stride[0] != 0 || distance / g.stride[0] >= g.out[0]) continue;
    const float* from = plan.dy + (image * g.out[0] + distance / g.stride[0]) * g.out[1] * g.out[2] * g.outChannels;
    for (int64_t row = firstRow; row <= lastRow; ++row) {
      taps.clear();
      for (int64_t tapH = 0; tapH < g.kernel[1]; ++tapH) {
        const int64_t to = row * g.stride[1] - g.pad[1] + tapH * g.dilation[1];
        if (to >= rowStart && to < rowEnd) taps.push_back({to * rowFloats, tapH * g.kernel[2] * g.inChannels});
      }
      if (taps.empty()) continue;
      for (int64_t p = 0; p < g.out[2]; p += piece) {
        const int64_t count = std::min(piece, g.out[2] - p);
        multiply(plan, tapD, from + (row * g.out[2] + p) * g.outChannels, count, sums);
        scatter(plan, taps, p, p + count, sums, dx);
      }
    }
  }
  return true;
}

}  // namespace

bool scatters(const ConvGeometry& g) {
  return g.groups == 1 && g.inChannels <= fewChannels && g.kernel[1] * g.kernel[2] > 1 &&
         elements({g.kernel[0], g.kernel[1], g.kernel[2], g.inChannels + 15, g.outChannels}) <= mostWeights;
}

Status convScatter(const ConvGeometry& g, const float* dy, const float* w, float* dx) {
  const int64_t columns = g.kernel[1] * g.kernel[2] * g.inChannels;
  const bool adjacent = g.dilation[2] == 1;
  Plan plan = {g, dy, nullptr, dx, columns, paddedTo16(columns), adjacent ? g.kernel[2] : 1, adjacent ? 1 : g.kernel[2], 1};
  const int64_t k = g.outChannels;
  float* panels = static_cast<float*>(scratch(Slot::packB, size_t(g.kernel[0] * plan.padded * std::max<int64_t>(k, 1)) * sizeof(float)));
  if (panels == nullptr) return Status::error("out of memory for the weights");
  for (int64_t tapD = 0; tapD < g.kernel[0]; ++tapD) {
    const GemmProduct right = {nullptr, w + tapD * columns * k, nullptr, nullptr, nullptr, 0, columns, k, 0, k, 0, false, true,
                               false, 0};
    gemmPackPanels(right, 0, k, 0, columns, panels + tapD * plan.padded * k);
  }
  plan.panels = panels;
  const int64_t planes = g.batch * g.in[0];
  plan.bands = std::clamp<int64_t>(g.in[1] / (bandWindows * g.kernel[1]), 1, (wantedItems + planes - 1) / planes);
  const double cost = double(g.batch) * double(g.outPixels()) * double(columns) * double(k);
  std::atomic<bool> failed{false};
  const auto run = [&](int64_t item) {
    if (!computeItem(plan, item)) failed.store(true, std::memory_order_relaxed);
  };
  const int64_t items = planes * plan.bands;
  if (cost < serialCost) {
    for (int64_t item = 0; item < items; ++item) run(item);
  } else {
    parallelFor(items, [&](int64_t item, int) { run(item); });
  }
  return failed.load() ? Status::error("out of memory for sums") : Status::ok();
}

}  // namespace myelin::ops
