#include "conv_axis.h"

#include <algorithm>

namespace myelin::ops {

ConvAxis forwardAxis(const ConvGeometry& g, int axis) {
  ConvAxis a = {g.in[axis], g.out[axis], g.stride[axis], 0, 1, {}};
  if (g.inChannels == 0) return a;
  for (int64_t tap = 0; tap < g.kernel[axis]; ++tap) a.taps.push_back({tap * g.dilation[axis] - g.pad[axis], tap});
  return a;
}

// Position i of the input meets result o at tap t where i + pad = o*stride + t*dilation. For the positions i = start + j*stride
// those results are j + (start + pad - t*dilation)/stride, for the taps at which that is a whole number.
ConvAxis backwardAxis(const ConvGeometry& g, int axis, int64_t start) {
  const int64_t stride = g.stride[axis];
  ConvAxis a = {g.out[axis], (g.in[axis] - start + stride - 1) / stride, 1, start, stride, {}};
  if (g.outChannels == 0) return a;
  for (int64_t tap = g.kernel[axis] - 1; tap >= 0; --tap) {
    const int64_t distance = start + g.pad[axis] - tap * g.dilation[axis];
    if (distance % stride == 0) a.taps.push_back({distance / stride, tap});
  }
  return a;
}

ConvSpan spanAt(const ConvAxis& axis, int64_t i) {
  const auto first = axis.taps.begin();
  const auto before = [](const ConvTap& tap, int64_t offset) { return tap.offset < offset; };
  const auto start = std::lower_bound(first, axis.taps.end(), -i * axis.step, before);
  const auto end = std::lower_bound(start, axis.taps.end(), axis.in - i * axis.step, before);
  return {i, i + 1, start - first, end - first};
}

// The tap that is met next, or is left first, tells how far a span reaches.
std::vector<ConvSpan> spansOf(const ConvAxis& axis) {
  std::vector<ConvSpan> spans;
  for (int64_t i = 0; i < axis.count;) {
    ConvSpan span = spanAt(axis, i);
    span.end = axis.count;
    if (span.firstTap > 0) {
      const int64_t offset = axis.taps[size_t(span.firstTap - 1)].offset;
      span.end = std::min(span.end, (-offset + axis.step - 1) / axis.step);
    }
    // A tap at or beyond lastTap lies behind the input for good; the last one that hits leaves first.
    if (span.lastTap > span.firstTap) {
      const int64_t offset = axis.taps[size_t(span.lastTap - 1)].offset;
      span.end = std::min(span.end, (axis.in - offset + axis.step - 1) / axis.step);
    }
    spans.push_back(span);
    i = span.end;
  }
  return spans;
}

}  // namespace myelin::ops
