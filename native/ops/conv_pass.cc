// The neighbouring pixels of an output row are the rows of a tile: their patches lie a constant stride apart in x, so nothing is
// gathered. k runs over the taps of the kernel, in one stretch for each row of taps where those are adjacent in x. The weights
// are packed, as [panel of columns][tap][channel][column]; a panel serves all rows of a band before the next one is taken up. As
// many panels are packed as the scratch memory may hold; the images pass by once for each such lot.
//
// An item is a band of rows of one output plane of one image. Where windows reach beyond the sides, its input rows are copied
// with zeros around them; if the reach is absurd (a dilation of millions) each pixel is computed by itself from the taps that
// hit.
#include "conv_pass.h"

#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_rows.h"
#include "gemm_product.h"

namespace myelin::ops {
namespace {

constexpr int64_t packedLimit = 3 << 17;            // floats of the weights packed at a time, where more than one panel is among them
constexpr int64_t copyLimit = int64_t(1) << 17;     // floats of a padded band, where more than one row is in it
constexpr int64_t rowCopyLimit = int64_t(1) << 23;  // floats of a padded band of one row
constexpr double itemCost = 4e5, chunkCost = 2e6;   // multiplications

struct Plan {
  const ConvPass& pass;
  const float* packed;
  ConvReach reach;
  bool inPlace, byPixel, adjacent;
  int64_t band, bands;  // output rows of an item, items of a plane
  int64_t steps;        // of k
  int64_t channels;     // of x, all groups
  int64_t panels;       // of a group
  int64_t panelStart = 0, panelEnd = 0;  // those packed, counted over all groups
};

// Floats from the start of a packed panel to that of the next.
int64_t panelPitch(const Plan& plan) {
  return std::min<int64_t>(kernels().gemmShape().panel, (plan.pass.width + 15) / 16 * 16) * plan.steps;
}

// The weights of the panels for the taps of the pass; a tap's block of weights is a matrix of its own.
void packWeights(const Plan& plan, float* out) {
  const ConvPass& pass = plan.pass;
  const KernelTable& table = kernels();
  const int64_t panel = table.gemmShape().panel;
  const int64_t stride = pass.groups * (pass.transposed ? pass.depth : pass.width);
  const int64_t block = pass.transposed ? pass.width * stride : pass.depth * stride;
  const auto pack = [&](int64_t item) {
    const int64_t index = plan.panelStart + item, group = index / plan.panels, column = index % plan.panels * panel;
    const int64_t columns = std::min(panel, pass.width - column), padded = (columns + 15) / 16 * 16;
    float* to = out + item * panelPitch(plan);
    for (const ConvTap& d : pass.axes[0].taps)
      for (const ConvTap& h : pass.axes[1].taps)
        for (const ConvTap& w : pass.axes[2].taps) {
          const int64_t tap = (d.index * pass.kernel[1] + h.index) * pass.kernel[2] + w.index;
          const float* from =
              pass.w + tap * block + (pass.transposed ? column * stride + group * pass.depth : group * pass.width + column);
          table.gemmPackPanel(from, stride, pass.transposed, pass.depth, int32_t(columns), to);
          to += padded * pass.depth;
        }
  };
  const int64_t items = plan.panelEnd - plan.panelStart;
  if (items * panel * plan.steps < (1 << 18)) {
    for (int64_t item = 0; item < items; ++item) pack(item);
  } else {
    parallelFor(items, [&](int64_t item, int) { pack(item); });
  }
}

// Segments of the taps that hit, for the output row (plane, row); with a pixel >= 0 those that hit for it alone.
int64_t listSegments(const Plan& plan, const ConvRows& rows, int64_t plane, int64_t row, int64_t pixel, GemmSegment* out) {
  const ConvPass& pass = plan.pass;
  const auto& [axisD, axisH, axisW] = pass.axes;
  const int64_t tapsW = int64_t(axisW.taps.size()), tapsH = int64_t(axisH.taps.size());
  int64_t count = 0;
  for (size_t d = 0; d < axisD.taps.size(); ++d) {
    const int64_t inPlane = plane * axisD.step + axisD.taps[d].offset;
    if (inPlane < 0 || inPlane >= axisD.in) continue;
    for (size_t h = 0; h < axisH.taps.size(); ++h) {
      const int64_t inRow = row * axisH.step + axisH.taps[h].offset;
      if (inRow < 0 || inRow >= axisH.in) continue;
      const int64_t a = rows.offset(inPlane, inRow);
      const int64_t tap = (int64_t(d) * tapsH + int64_t(h)) * tapsW;
      if (plan.adjacent && pixel < 0) {
        out[count++] = {a, tap * pass.depth};
        continue;
      }
      for (int64_t w = 0; w < tapsW; ++w) {
        const int64_t offset = axisW.taps[size_t(w)].offset, hit = pixel * axisW.step + offset;
        if (pixel >= 0 && (hit < 0 || hit >= axisW.in)) continue;
        const int64_t column = pixel >= 0 ? hit : offset - plan.reach.first;
        out[count++] = {a + column * plan.channels, (tap + w) * pass.depth};
      }
    }
  }
  return count;
}

// Tiles of `count` pixels from `pixel` on, for all columns of one panel.
void computePixels(const Plan& plan, GemmTile& tile, int64_t image, int64_t plane, int64_t row, int64_t pixel, int64_t count) {
  const ConvPass& pass = plan.pass;
  const auto& [axisD, axisH, axisW] = pass.axes;
  const KernelTable& table = kernels();
  const int64_t part = evenPart(count, table.gemmShape().rows);
  const int64_t outRow =
      ((image * pass.out[0] + axisD.start + plane * axisD.stride) * pass.out[1] + axisH.start + row * axisH.stride) *
          pass.out[2] +
      axisW.start;
  const int64_t channels = pass.groups * pass.width;
  const float* a = tile.a;
  const float* ahead = tile.ahead;
  float* c = tile.c;
  for (int64_t first = 0; first < count; first += part) {
    tile.rows = int32_t(std::min(part, count - first));
    tile.a = a + first * tile.strideA;
    if (tile.ahead) tile.ahead = ahead + first * tile.strideA;
    tile.c = c + (outRow + (pixel + first) * axisW.stride) * channels;
    table.gemmTileRows(tile);
  }
  tile.a = a;
  tile.c = c;
}

bool computeItem(const Plan& plan, int64_t item) {
  const ConvPass& pass = plan.pass;
  const auto& [axisD, axisH, axisW] = pass.axes;
  const int64_t image = item / (axisD.count * plan.bands), plane = item / plan.bands % axisD.count;
  const int64_t rowStart = item % plan.bands * plan.band, rowEnd = std::min(rowStart + plan.band, axisH.count);
  const float* pixels = pass.x + image * axisD.in * axisH.in * axisW.in * plan.channels;
  ConvRows rows = rowsInPlace(pixels, axisH.in, axisW.in, plan.channels, plan.byPixel ? ConvReach{0, 0} : plan.reach);
  const int64_t taps = int64_t(axisD.taps.size() * axisH.taps.size() * axisW.taps.size());
  if (!plan.inPlace && !plan.byPixel && taps > 0) {
    const ConvBand band = {std::max<int64_t>(0, plane * axisD.step + axisD.taps.front().offset),
                           std::min(axisD.in, plane * axisD.step + axisD.taps.back().offset + 1),
                           std::max<int64_t>(0, rowStart * axisH.step + axisH.taps.front().offset),
                           std::min(axisH.in, (rowEnd - 1) * axisH.step + axisH.taps.back().offset + 1)};
    float* copy =
        static_cast<float*>(scratch(Slot::packA, size_t(band.rows() * plan.reach.count * plan.channels) * sizeof(float)));
    if (copy == nullptr) return false;
    rows = rowsPadded(pixels, axisH.in, axisW.in, plan.channels, plan.reach, band, copy);
  }
  auto* segments = static_cast<GemmSegment*>(scratch(Slot::work, size_t(taps) * sizeof(GemmSegment)));
  if (segments == nullptr) return false;

  const int64_t panel = kernels().gemmShape().panel;
  // While the first panel is worked on, the same rows of the next image are fetched.
  const float* nextImage = pixels + axisD.in * axisH.in * axisW.in * plan.channels;
  const bool fetch = pass.groups == 1 && image + 1 < pass.batch;
  GemmTile tile = {};
  tile.aheadStride = 16;
  tile.aheadStep = 32;
  tile.segments = segments;
  tile.strideA = axisW.step * plan.channels;
  tile.strideC = axisW.stride * pass.groups * pass.width;
  tile.length = plan.adjacent && !plan.byPixel ? int64_t(axisW.taps.size()) * pass.depth : pass.depth;
  tile.activation = pass.activation;
  for (int64_t index = plan.panelStart; index < plan.panelEnd; ++index) {
    const int64_t group = index / plan.panels, column = index % plan.panels * panel;
    const int64_t columns = std::min(panel, pass.width - column);
    tile.a = rows.base + group * pass.depth;
    tile.columns = int32_t(columns);
    tile.strideB = (columns + 15) / 16 * 16;
    tile.b = plan.packed + (index - plan.panelStart) * panelPitch(plan);
    tile.c = pass.y + group * pass.width + column;
    tile.bias = pass.bias ? pass.bias + group * pass.width + column : nullptr;
    for (int64_t row = rowStart; row < rowEnd; ++row) {
      for (int64_t pixel = 0; pixel < axisW.count; pixel += plan.byPixel ? 1 : axisW.count) {
        tile.ahead = fetch && index == plan.panelStart
                         ? nextImage + std::min(row * axisH.step, axisH.in - 1) * axisW.in * plan.channels
                         : nullptr;
        tile.segmentCount = listSegments(plan, rows, plane, row, plan.byPixel ? pixel : -1, segments);
        for (int64_t s = 0; s < tile.segmentCount; ++s) segments[s].b *= tile.strideB;
        computePixels(plan, tile, image, plane, row, pixel, plan.byPixel ? 1 : axisW.count);
      }
    }
  }
  return true;
}

bool areAdjacent(const std::vector<ConvTap>& taps) {
  for (size_t i = 1; i < taps.size(); ++i)
    if (taps[i].offset != taps[i - 1].offset + 1) return false;
  return true;
}

// Bands small enough for the copy of their rows, and enough items for several threads where that pays.
void cutBands(Plan& plan) {
  const auto& [axisD, axisH, axisW] = plan.pass.axes;
  const ConvPass& pass = plan.pass;
  plan.band = axisH.count;
  if (!plan.inPlace && !axisD.taps.empty() && !axisH.taps.empty()) {
    const auto clipped = [](const ConvAxis& axis, int64_t results) {
      const int64_t reach = (results - 1) * axis.step + axis.taps.back().offset - axis.taps.front().offset + 1;
      return std::min(reach, axis.in);
    };
    const double row = double(clipped(axisD, 1)) * double(plan.reach.count) * double(plan.channels);
    while (plan.band > 1 && row * double(clipped(axisH, plan.band)) > double(copyLimit)) plan.band = (plan.band + 1) / 2;
    plan.byPixel = row * double(clipped(axisH, plan.band)) > double(std::max(copyLimit, plan.band == 1 ? rowCopyLimit : 0));
  }
  const double rowCost = double(axisW.count) * double(plan.steps) * double(pass.groups * pass.width);
  const int64_t planes = pass.batch * axisD.count;
  while (plan.band > 1 && planes * ((axisH.count + plan.band - 1) / plan.band) < 8 &&
         double(plan.band) * rowCost > 2 * itemCost) {
    plan.band = (plan.band + 1) / 2;
  }
  plan.bands = (axisH.count + plan.band - 1) / plan.band;
}

// The panels packed, for all images.
Status runPanels(const Plan& plan) {
  const ConvPass& pass = plan.pass;
  const auto& [axisD, axisH, axisW] = pass.axes;
  const int64_t items = pass.batch * axisD.count * plan.bands;
  const double columns = double(plan.panelEnd - plan.panelStart) / double(plan.panels) * double(pass.width);
  const double cost = double(plan.band) * double(axisW.count) * double(plan.steps) * columns;
  const int64_t together = std::clamp<int64_t>(int64_t(chunkCost / std::max(cost, 1.0)), 1, std::max<int64_t>(items / 2, 1));
  std::atomic<bool> failed{false};
  const auto run = [&](int64_t chunk) {
    for (int64_t item = chunk * together; item < std::min((chunk + 1) * together, items); ++item) {
      if (!computeItem(plan, item)) failed.store(true, std::memory_order_relaxed);
    }
  };
  const int64_t chunks = (items + together - 1) / together;
  if (cost * double(items) < itemCost) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk);
  } else {
    parallelFor(chunks, [&](int64_t chunk, int) { run(chunk); });
  }
  return failed.load() ? Status::error("out of memory for a band of rows") : Status::ok();
}

}  // namespace

Status runConvPass(const ConvPass& pass) {
  const auto& [axisD, axisH, axisW] = pass.axes;
  const int64_t panel = kernels().gemmShape().panel;
  Plan plan = {pass, nullptr, {0, 1}, true, false, false, 1, 1, 0, pass.groups * pass.depth, (pass.width + panel - 1) / panel};
  if (!axisW.taps.empty()) {
    plan.reach.first = axisW.taps.front().offset;
    plan.reach.count = (axisW.count - 1) * axisW.step + axisW.taps.back().offset - plan.reach.first + 1;
    plan.inPlace = plan.reach.inside(axisW.in);
  }
  plan.adjacent = pass.groups == 1 && areAdjacent(axisW.taps);
  plan.steps = int64_t(axisD.taps.size() * axisH.taps.size() * axisW.taps.size()) * pass.depth;
  cutBands(plan);

  // Lots of even size; a tap's order of sums is not cut, so they change no bit.
  const int64_t panels = pass.groups * plan.panels, pitch = panelPitch(plan);
  const int64_t lot = evenPart(panels, std::max<int64_t>(1, packedLimit / std::max<int64_t>(pitch, 1)));
  auto* packed = static_cast<float*>(scratch(Slot::packB, size_t(std::min(lot, panels) * pitch) * sizeof(float)));
  if (packed == nullptr) return Status::error("out of memory for the weights");
  plan.packed = packed;
  for (int64_t start = 0; start < panels; start += lot) {
    plan.panelStart = start;
    plan.panelEnd = std::min(start + lot, panels);
    packWeights(plan, packed);
    const Status status = runPanels(plan);
    if (status.failed()) return status;
  }
  return Status::ok();
}

}  // namespace myelin::ops
