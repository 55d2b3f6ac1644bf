// The gradient to the weights: dw[tap][channel][o] = sum over the output pixels of x[pixel's input at tap][channel] *
// dy[pixel][o]. Both factors are read where they lie: channels are contiguous in x, and so are the rows of a tile of dw; k runs
// over the pixels of an output row that meet the input at the tap, then over the rows. A stretch of a few rows at a time stays in
// the cache while all tiles take their sums from it.
//
// With few channels the tiles of one tap would be thin, so where taps of a row are adjacent in x they are taken as one run, over
// all pixels; windows that reach beyond the sides of the input then need a copy of its rows with zeros around them.
//
// The sum over k is cut into parts by the geometry alone, where dw is small; they are added in order. Where dw is large, one part
// is enough, and the threads share its blocks: a block is the weights of one run and one panel of output channels.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_choice.h"
#include "conv_direct.h"
#include "conv_geometry.h"
#include "conv_rows.h"
#include "conv_winograd.h"
#include "gemm_product.h"
#include "ops.h"

namespace myelin::ops {
namespace {

constexpr int64_t smallWeights = 1 << 18;  // floats of dw up to which it is summed in parts
constexpr int64_t mostParts = 8;
constexpr double partCost = 1e6;           // multiplications
constexpr int64_t shortStretch = 1 << 13;  // floats of x and dy, while the tiles of dw stay in the cache as well
constexpr int64_t longStretch = 1 << 17;   // while they do not
constexpr int64_t copyLimit = 1 << 20;     // floats of a padded row with all rows that its taps reach
constexpr int64_t fewChannels = 14;

struct Plan {
  const ConvGeometry& g;
  const float* x;
  const float* dy;
  ConvReach reach;
  bool inPlace, adjacent;
  int64_t runs, runRows;  // how many runs in a group, and the rows of dw of each
  int64_t panels;         // of the output channels of a group
  int64_t rows, stretch;  // output rows of the batch, and of a stretch
  int64_t planeRows() const { return g.out[0] * g.out[1]; }
};

// Some output rows, and where their inputs lie.
struct Stretch {
  int64_t start, end;
  ConvRows rows;
};

// Walks over the dy and the x of the next stretch; each tile fetches two lines of it for every 16 steps of k.
class Ahead {
 public:
  Ahead(const Plan& plan, int64_t start, int64_t end) {
    const ConvGeometry& g = plan.g;
    if (!plan.inPlace || start >= end) return;
    const int64_t row = start % g.out[1] * g.stride[1];
    const int64_t from = start / plan.planeRows() * g.in[1] * g.in[0] + start / g.out[1] % g.out[0] * g.stride[0] * g.in[1] + row;
    const int64_t rowsX = g.batch * g.in[0] * g.in[1];
    parts_[0] = {plan.dy + start * g.out[2] * g.outChannels, (end - start) * g.out[2] * g.outChannels};
    parts_[1] = {plan.x + std::min(from, rowsX) * g.in[2] * g.inChannels,
                 std::clamp<int64_t>(rowsX - from, 0, (end - start) * g.stride[1]) * g.in[2] * g.inChannels};
  }
  void give(GemmTile& tile) {
    tile.ahead = nullptr;
    for (Part& part : parts_) {
      if (part.floats <= 0) continue;
      const int64_t taken = tile.segmentCount * ((tile.length + 15) / 16) * 32;
      tile.ahead = part.at;
      part.at += taken;
      part.floats -= taken;
      return;
    }
  }

 private:
  struct Part {
    const float* at;
    int64_t floats;
  };
  Part parts_[2] = {{nullptr, 0}, {nullptr, 0}};
};

bool openStretch(const Plan& plan, int64_t start, int64_t end, Stretch& stretch) {
  const ConvGeometry& g = plan.g;
  const ConvReach first = plan.adjacent ? plan.reach : ConvReach{0, 0};
  stretch = {start, end, rowsInPlace(plan.x, g.in[1], g.in[2], g.inChannels, first)};
  if (plan.inPlace) return true;
  const int64_t image = start / plan.planeRows(), plane = start / g.out[1] % g.out[0], row = start % g.out[1];
  const int64_t firstPlane = plane * g.stride[0] - g.pad[0], firstRow = row * g.stride[1] - g.pad[1];
  const ConvBand band = {std::max<int64_t>(0, firstPlane), std::min(g.in[0], firstPlane + (g.kernel[0] - 1) * g.dilation[0] + 1),
                         std::max<int64_t>(0, firstRow),
                         std::min(g.in[1], firstRow + (end - start - 1) * g.stride[1] + (g.kernel[1] - 1) * g.dilation[1] + 1)};
  float* copy = static_cast<float*>(scratch(Slot::packA, size_t(band.rows() * plan.reach.count * g.inChannels) * sizeof(float)));
  if (copy == nullptr) return false;
  stretch.rows = rowsPadded(plan.x + image * g.inPixels() * g.inChannels, g.in[1], g.in[2], g.inChannels, plan.reach, band, copy);
  return true;
}

// A run of taps and the pixels of an output row that it meets: all of them, or for a single tap those inside the input.
struct Run {
  int64_t tapD, tapH, column, pixelStart, pixelEnd;
};

Run runOf(const Plan& plan, int64_t index) {
  const ConvGeometry& g = plan.g;
  if (plan.adjacent) return {index / g.kernel[1], index % g.kernel[1], 0, 0, g.out[2]};
  const int64_t tap = index % g.kernel[2], first = tap * g.dilation[2] - g.pad[2], stride = g.stride[2];
  const int64_t start = first < 0 ? (-first + stride - 1) / stride : 0;
  const int64_t end = first < g.in[2] ? (g.in[2] - first + stride - 1) / stride : 0;
  const int64_t row = index / g.kernel[2];
  if (start >= std::min(end, g.out[2])) return {0, 0, 0, 0, 0};
  return {row / g.kernel[1], row % g.kernel[1], first + start * stride, start, std::min(end, g.out[2])};
}

// The output rows of the stretch at which the run meets the input.
int64_t listSegments(const Plan& plan, const Stretch& stretch, const Run& run, int64_t strideB, GemmSegment* out) {
  const ConvGeometry& g = plan.g;
  int64_t count = 0;
  for (int64_t r = stretch.start; r < stretch.end; ++r) {
    const int64_t image = r / plan.planeRows(), plane = r / g.out[1] % g.out[0], row = r % g.out[1];
    const int64_t inPlane = plane * g.stride[0] - g.pad[0] + run.tapD * g.dilation[0];
    const int64_t inRow = row * g.stride[1] - g.pad[1] + run.tapH * g.dilation[1];
    if (inPlane < 0 || inPlane >= g.in[0] || inRow < 0 || inRow >= g.in[1]) continue;
    const int64_t imageStart = plan.inPlace ? image * g.inPixels() * g.inChannels : 0;
    out[count++] = {imageStart + stretch.rows.offset(inPlane, inRow) + run.column * g.inChannels,
                    ((r - stretch.start) * g.out[2] + run.pixelStart) * strideB};
  }
  return count;
}

// Adds the stretch to blocks [blockStart, blockEnd) of dw.
bool addStretch(const Plan& plan, const Stretch& stretch, int64_t blockStart, int64_t blockEnd, bool load, Ahead ahead,
                float* dw) {
  const ConvGeometry& g = plan.g;
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const int64_t rows = stretch.end - stretch.start, pixels = rows * g.out[2];
  const size_t packedBytes = g.outGroup() % 16 != 0 ? size_t(pixels * shape.panel) * sizeof(float) : 0;
  auto* segments = static_cast<GemmSegment*>(scratch(Slot::work, size_t(rows) * sizeof(GemmSegment) + packedBytes));
  if (segments == nullptr) return false;
  float* packed = reinterpret_cast<float*>(segments + rows);
  const float* dy = plan.dy + stretch.start * g.out[2] * g.outChannels;
  GemmTile tile = {};
  tile.segments = segments;
  tile.strideA = g.stride[2] * g.inChannels;
  tile.strideC = g.outChannels;
  tile.load = load;
  tile.aheadStride = 16;
  tile.aheadStep = 32;
  const int64_t tiles = (plan.runRows + shape.rows - 1) / shape.rows;
  for (int64_t block = blockStart; block < blockEnd; ++block) {
    const int64_t index = block % plan.runs, panel = block / plan.runs % plan.panels, group = block / plan.runs / plan.panels;
    const int64_t column = panel * shape.panel, columns = std::min<int64_t>(shape.panel, g.outGroup() - column);
    const Run run = runOf(plan, index);
    tile.columns = int32_t(columns);
    tile.length = run.pixelEnd - run.pixelStart;
    tile.b = dy + group * g.outGroup() + column;
    tile.strideB = g.outChannels;
    if (columns % 16 != 0) {
      if (index == 0 || block == blockStart) table.gemmPackPanel(tile.b, g.outChannels, false, pixels, int32_t(columns), packed);
      tile.b = packed;
      tile.strideB = (columns + 15) / 16 * 16;
    }
    tile.segmentCount = tile.length > 0 ? listSegments(plan, stretch, run, tile.strideB, segments) : 0;
    const float* a = stretch.rows.base + group * g.inGroup();
    float* c = dw + index * plan.runRows * g.outChannels + group * g.outGroup() + column;
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t row = partStart(plan.runRows, tiles, i);
      tile.rows = int32_t(partStart(plan.runRows, tiles, i + 1) - row);
      tile.a = a + row;
      tile.c = c + row * g.outChannels;
      ahead.give(tile);
      table.gemmTileColumns(tile);
    }
  }
  return true;
}

bool addRows(const Plan& plan, int64_t start, int64_t end, int64_t blockStart, int64_t blockEnd, float* dw) {
  for (int64_t from = start; from < end;) {
    int64_t to = std::min(from + plan.stretch, end);
    // A padded copy is of one plane of one image.
    if (!plan.inPlace) to = std::min(to, (from / plan.g.out[1] + 1) * plan.g.out[1]);
    Stretch stretch;
    if (!openStretch(plan, from, to, stretch)) return false;
    const Ahead ahead(plan, to, std::min(to + plan.stretch, end));
    if (!addStretch(plan, stretch, blockStart, blockEnd, from > start, ahead, dw)) return false;
    from = to;
  }
  return true;
}

Plan planOf(const ConvGeometry& g, const float* x, const float* dy, int64_t size) {
  Plan plan = {g, x, dy, {-g.pad[2], (g.out[2] - 1) * g.stride[2] + (g.kernel[2] - 1) * g.dilation[2] + 1}, true, false, 0, 0,
               0, 0, 0};
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
  const double row = double(g.out[2]) * double(std::max(g.outChannels, panel)) +
                     double(g.in[2] * std::min(g.stride[1], g.in[1])) * double(g.inChannels);
  plan.stretch = std::clamp<int64_t>(int64_t(double(size <= (1 << 15) ? shortStretch : longStretch) / row), 1, 4096);
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
  const Plan plan = planOf(g, x.data, dy.data, size);
  const KernelTable& table = kernels();
  const double cost = double(plan.rows) * double(g.out[2]) * double(size);
  const int64_t panels = g.groups * plan.panels, blocks = panels * plan.runs;
  const int64_t parts =
      size <= smallWeights ? std::clamp<int64_t>(int64_t(cost / partCost), 1, std::min(mostParts, plan.rows)) : 1;
  const int64_t partRows = (plan.rows + parts - 1) / parts;
  // The runs of a panel stay together, since they read the same x.
  const int64_t blocksEach = parts > 1 || cost < partCost ? blocks : (panels + 7) / 8 * plan.runs;
  const int64_t blockChunks = (blocks + blocksEach - 1) / blocksEach;
  float* sums = dw.data;
  if (parts > 1) {
    sums = static_cast<float*>(scratch(Slot::packB, size_t(parts * size) * sizeof(float)));
    if (sums == nullptr) return Status::error("out of memory for partial sums");
  }
  std::atomic<bool> failed{false};
  parallelFor(parts * blockChunks, [&](int64_t chunk, int) {
    const int64_t part = chunk / blockChunks, blockStart = chunk % blockChunks * blocksEach;
    const int64_t start = part * partRows, end = std::min(start + partRows, plan.rows);
    float* out = sums + part * size;
    if (start >= end)
      std::fill(out, out + size, 0.0f);
    else if (!addRows(plan, start, end, blockStart, std::min(blockStart + blocksEach, blocks), out))
      failed.store(true);
  });
  if (failed.load()) return Status::error("out of memory for a stretch of rows");
  if (parts > 1) {
    constexpr int64_t piece = 8192;
    parallelFor((size + piece - 1) / piece, [&](int64_t chunk, int) {
      const int64_t from = chunk * piece;
      table.sumParts(sums + from, size, parts, dw.data + from, std::min(piece, size - from));
    });
  }
  return Status::ok();
}

}  // namespace myelin::ops
