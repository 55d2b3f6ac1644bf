// An item is a band of rows of one image, of every pass: so what the passes of a strided gradient read in common is read while it is
// in the cache. A row is cut into spans of pixels that meet the input at the same taps; inside the image that is nearly all of
// it, and nothing is padded.
#include "conv_direct.h"

#include <algorithm>
#include <atomic>

#include "../kernels/conv.h"
#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"

namespace myelin::ops {
namespace {

constexpr double itemCost = 2e5, serialCost = 3e5;  // multiplications
constexpr int64_t wantedItems = 16;

int64_t tapsOf(const ConvPass& pass) {
  return int64_t(pass.axes[0].taps.size() * pass.axes[1].taps.size() * pass.axes[2].taps.size());
}

int64_t rowsOf(const ConvPass& pass) { return pass.axes[0].count * pass.axes[1].count; }

struct Job {
  const ConvPass& pass;
  std::vector<ConvSpan> spans;  // of a row
};

void computeRow(const Job& job, int64_t image, int64_t index, DirectTap* taps) {
  const ConvPass& pass = job.pass;
  const auto& [axisD, axisH, axisW] = pass.axes;
  const ConvSpan planes = spanAt(axisD, index / axisH.count), rows = spanAt(axisH, index % axisH.count);
  const int64_t plane = axisD.start + planes.start * axisD.stride, line = axisH.start + rows.start * axisH.stride;
  float* y = pass.y + (((image * pass.out[0] + plane) * pass.out[1] + line) * pass.out[2] + axisW.start) * pass.groups;
  DirectRow row = {};
  row.x = pass.x + image * axisD.in * axisH.in * axisW.in * pass.groups;
  row.w = pass.w;
  row.bias = pass.bias;
  row.taps = taps;
  row.strideX = axisW.step * pass.groups;
  row.strideY = axisW.stride * pass.groups;
  row.channels = pass.groups;
  row.activation = pass.activation;
  for (const ConvSpan& span : job.spans) {
    row.tapCount = listTaps(pass.axes, pass.kernel, pass.groups, planes, rows, span, taps);
    row.y = y + span.start * row.strideY;
    row.pixels = span.end - span.start;
    kernels().directRow(row);
  }
}

}  // namespace

int64_t listTaps(const ConvAxis (&axes)[3], const int64_t (&kernel)[3], int64_t channels, const ConvSpan& planes,
                 const ConvSpan& rows, const ConvSpan& columns, DirectTap* out) {
  const auto& [axisD, axisH, axisW] = axes;
  int64_t count = 0;
  for (int64_t d = planes.firstTap; d < planes.lastTap; ++d)
    for (int64_t h = rows.firstTap; h < rows.lastTap; ++h)
      for (int64_t w = columns.firstTap; w < columns.lastTap; ++w) {
        const ConvTap &tapD = axisD.taps[size_t(d)], &tapH = axisH.taps[size_t(h)], &tapW = axisW.taps[size_t(w)];
        const int64_t plane = planes.start * axisD.step + tapD.offset, row = rows.start * axisH.step + tapH.offset,
                      column = columns.start * axisW.step + tapW.offset;
        out[count++] = {((plane * axisH.in + row) * axisW.in + column) * channels,
                        ((tapD.index * kernel[1] + tapH.index) * kernel[2] + tapW.index) * channels};
      }
  return count;
}

Status runConvDirect(const std::vector<ConvPass>& passes) {
  std::vector<Job> jobs;
  double cost = 0;  // of an image
  int64_t mostTaps = 0, mostRows = 1;
  for (const ConvPass& pass : passes) {
    jobs.push_back({pass, spansOf(pass.axes[2])});
    const int64_t taps = tapsOf(pass);
    cost += double(rowsOf(pass)) * double(pass.axes[2].count) * double(taps + 1) * double(pass.groups);
    mostTaps = std::max(mostTaps, taps);
    mostRows = std::max(mostRows, rowsOf(pass));
  }
  const int64_t images = passes.front().batch;
  const int64_t wanted = std::max(wantedItems / images, int64_t(cost / (16 * itemCost)));
  const int64_t bands = std::clamp<int64_t>(std::min(wanted, int64_t(cost / itemCost)), 1, mostRows);
  std::atomic<bool> failed{false};
  const auto run = [&](int64_t item) {
    auto* taps = static_cast<DirectTap*>(scratch(Slot::work, size_t(mostTaps) * sizeof(DirectTap)));
    if (taps == nullptr) {
      failed.store(true, std::memory_order_relaxed);
      return;
    }
    const int64_t image = item / bands, band = item % bands;
    for (const Job& job : jobs) {
      const int64_t rows = rowsOf(job.pass);
      for (int64_t row = rows * band / bands; row < rows * (band + 1) / bands; ++row) computeRow(job, image, row, taps);
    }
  };
  if (cost * double(images) < serialCost) {
    for (int64_t item = 0; item < images * bands; ++item) run(item);
  } else {
    parallelFor(images * bands, [&](int64_t item, int) { run(item); });
  }
  return failed.load() ? Status::error("out of memory for the taps") : Status::ok();
}

}  // namespace myelin::ops
