// The gradient to the weights: dw[tap][channel][o] = sum over the output pixels of x[pixel's input at tap][channel] *
// dy[pixel][o]. Both factors are read where they lie: channels are contiguous in x, and so are the rows of a tile of dw; k runs
// over the pixels of an output row that meet the input at the tap, then over the rows. A stretch of a few rows at a time stays in
// the cache while all tiles take their sums from it.
//
// With few channels the tiles of one tap would be thin, so where taps of a row are adjacent in x they are taken as one run, over
// all pixels; windows that reach beyond the sides of the input then need a copy of its rows with zeros around them.
//
// The sum over k is cut into parts by the geometry alone, the more the smaller dw is; they are added in order. The threads share
// the parts, and inside a part its panels of output channels.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_choice.h"
#include "conv_direct.h"
#include "conv_geometry.h"
#include "conv_weight_stretch.h"
#include "conv_winograd.h"
#include "ops.h"

namespace myelin::ops {
namespace {

constexpr int64_t mostParts = 8;
constexpr double partCost = 1e6;           // multiplications
constexpr int64_t shortStretch = 1 << 13;  // floats of x and dy, while the tiles of dw stay in the cache as well
constexpr int64_t longStretch = 1 << 17;   // while they do not
constexpr int64_t lastStretch = 1 << 19;   // while dw does not fit the cache at all
constexpr int64_t copyLimit = 1 << 20;     // floats of a padded row with all rows that its taps reach
constexpr int64_t fewChannels = 14;
constexpr int64_t fewestPanels = 4;        // of one part, for a thread
constexpr int64_t mostSums = 1 << 18;      // floats of the sums of all parts but the first
// From so many channels of either operand on, where so many rows of dw read it, dy is packed.
constexpr int64_t crowdedChannels = 512, sharedChannels = 96;

bool addRows(const WeightPlan& plan, int64_t start, int64_t end, int64_t panelStart, int64_t panelEnd, float* dw) {
  for (int64_t from = start; from < end;) {
    int64_t to = std::min(from + plan.stretch, end);
    // A padded copy is of one plane of one image.
    if (!plan.inPlace) to = std::min(to, (from / plan.g.out[1] + 1) * plan.g.out[1]);
    const int64_t next = std::min(to + plan.stretch, end);
    if (!addStretch(plan, {from, to, next, panelStart, panelEnd, from > start}, dw)) return false;
    from = to;
  }
  return true;
}

WeightPlan planOf(const ConvGeometry& g, const float* x, const float* dy, int64_t size) {
  WeightPlan plan = {g, x, dy, {-g.pad[2], (g.out[2] - 1) * g.stride[2] + (g.kernel[2] - 1) * g.dilation[2] + 1}, true, false, false,
                     0, 0, 0, 0, 0};
  const bool inside = plan.reach.inside(g.in[2]);
  const auto rowsOf = [&](int axis, int64_t results) {
    return std::min((results - 1) * g.stride[axis] + (g.kernel[axis] - 1) * g.dilation[axis] + 1, g.in[axis]);
  };
  const double padded = double(plan.reach.count) * double(g.inChannels) * double(rowsOf(0, 1)) * double(rowsOf(1, 1));
  plan.adjacent = g.groups == 1 && g.dilation[2] == 1 && (inside || (g.inChannels < fewChannels && padded <= double(copyLimit)));
  plan.inPlace = inside || !plan.adjacent;
  plan.runs = plan.adjacent ? g.kernel[0] * g.kernel[1] : g.taps();
  plan.runRows = plan.adjacent ? g.kernel[2] * g.inChannels : g.inGroup();
  const int64_t panel = kernels().gemmShape().panel;
  plan.panels = (g.outGroup() + panel - 1) / panel;
  plan.rows = g.batch * plan.planeRows();
  plan.pack = g.groups == 1 && plan.runs * plan.runRows >= sharedChannels &&
              std::max(g.inChannels, g.outChannels) >= crowdedChannels;
  const int64_t columns = g.kernel[2] == 1 ? g.out[2] : g.in[2];
  const double row = double(g.out[2]) * double(std::max(g.outChannels, panel)) +
                     double(columns * std::min({g.stride[1], g.kernel[1], g.in[1]})) * double(g.inChannels);
  const int64_t floats = size <= (1 << 15) ? shortStretch : size <= mostSums ? longStretch : lastStretch;
  plan.stretch = std::clamp<int64_t>(int64_t(double(floats) / row), 1, 4096);
  return plan;
}

}  // namespace

Status convGradWeight(In<float> x, In<float> dy, Out<float> dw, Dims geometry, int32_t algorithm) {
  ConvGeometry g;
  const Status status = readGeometry(geometry, g);
  if (status.failed()) return status;
  if (!fits({g.batch, g.in[0], g.in[1], g.in[2], g.inChannels}, x.length)) return Status::error("x is shorter than its shape");
  if (!fits({g.batch, g.out[0], g.out[1], g.out[2], g.outChannels}, dy.length))
    return Status::error("dy is shorter than its shape");
  if (!fits({g.kernel[0], g.kernel[1], g.kernel[2], g.inGroup(), g.outChannels}, dw.length)) {
    return Status::error("dw is shorter than its shape");
  }
  ConvAlgorithm taken;
  const Status choice = takeAlgorithm(ConvKind::gradWeight, g, algorithm, taken);
  if (choice.failed()) return choice;
  const int64_t size = elements({g.kernel[0], g.kernel[1], g.kernel[2], g.inGroup(), g.outChannels});
  if (size == 0) return Status::ok();
  if (elements({g.batch, g.out[0], g.out[1], g.out[2], g.in[0], g.in[1], g.in[2]}) == 0) {
    std::fill(dw.data, dw.data + size, 0.0f);
    return Status::ok();
  }
  if (taken == ConvAlgorithm::winograd) return winogradGradWeight(g, x.data, dy.data, dw.data);
  if (taken == ConvAlgorithm::direct) return convDirectGradWeight(x.data, dy.data, dw.data, g);
  const WeightPlan plan = planOf(g, x.data, dy.data, size);
  const KernelTable& table = kernels();
  const double cost = double(plan.rows) * double(g.out[2]) * double(size);
  const int64_t panels = g.groups * plan.panels;
  const int64_t wanted = std::clamp<int64_t>(int64_t(cost / partCost), 1, std::min(mostParts, plan.rows));
  int64_t parts = 1;
  while (2 * parts <= wanted && (2 * parts - 1) * size <= mostSums) parts *= 2;
  const int64_t partRows = (plan.rows + parts - 1) / parts;
  const int64_t panelsEach = cost < partCost ? panels : std::max(fewestPanels, (panels * parts + mostParts - 1) / mostParts);
  const int64_t panelChunks = (panels + panelsEach - 1) / panelsEach;
  // The first part is summed where the total will stand.
  float* others = nullptr;
  if (parts > 1) {
    others = static_cast<float*>(scratch(Slot::packB, size_t((parts - 1) * size) * sizeof(float)));
    if (others == nullptr) return Status::error("out of memory for partial sums");
  }
  std::atomic<bool> failed{false};
  parallelFor(parts * panelChunks, [&](int64_t chunk, int) {
    const int64_t part = chunk / panelChunks, panelStart = chunk % panelChunks * panelsEach;
    const int64_t start = part * partRows, end = std::min(start + partRows, plan.rows);
    float* out = part == 0 ? dw.data : others + (part - 1) * size;
    if (start >= end)
      std::fill(out, out + (panelStart == 0 ? size : 0), 0.0f);
    else if (!addRows(plan, start, end, panelStart, std::min(panelStart + panelsEach, panels), out))
      failed.store(true);
  });
  if (failed.load()) return Status::error("out of memory for a stretch of rows");
  if (parts > 1) {
    constexpr int64_t piece = 8192;
    parallelFor((size + piece - 1) / piece, [&](int64_t chunk, int) {
      const int64_t from = chunk * piece;
      table.addParts(others + from, size, parts - 1, dw.data + from, std::min(piece, size - from));
    });
  }
  return Status::ok();
}

}  // namespace myelin::ops
