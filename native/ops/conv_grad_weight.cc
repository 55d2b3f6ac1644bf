// The gradient to the weights: dw[tap][channel][o] = sum over the output pixels of x[pixel's input at tap][channel] * dy[pixel][o].
// Both factors are read where they lie: the channels of a row of adjacent taps are contiguous in x, and so are the rows of a tile;
// k runs over the pixels of an output row, then over the rows. A few rows of images at a time (a stretch) stay in the
// second-level cache while all tiles of dw take their sums from it.
//
// The sum over k is cut into parts by the geometry alone, where dw is small; they are added in order. Where dw is large, one part
// is enough, and the threads share its blocks: a block is the weights of one run of taps and one panel of output channels.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_geometry.h"
#include "conv_rows.h"
#include "gemm_product.h"
#include "ops.h"

namespace myelin::ops {
namespace {

constexpr int64_t smallWeights = 1 << 17;    // floats of dw up to which it is summed in parts
constexpr int64_t mostParts = 8;
constexpr double partCost = 1e6;             // multiplications
constexpr int64_t stretchFloats = 1 << 17;   // of x and dy
constexpr int64_t copyLimit = 1 << 23;       // floats of a padded row with all its taps

struct Plan {
  const ConvGeometry& g;
  const float* x;
  const float* dy;
  ConvReach reach;
  bool inPlace, byPixel, adjacent;
  int64_t runs, runRows;     // stretches of dw whose rows are contiguous in x, within a group
  int64_t panels;            // of the output channels of a group
  int64_t rows, stretch;     // output rows of the batch, and of a stretch
  int64_t planeRows() const { return g.out[0] * g.out[1]; }
};

// One stretch of output rows: where their inputs lie.
struct Stretch {
  int64_t start, end;
  ConvRows rows;
};

bool openStretch(const Plan& plan, int64_t start, int64_t end, Stretch& stretch) {
  const ConvGeometry& g = plan.g;
  stretch = {start, end, rowsInPlace(plan.x, g.in[1], g.in[2], g.inChannels, plan.byPixel ? ConvReach{0, 0} : plan.reach)};
  if (plan.inPlace || plan.byPixel) return true;
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

// The output rows of the stretch, or their pixels, at which the taps of `run` meet the input.
int64_t listSegments(const Plan& plan, const Stretch& stretch, int64_t run, int64_t strideB, GemmSegment* out) {
  const ConvGeometry& g = plan.g;
  const int64_t across = plan.adjacent ? 1 : g.kernel[2];
  const int64_t tapD = run / across / g.kernel[1], tapH = run / across % g.kernel[1], tapW = run % across;
  int64_t count = 0;
  for (int64_t r = stretch.start; r < stretch.end; ++r) {
    const int64_t image = r / plan.planeRows(), plane = r / g.out[1] % g.out[0], row = r % g.out[1];
    const int64_t inPlane = plane * g.stride[0] - g.pad[0] + tapD * g.dilation[0];
    const int64_t inRow = row * g.stride[1] - g.pad[1] + tapH * g.dilation[1];
    if (inPlane < 0 || inPlane >= g.in[0] || inRow < 0 || inRow >= g.in[1]) continue;
    const int64_t imageOffset = plan.inPlace || plan.byPixel ? image * g.inPixels() * g.inChannels : 0;
    const int64_t a = imageOffset + stretch.rows.offset(inPlane, inRow), b = (r - stretch.start) * g.out[2] * strideB;
    if (!plan.byPixel) {
      out[count++] = {a + tapW * g.dilation[2] * g.inChannels, b};
      continue;
    }
    for (int64_t pixel = 0; pixel < g.out[2]; ++pixel) {
      const int64_t column = pixel * g.stride[2] - g.pad[2] + tapW * g.dilation[2];
      if (column >= 0 && column < g.in[2]) out[count++] = {a + column * g.inChannels, b + pixel * strideB};
    }
  }
  return count;
}

// Adds the stretch to blocks [blockStart, blockEnd) of dw.
bool addStretch(const Plan& plan, const Stretch& stretch, int64_t blockStart, int64_t blockEnd, bool load, float* dw) {
  const ConvGeometry& g = plan.g;
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const int64_t pixels = (stretch.end - stretch.start) * g.out[2];
  const size_t most = size_t(plan.byPixel ? pixels : stretch.end - stretch.start);
  const bool pack = g.outGroup() % 16 != 0;
  const size_t packedBytes = pack ? size_t(pixels * shape.panel) * sizeof(float) : 0;
  auto* segments = static_cast<GemmSegment*>(scratch(Slot::work, most * sizeof(GemmSegment) + packedBytes));
  if (segments == nullptr) return false;
  float* packed = reinterpret_cast<float*>(segments + most);
  const float* dy = plan.dy + stretch.start * g.out[2] * g.outChannels;
  GemmTile tile = {};
  tile.segments = segments;
  tile.strideA = g.stride[2] * g.inChannels;
  tile.strideC = g.outChannels;
  tile.length = plan.byPixel ? 1 : g.out[2];
  tile.load = load;
  const int64_t part = evenPart(plan.runRows, shape.rows);
  for (int64_t block = blockStart; block < blockEnd; ++block) {
    const int64_t run = block % plan.runs, panel = block / plan.runs % plan.panels, group = block / plan.runs / plan.panels;
    const int64_t column = panel * shape.panel, columns = std::min<int64_t>(shape.panel, g.outGroup() - column);
    tile.columns = int32_t(columns);
    tile.b = dy + group * g.outGroup() + column;
    tile.strideB = g.outChannels;
    if (columns % 16 != 0) {
      if (run == 0 || block == blockStart) table.gemmPackPanel(tile.b, g.outChannels, false, pixels, int32_t(columns), packed);
      tile.b = packed;
      tile.strideB = (columns + 15) / 16 * 16;
    }
    tile.segmentCount = listSegments(plan, stretch, run, tile.strideB, segments);
    const float* a = stretch.rows.base + group * g.inGroup();
    float* c = dw + run * plan.runRows * g.outChannels + group * g.outGroup() + column;
    for (int64_t row = 0; row < plan.runRows; row += part) {
      tile.rows = int32_t(std::min(part, plan.runRows - row));
      tile.a = a + row;
      tile.c = c + row * g.outChannels;
      table.gemmTileColumns(tile);
    }
  }
  return true;
}

bool addRows(const Plan& plan, int64_t start, int64_t end, int64_t blockStart, int64_t blockEnd, float* dw) {
  for (int64_t from = start; from < end;) {
    int64_t to = std::min(from + plan.stretch, end);
    // A padded copy is of one plane of one image.
    if (!plan.inPlace && !plan.byPixel) to = std::min(to, (from / plan.g.out[1] + 1) * plan.g.out[1]);
    Stretch stretch;
    if (!openStretch(plan, from, to, stretch)) return false;
    if (!addStretch(plan, stretch, blockStart, blockEnd, from > start, dw)) return false;
    from = to;
  }
  return true;
}

Plan planOf(const ConvGeometry& g, const float* x, const float* dy) {
  Plan plan = {g, x, dy, {-g.pad[2], (g.out[2] - 1) * g.stride[2] + (g.kernel[2] - 1) * g.dilation[2] + 1}, false, false, false, 0, 0,
               0, 0, 0};
  plan.inPlace = plan.reach.inside(g.in[2]);
  plan.rows = g.batch * plan.planeRows();
  const double paddedRow = double(plan.reach.count) * double(g.inChannels) * double(std::min(g.in[0], g.kernel[0]));
  const double tapRows = double(std::min((g.kernel[1] - 1) * g.dilation[1] + 1, g.in[1]));
  plan.byPixel = !plan.inPlace && paddedRow * tapRows > double(copyLimit);
  plan.adjacent = g.groups == 1 && g.dilation[2] == 1 && !plan.byPixel;
  plan.runs = plan.adjacent ? g.kernel[0] * g.kernel[1] : g.taps();
  plan.runRows = plan.adjacent ? g.kernel[2] * g.inChannels : g.inGroup();
  const int64_t panel = kernels().gemmShape().panel;
  plan.panels = (g.outGroup() + panel - 1) / panel;
  const double row = double(g.out[2] * std::max<int64_t>(g.outChannels, panel)) + double(plan.inPlace || plan.byPixel ? double(g.in[2] * g.inChannels) : paddedRow) *
                                                            double(std::min(g.stride[1], g.in[1]));
  plan.stretch = std::clamp<int64_t>(int64_t(double(stretchFloats) / row), 1, 4096);
  return plan;
}

}  // namespace

Status convGradWeight(In<float> x, In<float> dy, Out<float> dw, Dims geometry) {
  ConvGeometry g;
  const Status status = readGeometry(geometry, g);
  if (status.failed()) return status;
  if (!fits({g.batch, g.in[0], g.in[1], g.in[2], g.inChannels}, x.length)) return Status::error("x is shorter than its shape");
  if (!fits({g.batch, g.out[0], g.out[1], g.out[2], g.outChannels}, dy.length)) return Status::error("dy is shorter than its shape");
  if (!fits({g.kernel[0], g.kernel[1], g.kernel[2], g.inGroup(), g.outChannels}, dw.length)) {
    return Status::error("dw is shorter than its shape");
  }
  const int64_t size = elements({g.kernel[0], g.kernel[1], g.kernel[2], g.inGroup(), g.outChannels});
  if (size == 0) return Status::ok();
  if (elements({g.batch, g.out[0], g.out[1], g.out[2], g.in[0], g.in[1], g.in[2]}) == 0) {
    std::fill(dw.data, dw.data + size, 0.0f);
    return Status::ok();
  }
  const Plan plan = planOf(g, x.data, dy.data);
  const KernelTable& table = kernels();
  const double cost = double(plan.rows) * double(g.out[2]) * double(size);
  const int64_t blocks = g.groups * plan.panels * plan.runs;
  const int64_t parts =
      size <= smallWeights ? std::clamp<int64_t>(int64_t(cost / partCost), 1, std::min(mostParts, plan.rows)) : 1;
  const int64_t partRows = (plan.rows + parts - 1) / parts;
  const int64_t blocksEach = parts > 1 || cost < partCost ? blocks : std::max<int64_t>(1, blocks / 16);
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
    if (start >= end) std::fill(out, out + size, 0.0f);
    else if (!addRows(plan, start, end, blockStart, std::min(blockStart + blocksEach, blocks), out)) failed.store(true);
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
