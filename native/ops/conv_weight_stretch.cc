#include "conv_weight_stretch.h"

#include <algorithm>
#include <vector>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "gemm_product.h"

namespace myelin::ops {
namespace {

constexpr int64_t sharedStrip = 3;  // panels that read a strip of x, from which on it is copied

// Some output rows, and where their inputs lie.
struct Stretch {
  int64_t start, end;
  ConvRows rows;
};

// Walks over the dy and the x of the next stretch; each tile fetches two lines of it for every 16 steps of k.
class Ahead {
 public:
  Ahead(const WeightPlan& plan, int64_t start, int64_t end) {
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

bool openStretch(const WeightPlan& plan, int64_t start, int64_t end, Stretch& stretch) {
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

Run runOf(const WeightPlan& plan, int64_t index) {
  const ConvGeometry& g = plan.g;
  if (plan.adjacent) return {index / g.kernel[1], index % g.kernel[1], 0, 0, g.out[2]};
  const int64_t tap = index % g.kernel[2], first = tap * g.dilation[2] - g.pad[2], stride = g.stride[2];
  const int64_t start = first < 0 ? (-first + stride - 1) / stride : 0;
  const int64_t end = first < g.in[2] ? (g.in[2] - first + stride - 1) / stride : 0;
  const int64_t row = index / g.kernel[2];
  if (start >= std::min(end, g.out[2])) return {0, 0, 0, 0, 0};
  return {row / g.kernel[1], row % g.kernel[1], first + start * stride, start, std::min(end, g.out[2])};
}

// The output rows of the stretch at which the run meets the input: where they start in x, and which pixel of the stretch that is.
int64_t listSegments(const WeightPlan& plan, const Stretch& stretch, const Run& run, GemmSegment* out) {
  const ConvGeometry& g = plan.g;
  int64_t count = 0;
  for (int64_t r = stretch.start; r < stretch.end; ++r) {
    const int64_t image = r / plan.planeRows(), plane = r / g.out[1] % g.out[0], row = r % g.out[1];
    const int64_t inPlane = plane * g.stride[0] - g.pad[0] + run.tapD * g.dilation[0];
    const int64_t inRow = row * g.stride[1] - g.pad[1] + run.tapH * g.dilation[1];
    if (inPlane < 0 || inPlane >= g.in[0] || inRow < 0 || inRow >= g.in[1]) continue;
    const int64_t imageStart = plan.inPlace ? image * g.inPixels() * g.inChannels : 0;
    out[count++] = {imageStart + stretch.rows.offset(inPlane, inRow) + run.column * g.inChannels,
                    (r - stretch.start) * g.out[2] + run.pixelStart};
  }
  return count;
}

// A panel of dy for one stretch: where it lies, or packed, so that a tile reads it as one stream; it always is where it ends within a
// vector. `column` is its first one of all output channels.
struct Panel {
  int64_t group, column, columns, stride;
  const float* inPlace;
  float* packed;  // or null
  const float* begin() const { return packed ? packed : inPlace; }
};

// Adds one stretch to panels of dw, which are counted over all groups.
class Adder {
 public:
  // `memory` has bytes(plan, rows, panels) bytes.
  Adder(const WeightPlan& plan, const Stretch& stretch, bool load, const Ahead& ahead, float* dw, void* memory)
      : plan_(plan), stretch_(stretch), ahead_(ahead), dw_(dw) {
    const int64_t rows = stretch.end - stretch.start;
    found_ = static_cast<GemmSegment*>(memory);
    scaled_ = found_ + rows;
    copied_ = reinterpret_cast<float*>(scaled_ + rows);
    packed_ = copied_ + rows * plan.g.out[2] * 16;
    pixels_ = rows * plan.g.out[2];
    strips_ = (plan.runRows + kernels().gemmShape().rows - 1) / kernels().gemmShape().rows;
    tile_.strideC = plan.g.outChannels;
    tile_.load = load;
    tile_.aheadStride = 16;
    tile_.aheadStep = 32;
    tile_.segments = scaled_;
  }
  static size_t bytes(const WeightPlan& plan, int64_t rows, int64_t panels) {
    const int64_t floats = rows * plan.g.out[2] * (16 + kernels().gemmShape().panel * (plan.pack ? panels : 1));
    return size_t(2 * rows) * sizeof(GemmSegment) + size_t(floats) * sizeof(float);
  }

  // A panel after the other: it stays in the first cache while all strips of x pass by.
  void addPanel(int64_t index) {
    const Panel panel = open(index, packed_);
    for (int64_t run = 0; run < plan_.runs; ++run) {
      openRun(run);
      for (int64_t s = 0; s < tile_.segmentCount; ++s) scaled_[s] = {found_[s].a, found_[s].b * panel.stride};
      for (int64_t strip = 0; strip < strips_; ++strip) {
        openStrip(panel.group, strip);
        addTile(panel);
      }
    }
  }

  // A strip after the other, the rows of one tile, copied together so that its pixels do not crowd into a few sets of the cache;
  // all panels pass by, packed. For a single group.
  void addStrips(int64_t panelStart, int64_t panelEnd) {
    std::vector<Panel> panels;
    for (int64_t i = panelStart; i < panelEnd; ++i)
      panels.push_back(open(i, packed_ + (i - panelStart) * pixels_ * kernels().gemmShape().panel));
    const bool copy = panelEnd - panelStart >= sharedStrip;
    for (int64_t run = 0; run < plan_.runs; ++run) {
      openRun(run);
      for (int64_t strip = 0; strip < strips_; ++strip) {
        openStrip(0, strip);
        for (int64_t s = 0; s < tile_.segmentCount; ++s) scaled_[s].a = copy ? s * tile_.length * 16 : found_[s].a;
        if (copy) copyStrip();
        for (const Panel& panel : panels) {
          for (int64_t s = 0; s < tile_.segmentCount; ++s) scaled_[s].b = found_[s].b * panel.stride;
          addTile(panel);
        }
      }
    }
  }

 private:
  Panel open(int64_t index, float* packed) const {
    const int64_t width = kernels().gemmShape().panel, first = index % plan_.panels * width, channels = plan_.g.outChannels;
    Panel panel = {index / plan_.panels, 0, std::min(width, plan_.g.outGroup() - first), channels, nullptr, nullptr};
    panel.column = panel.group * plan_.g.outGroup() + first;
    panel.inPlace = plan_.dy + stretch_.start * plan_.g.out[2] * channels + panel.column;
    if (!plan_.pack && panel.columns % 16 == 0) return panel;
    panel.stride = (panel.columns + 15) / 16 * 16;
    panel.packed = packed;
    kernels().gemmPackPanel(panel.inPlace, channels, false, pixels_, int32_t(panel.columns), packed);
    return panel;
  }
  void openRun(int64_t index) {
    const Run run = runOf(plan_, index);
    firstRow_ = index * plan_.runRows;
    tile_.length = run.pixelEnd - run.pixelStart;
    tile_.segmentCount = tile_.length > 0 ? listSegments(plan_, stretch_, run, found_) : 0;
  }
  void openStrip(int64_t group, int64_t strip) {
    row_ = partStart(plan_.runRows, strips_, strip);
    tile_.rows = int32_t(partStart(plan_.runRows, strips_, strip + 1) - row_);
    tile_.a = stretch_.rows.base + group * plan_.g.inGroup() + row_;
    tile_.strideA = plan_.g.stride[2] * plan_.g.inChannels;
  }
  void copyStrip() {
    for (int64_t s = 0; s < tile_.segmentCount; ++s) {
      kernels().gemmPackPanel(tile_.a + found_[s].a, tile_.strideA, false, tile_.length, tile_.rows, copied_ + scaled_[s].a);
    }
    tile_.a = copied_;
    tile_.strideA = 16;
  }
  void addTile(const Panel& panel) {
    tile_.columns = int32_t(panel.columns);
    tile_.strideB = panel.stride;
    tile_.b = panel.begin();
    tile_.c = dw_ + (firstRow_ + row_) * plan_.g.outChannels + panel.column;
    ahead_.give(tile_);
    kernels().gemmTileColumns(tile_);
  }

  const WeightPlan& plan_;
  const Stretch& stretch_;
  Ahead ahead_;
  GemmTile tile_ = {};
  GemmSegment* found_;   // of the run
  GemmSegment* scaled_;  // of the tile
  float* copied_;
  float* packed_;
  float* dw_;
  int64_t pixels_, strips_, firstRow_ = 0, row_ = 0;
};

}  // namespace

bool addStretch(const WeightPlan& plan, const WeightStretch& s, float* dw) {
  Stretch stretch;
  if (!openStretch(plan, s.start, s.end, stretch)) return false;
  void* memory = scratch(Slot::work, Adder::bytes(plan, s.end - s.start, s.panelEnd - s.panelStart));
  if (memory == nullptr) return false;
  Adder adder(plan, stretch, s.load, Ahead(plan, s.end, s.next), dw, memory);
  if (plan.pack) {
    adder.addStrips(s.panelStart, s.panelEnd);
  } else {
    for (int64_t panel = s.panelStart; panel < s.panelEnd; ++panel) adder.addPanel(panel);
  }
  return true;
}

}  // namespace myelin::ops
