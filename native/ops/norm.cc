// Normalisation of [outer, length, groups, width]: checks, and the choice of two ways. Where the statistics are those of
// contiguous runs (length 1) the rows are split over the threads. Otherwise they are gathered column by column: see
// norm_columns.cc.
#include <algorithm>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "norm_columns.h"
#include "ops.h"
#include "split.h"

namespace myelin::ops {
namespace {

// Elements of the rows whose parameters' gradients are summed in one go. Part of the numeric order.
constexpr int64_t rowChunkElements = 65536;

Status shapeOf(const Dims& geometry, size_t elements, NormShape& shape) {
  if (geometry.count != 4) return Status::error("expected a geometry of 4 numbers");
  for (int32_t i = 0; i < 4; i++)
    if (geometry[i] < 0) return Status::error("expected outer, length, groups and width of at least 0");
  shape = {geometry[0], geometry[1], geometry[2], geometry[3]};
  int64_t all;
  if (__builtin_mul_overflow(shape.outer * shape.length, shape.channels(), &all) || static_cast<size_t>(all) != elements) {
    return Status::error("expected x with outer * length * groups * width elements");
  }
  return Status::ok();
}

template <class A> bool fits(const A& array, int64_t length) { return array.length == static_cast<size_t>(length); }
template <class A> bool fits(const Opt<A>& array, int64_t length) {
  return array.data == nullptr || array.length == static_cast<size_t>(length);
}

Status badStatistics() { return Status::error("expected mean and variance with outer * groups elements"); }
Status badParameters() { return Status::error("expected scale, shift and their gradients with groups * width elements"); }

template <class T> T* at(T* p, int64_t offset) { return p == nullptr ? nullptr : p + offset; }

// body(row, count, channel): `count` runs from `row` on, whose first channel is `channel`.
template <class F> void eachRun(const NormShape& shape, int64_t firstOuter, int64_t count, F&& body) {
  if (shape.groups == 1) {
    body(firstOuter, count, int64_t{0});
    return;
  }
  for (int64_t row = firstOuter * shape.groups; row < (firstOuter + count) * shape.groups; row++)
    body(row, int64_t{1}, row % shape.groups * shape.width);
}

void normOfRows(const NormShape& shape, const NormArrays& a) {
  splitElements(shape.outer, shape.channels() + 1, [&](int64_t first, int64_t n) {
    eachRun(shape, first, n, [&](int64_t row, int64_t count, int64_t channel) {
      const int64_t start = row * shape.width;
      kernels().normRows(a.x + start, at(a.scale, channel), at(a.shift, channel), a.y + start, at(a.mean, row),
                         a.variance + row, count, shape.width, a.epsilon, a.fixed, a.relu);
    });
  });
}

// out[i] = the sum of parts[chunk][i] over the chunks, in order, in double.
void combine(const float* parts, int64_t chunks, int64_t stride, int64_t n, float* out) {
  splitElements(n, chunks + 1, [&](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; i++) {
      double total = 0;
      for (int64_t chunk = 0; chunk < chunks; chunk++) total += parts[chunk * stride + i];
      out[i] = static_cast<float>(total);
    }
  });
}

Status normGradOfRows(const NormShape& shape, const NormGradArrays& a) {
  const int64_t channels = shape.channels();
  const int64_t size = std::max<int64_t>(1, rowChunkElements / std::max<int64_t>(1, channels));
  const int64_t chunks = ceilDiv(shape.outer, size);
  const bool parameters = a.dscale != nullptr || a.dshift != nullptr;
  float* parts = nullptr;
  if (parameters) {
    parts = static_cast<float*>(scratch(Slot::work, static_cast<size_t>(chunks * 2 * channels) * sizeof(float)));
    if (parts == nullptr && chunks * channels > 0) return Status::error("out of memory");
  }
  parallelFor(chunks, [&](int64_t chunk, int) {
    float* own = at(parts, chunk * 2 * channels);
    if (parameters) std::fill_n(own, 2 * channels, 0.0f);
    const int64_t first = chunk * size;
    eachRun(shape, first, least(size, shape.outer - first), [&](int64_t row, int64_t count, int64_t channel) {
      const int64_t start = row * shape.width;
      kernels().normGradRows(a.x + start, a.dy + start, at(a.rectified, start), at(a.scale, channel), at(a.mean, row),
                             a.variance + row, at(a.dx, start), a.dscale == nullptr ? nullptr : own + channel,
                             a.dshift == nullptr ? nullptr : own + channels + channel, count, shape.width, a.epsilon, a.fixed);
    });
  });
  if (a.dscale != nullptr) combine(parts, chunks, 2 * channels, channels, a.dscale);
  if (a.dshift != nullptr) combine(parts + channels, chunks, 2 * channels, channels, a.dshift);
  return Status::ok();
}

}  // namespace

Status norm(In<float> x, Opt<In<float>> scale, Opt<In<float>> shift, Opt<InOut<float>> mean, InOut<float> variance, Out<float> y,
            Dims geometry, double epsilon, bool fixed, bool relu) {
  NormShape shape;
  if (const Status status = shapeOf(geometry, x.length, shape); status.failed()) return status;
  if (y.length != x.length) return Status::error("expected y of the length of x");
  const int64_t statistics = shape.outer * shape.groups;
  if (!fits(mean, statistics) || !fits(variance, statistics)) return badStatistics();
  if (!fits(scale, shape.channels()) || !fits(shift, shape.channels())) return badParameters();
  const NormArrays arrays = {x.data, scale.data, shift.data, y.data, mean.data, variance.data, epsilon, fixed, relu};
  if (shape.length != 1) return normOfColumns(shape, arrays);
  normOfRows(shape, arrays);
  return Status::ok();
}

Status normGrad(In<float> x, In<float> dy, Opt<In<float>> scale, Opt<In<float>> mean, In<float> variance, Opt<OutOver<float>> dx,
                Opt<Out<float>> dscale, Opt<Out<float>> dshift, Dims geometry, double epsilon, bool fixed,
                Opt<In<float>> rectified) {
  NormShape shape;
  if (const Status status = shapeOf(geometry, x.length, shape); status.failed()) return status;
  const int64_t elements = static_cast<int64_t>(x.length), statistics = shape.outer * shape.groups, channels = shape.channels();
  if (!fits(dy, elements) || !fits(dx, elements) || !fits(rectified, elements))
    return Status::error("expected dy, dx and the rectified result of the length of x");
  if (!fits(mean, statistics) || !fits(variance, statistics)) return badStatistics();
  if (!fits(scale, channels) || !fits(dscale, channels) || !fits(dshift, channels)) return badParameters();
  const NormGradArrays arrays = {x.data,  dy.data,     scale.data,  mean.data, variance.data,
                                 dx.data, dscale.data, dshift.data, epsilon,   fixed, rectified.data};
  return shape.length == 1 ? normGradOfRows(shape, arrays) : normGradOfColumns(shape, arrays);
}

}  // namespace myelin::ops
