// The gradient to the weights of a depthwise convolution. The rows of the batch are cut into parts by the geometry alone, each with
// sums of its own, which are added in order. Inside a part a stretch of rows of one plane is cut into rectangles of results that
// meet the input at the same taps.
#include <algorithm>
#include <atomic>

#include "../kernels/conv.h"
#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_direct.h"

namespace myelin::ops {
namespace {

constexpr int64_t mostParts = 16;
constexpr double partCost = 3e5;               // multiplications
constexpr int64_t stretchFloats = 1 << 16;     // of dy
constexpr int64_t mostSums = int64_t(1) << 18;  // floats of the sums of all parts

struct Plan {
  const float* x;
  const float* dy;
  const ConvGeometry& g;
  ConvAxis axes[3];
  std::vector<ConvSpan> rows, columns;
  int64_t stretch;  // rows
};

// Adds the results [start, end) of one plane at the taps of the plane's span.
void addRows(const Plan& plan, int64_t image, const ConvSpan& planes, int64_t start, int64_t end, DirectTap* taps, float* dw) {
  const ConvGeometry& g = plan.g;
  const int64_t channels = g.inChannels;
  DirectSums sums = {};
  sums.x = plan.x + image * g.inPixels() * channels;
  sums.dw = dw;
  sums.taps = taps;
  sums.rowX = g.stride[1] * g.in[2] * channels;
  sums.rowY = g.out[2] * channels;
  sums.strideX = g.stride[2] * channels;
  sums.strideY = channels;
  sums.channels = channels;
  for (const ConvSpan& rows : plan.rows) {
    const int64_t from = std::max(start, rows.start), to = std::min(end, rows.end);
    if (from >= to) continue;
    for (const ConvSpan& columns : plan.columns) {
      sums.tapCount = listTaps(plan.axes, g.kernel, channels, planes, {from, to, rows.firstTap, rows.lastTap}, columns, taps);
      sums.rows = to - from;
      sums.pixels = columns.end - columns.start;
      sums.dy = plan.dy + ((image * g.out[0] + planes.start) * g.out[1] + from) * sums.rowY + columns.start * channels;
      kernels().directSums(sums);
    }
  }
}

}  // namespace

Status convDirectGradWeight(const float* x, const float* dy, float* dw, const ConvGeometry& g) {
  Plan plan = {x, dy, g, {forwardAxis(g, 0), forwardAxis(g, 1), forwardAxis(g, 2)}, {}, {}, 1};
  plan.rows = spansOf(plan.axes[1]);
  plan.columns = spansOf(plan.axes[2]);
  plan.stretch = std::max<int64_t>(1, stretchFloats / std::max<int64_t>(g.out[2] * g.inChannels, 1));
  const int64_t size = g.taps() * g.inChannels, rows = g.batch * g.out[0] * g.out[1];
  const double cost = double(rows) * double(g.out[2]) * double(size);
  const int64_t parts = std::clamp<int64_t>(
      int64_t(cost / partCost), 1, std::min({mostParts, rows, std::max<int64_t>(1, mostSums / size)}));
  // The first part is summed where the total will stand.
  float* others = nullptr;
  if (parts > 1) {
    others = static_cast<float*>(scratch(Slot::packB, size_t((parts - 1) * size) * sizeof(float)));
    if (others == nullptr) return Status::error("out of memory for partial sums");
  }
  std::atomic<bool> failed{false};
  const KernelTable& table = kernels();
  parallelFor(parts, [&](int64_t part, int) {
    auto* taps = static_cast<DirectTap*>(scratch(Slot::work, size_t(g.taps()) * sizeof(DirectTap)));
    if (taps == nullptr) {
      failed.store(true, std::memory_order_relaxed);
      return;
    }
    float* own = part == 0 ? dw : others + (part - 1) * size;
    std::fill(own, own + size, 0.0f);
    for (int64_t row = rows * part / parts, end = rows * (part + 1) / parts; row < end;) {
      const int64_t plane = row / g.out[1], start = row % g.out[1];
      const int64_t count = std::min({end - row, g.out[1] - start, plan.stretch});
      addRows(plan, plane / g.out[0], spanAt(plan.axes[0], plane % g.out[0]), start, start + count, taps, own);
      row += count;
    }
  });
  if (failed.load()) return Status::error("out of memory for the taps");
  if (parts > 1) table.addParts(others, size, parts - 1, dw, size);
  return Status::ok();
}

}  // namespace myelin::ops
