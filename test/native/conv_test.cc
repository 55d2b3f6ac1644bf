// Convolutions and their gradients against plain loops in double, over random geometries (dimensions, strides, dilations, groups,
// padding, windows that miss the input) and the shapes of common networks, on every instruction set.
#include <math.h>

#include <algorithm>
#include <thread>

#include "ops/ops.h"
#include "runtime/dispatch.h"
#include "runtime/scratch.h"
#include "runtime/threads.h"
#include "support.h"
#include "test.h"

using namespace myelin;
using test::below;
using test::explain;
using test::Random;

namespace {

struct Geometry {
  int32_t batch, in[3], inChannels, out[3], outChannels, kernel[3], stride[3], pad[3], dilation[3], groups;
  int64_t inPixels() const { return int64_t(in[0]) * in[1] * in[2]; }
  int64_t outPixels() const { return int64_t(out[0]) * out[1] * out[2]; }
  int64_t taps() const { return int64_t(kernel[0]) * kernel[1] * kernel[2]; }
  size_t xSize() const { return size_t(batch * inPixels() * inChannels); }
  size_t wSize() const { return size_t(taps() * (inChannels / groups) * outChannels); }
  size_t ySize() const { return size_t(batch * outPixels() * outChannels); }
};

Dims dimsOf(const Geometry& g) {
  static_assert(sizeof(Geometry) == 22 * sizeof(int32_t));
  Dims dims = {22, {}};
  memcpy(dims.values, &g, sizeof g);
  return dims;
}

void print(const Geometry& g) {
  const Dims dims = dimsOf(g);
  for (int i = 0; i < 22; ++i) printf("%d ", dims[i]);
  printf("\n");
}

// Calls visit(x index, w index, y index) for every product of the convolution.
template <class Visit>
void walk(const Geometry& g, Visit visit) {
  const int64_t cg = g.inChannels / g.groups, og = g.outChannels / g.groups;
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t pixel = 0; pixel < g.outPixels(); ++pixel)
      for (int64_t tap = 0; tap < g.taps(); ++tap) {
        const int64_t o[3] = {pixel / g.out[2] / g.out[1], pixel / g.out[2] % g.out[1], pixel % g.out[2]};
        const int64_t t[3] = {tap / g.kernel[2] / g.kernel[1], tap / g.kernel[2] % g.kernel[1], tap % g.kernel[2]};
        int64_t cell = 0;
        bool inside = true;
        for (int axis = 0; axis < 3; ++axis) {
          const int64_t at = o[axis] * g.stride[axis] - g.pad[axis] + t[axis] * g.dilation[axis];
          inside = inside && at >= 0 && at < g.in[axis];
          cell = cell * g.in[axis] + at;
        }
        if (!inside) continue;
        for (int64_t channel = 0; channel < g.inChannels; ++channel)
          for (int64_t out = channel / cg * og; out < (channel / cg + 1) * og; ++out) {
            visit(size_t((n * g.inPixels() + cell) * g.inChannels + channel),
                  size_t((tap * cg + channel % cg) * g.outChannels + out),
                  size_t((n * g.outPixels() + pixel) * g.outChannels + out));
          }
      }
}

bool close(const char* what, const Geometry& g, const std::vector<float>& got, const std::vector<double>& want, double terms) {
  const double bound = 4 * 1.2e-7 * (terms + 2);
  for (size_t i = 0; i < got.size(); ++i) {
    if (fabs(got[i] - want[i]) <= bound) continue;
    print(g);
    return explain("%s[%zu]: expected %g, got %g", what, i, want[i], double(got[i]));
  }
  return true;
}

uint64_t check(const Geometry& g, Random& random, bool bias, int32_t activation, uint64_t bits) {
  const std::vector<float> x = random.vector(g.xSize()), w = random.vector(g.wSize()), dy = random.vector(g.ySize()),
                           b = random.vector(size_t(g.outChannels));
  std::vector<float> y = random.vector(g.ySize()), dx = random.vector(g.xSize()), dw = random.vector(g.wSize());
  std::vector<double> wantY(y.size()), wantX(dx.size()), wantW(dw.size());
  walk(g, [&](size_t xi, size_t wi, size_t yi) {
    wantY[yi] += double(x[xi]) * w[wi];
    wantX[xi] += double(dy[yi]) * w[wi];
    wantW[wi] += double(x[xi]) * dy[yi];
  });
  for (size_t i = 0; i < wantY.size(); ++i) {
    if (bias) wantY[i] += b[i % size_t(g.outChannels)];
    if (activation == 1) wantY[i] = std::max(0.0, wantY[i]);
  }
  const Dims dims = dimsOf(g);
  // Winograd's error has a test of its own.
  const bool winograd = ops::convAlgorithm(0, dims, 0) == int64_t(ops::ConvAlgorithm::winograd);
  const int32_t algorithm = int32_t(winograd ? ops::ConvAlgorithm::gemm : ops::ConvAlgorithm::automatic);
  CHECK(!ops::conv({x.data(), x.size()}, {w.data(), w.size()}, {{bias ? b.data() : nullptr, b.size()}}, {y.data(), y.size()},
                   dims, activation, algorithm)
             .failed());
  CHECK(!ops::convGradInput({dy.data(), dy.size()}, {w.data(), w.size()}, {dx.data(), dx.size()}, dims, algorithm).failed());
  CHECK(!ops::convGradWeight({x.data(), x.size()}, {dy.data(), dy.size()}, {dw.data(), dw.size()}, dims, algorithm).failed());
  const double taps = double(g.taps());
  CHECK(close("y", g, y, wantY, taps * g.inChannels / g.groups));
  CHECK(close("dx", g, dx, wantX, taps * g.outChannels / g.groups));
  CHECK(close("dw", g, dw, wantW, double(g.batch) * double(g.outPixels())));
  return test::hash(dw, test::hash(dx, test::hash(y, bits)));
}

Geometry randomGeometry(Random& random) {
  const auto pick = [&](int64_t low, int64_t high) { return int32_t(low + below(random, high - low + 1)); };
  Geometry g = {};
  g.groups = pick(0, 2) == 0 ? pick(1, 4) : 1;
  g.batch = pick(1, 3);
  g.inChannels = g.groups * pick(1, pick(0, 3) == 0 ? 40 : 6);
  g.outChannels = g.groups * pick(1, pick(0, 2) == 0 ? 70 : 20);
  const int dimensions = pick(1, 3);
  for (int axis = 0; axis < 3; ++axis) {
    const bool used = axis >= 3 - dimensions;
    g.in[axis] = used ? pick(1, dimensions == 3 ? 6 : 19) : 1;
    g.kernel[axis] = used ? pick(1, 4) : 1;
    g.stride[axis] = used ? pick(1, 3) : 1;
    g.dilation[axis] = used ? pick(1, 3) : 1;
    g.pad[axis] = used && pick(0, 1) ? pick(0, 3) : 0;
    const int reach = g.in[axis] + g.pad[axis] * 2 - (g.kernel[axis] - 1) * g.dilation[axis] - 1;
    g.out[axis] = used ? std::max(1, reach >= 0 ? reach / g.stride[axis] + 1 + (pick(0, 5) == 0 ? 1 : 0) : 1) : 1;
  }
  return g;
}

Geometry plain(int32_t batch, int32_t size, int32_t channels, int32_t outChannels, int32_t kernel, int32_t stride, int32_t pad) {
  const int32_t out = (size + 2 * pad - kernel) / stride + 1;
  return {batch,         {1, size, size}, channels, {1, out, out}, outChannels, {1, kernel, kernel}, {1, stride, stride},
          {0, pad, pad}, {1, 1, 1},       1};
}

}  // namespace

TEST(conv) {
  Random random;
  uint64_t bits = 1;
  for (int i = 0; i < 150; ++i)
    bits = check(randomGeometry(random), random, below(random, 2) == 0, int32_t(below(random, 2)), bits);
  for (const Geometry& g :
       {plain(3, 28, 1, 32, 3, 1, 0), plain(3, 13, 32, 64, 3, 1, 0), plain(2, 14, 40, 48, 3, 2, 1), plain(2, 9, 70, 33, 1, 1, 0),
        plain(1, 32, 3, 16, 7, 2, 3), plain(2, 35, 3, 40, 7, 2, 3), plain(1, 20, 5, 9, 3, 3, 1), plain(1, 40, 24, 8, 5, 1, 2), plain(2, 6, 200, 96, 3, 1, 1)}) {
    bits = check(g, random, true, 1, bits);
  }
  static uint64_t fused = 0;
  if (strcmp(kernels().isa, "baseline") == 0) return;
  CHECK(fused == 0 || fused == bits);
  fused = bits;
}

// Geometries that reach far outside must neither read there nor take much memory.
TEST_ONCE(convFarAway) {
  Random random;
  Geometry g = plain(1, 7, 3, 5, 3, 1, 0);
  const int32_t far = 1 << 30;
  g.out[1] = g.out[2] = 7;
  g.dilation[1] = g.dilation[2] = far;
  g.pad[1] = g.pad[2] = far;
  check(g, random, true, 0, 1);
  g.dilation[1] = g.dilation[2] = 1;
  g.pad[1] = g.pad[2] = far;
  check(g, random, true, 0, 1);
  g.pad[1] = g.pad[2] = 2;
  g.stride[1] = g.stride[2] = far;
  check(g, random, true, 0, 1);
}

TEST_ONCE(convRefuses) {
  const Geometry fine = plain(2, 6, 4, 8, 3, 1, 0);
  std::vector<float> x(fine.xSize()), w(fine.wSize()), y(fine.ySize());
  const auto refused = [&](const Geometry& g) {
    const Dims dims = dimsOf(g);
    const bool forward = ops::conv({x.data(), x.size()}, {w.data(), w.size()}, {}, {y.data(), y.size()}, dims, 0, 0).failed();
    CHECK(forward == ops::convGradInput({y.data(), y.size()}, {w.data(), w.size()}, {x.data(), x.size()}, dims, 0).failed());
    CHECK(forward == ops::convGradWeight({x.data(), x.size()}, {y.data(), y.size()}, {w.data(), w.size()}, dims, 0).failed());
    return forward;
  };
  CHECK(!refused(fine));
  for (int field = 0; field < 22; ++field)
    for (int32_t value : {-1, 0, 3, 1 << 16, INT32_MAX, INT32_MIN}) {
      Dims dims = dimsOf(fine);
      dims.values[field] = value;
      Geometry g;
      memcpy(&g, dims.values, sizeof g);
      refused(g);
    }
  Geometry g = fine;
  g.out[2] += 1;
  CHECK(refused(g));
  g = fine;
  g.groups = 3;
  CHECK(refused(g));
  g = fine;
  g.stride[2] = 0;
  CHECK(refused(g));
}

// A thread that starts afresh holds at most 2 MB after any pass of these.
TEST_ONCE(convScratch) {
  const int before = threadCount();
  setThreadCount(1);
  Geometry depthwise = plain(2, 14, 576, 576, 3, 1, 1);
  depthwise.groups = 576;
  for (const Geometry& g : {plain(2, 224, 3, 64, 7, 2, 3), plain(2, 56, 64, 64, 3, 1, 1), plain(2, 14, 512, 512, 3, 2, 1),
                            plain(2, 7, 512, 512, 3, 1, 1), plain(2, 28, 256, 512, 1, 2, 0), plain(2, 14, 1024, 2048, 1, 2, 0),
                            plain(2, 7, 2048, 512, 1, 1, 0), depthwise}) {
    std::vector<float> x(g.xSize()), w(g.wSize()), y(g.ySize());
    const Dims dims = dimsOf(g);
    const auto held = [&](const auto& call) {
      resetScratchPeak();
      std::thread([&] { CHECK(!call().failed()); }).join();
      const bool modest = scratchPeakBytes() <= size_t(2) << 20;
      if (!modest) print(g);
      return modest || explain("held %zu bytes", scratchPeakBytes());
    };
    CHECK(held([&] { return ops::conv({x.data(), x.size()}, {w.data(), w.size()}, {}, {y.data(), y.size()}, dims, 0, 0); }));
    CHECK(held([&] { return ops::convGradInput({y.data(), y.size()}, {w.data(), w.size()}, {x.data(), x.size()}, dims, 0); }));
    CHECK(held([&] { return ops::convGradWeight({x.data(), x.size()}, {y.data(), y.size()}, {w.data(), w.size()}, dims, 0); }));
  }
  setThreadCount(before);
}

// The same bits with one thread and with several, and for an image alone and in a batch.
TEST_ONCE(convRepeats) {
  Random random;
  const int before = threadCount();
  const Geometry g = plain(9, 13, 32, 64, 3, 1, 1);
  uint64_t bits[2] = {};
  for (int threads : {1, 2}) {
    setThreadCount(threads);
    Random same;
    bits[threads - 1] = check(g, same, true, 1, 1);
  }
  setThreadCount(before);
  CHECK(bits[0] == bits[1]);
  const std::vector<float> x = random.vector(g.xSize()), w = random.vector(g.wSize());
  std::vector<float> y(g.ySize()), alone(g.ySize());
  ops::conv({x.data(), x.size()}, {w.data(), w.size()}, {}, {y.data(), y.size()}, dimsOf(g), 0, 0);
  Geometry one = g;
  one.batch = 1;
  ops::conv({x.data(), x.size()}, {w.data(), w.size()}, {}, {alone.data(), alone.size()}, dimsOf(one), 0, 0);
  CHECK(memcmp(y.data(), alone.data(), one.ySize() * sizeof(float)) == 0);
}
