// Winograd's algorithm against plain sums in double, on every instruction set: edges that tiles reach beyond, padding of every
// size, channels in odd numbers, blocks of several channels and tiles. The error is measured against the sum of the products'
// magnitudes, as docs/convolution.md states it.
#include <math.h>

#include <algorithm>
#include <thread>

#include "ops/conv_choice.h"
#include "ops/conv_winograd.h"
#include "runtime/dispatch.h"
#include "runtime/scratch.h"
#include "runtime/threads.h"
#include "support.h"
#include "test.h"

using namespace myelin;
using ops::ConvGeometry;
using test::below;
using test::explain;
using test::Random;

namespace {

ConvGeometry geometry(int64_t batch, int64_t height, int64_t width, int64_t in, int64_t out, int64_t padY, int64_t padX,
                      int64_t behindY, int64_t behindX) {
  return {batch,     {1, height, width},
          in,        {1, height + padY + behindY - 2, width + padX + behindX - 2},
          out,       {1, 3, 3},
          {1, 1, 1}, {0, padY, padX},
          {1, 1, 1}, 1};
}

ConvGeometry same(int64_t batch, int64_t size, int64_t in, int64_t out) {
  return geometry(batch, size, size, in, out, 1, 1, 1, 1);
}

size_t sizeX(const ConvGeometry& g) { return size_t(g.batch * g.inPixels() * g.inChannels); }
size_t sizeW(const ConvGeometry& g) { return size_t(9 * g.inChannels * g.outChannels); }
size_t sizeY(const ConvGeometry& g) { return size_t(g.batch * g.outPixels() * g.outChannels); }

template <class Visit>
void walk(const ConvGeometry& g, Visit visit) {
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t i = 0; i < g.out[1]; ++i)
      for (int64_t j = 0; j < g.out[2]; ++j)
        for (int64_t tap = 0; tap < 9; ++tap) {
          const int64_t row = i + tap / 3 - g.pad[1], column = j + tap % 3 - g.pad[2];
          if (row < 0 || row >= g.in[1] || column < 0 || column >= g.in[2]) continue;
          const int64_t x = ((n * g.in[1] + row) * g.in[2] + column) * g.inChannels;
          const int64_t y = ((n * g.out[1] + i) * g.out[2] + j) * g.outChannels;
          for (int64_t c = 0; c < g.inChannels; ++c)
            for (int64_t o = 0; o < g.outChannels; ++o)
              visit(size_t(x + c), size_t((tap * g.inChannels + c) * g.outChannels + o), size_t(y + o));
        }
}

struct Sums {
  std::vector<double> exact, magnitude;
  explicit Sums(size_t n) : exact(n), magnitude(n) {}
  void add(size_t at, float a, float b) {
    exact[at] += double(a) * b;
    magnitude[at] += fabs(double(a) * b);
  }
};

// Transforms mix the products of a whole tile, so its largest magnitude bounds the error of each result.
bool close(const char* what, const ConvGeometry& g, const std::vector<float>& got, const Sums& want) {
  const double bound = 32 * 0x1p-24 * *std::max_element(want.magnitude.begin(), want.magnitude.end());
  for (size_t i = 0; i < got.size(); ++i) {
    if (fabs(got[i] - want.exact[i]) <= bound) continue;
    printf("batch %d in %dx%dx%d out %dx%dx%d pad %d,%d\n", int(g.batch), int(g.in[1]), int(g.in[2]), int(g.inChannels),
           int(g.out[1]), int(g.out[2]), int(g.outChannels), int(g.pad[1]), int(g.pad[2]));
    return explain("%s[%zu]: expected %g, got %g", what, i, want.exact[i], double(got[i]));
  }
  return true;
}

uint64_t check(const ConvGeometry& g, Random& random, bool bias, uint64_t bits) {
  const std::vector<float> x = random.vector(sizeX(g)), w = random.vector(sizeW(g)), dy = random.vector(sizeY(g)),
                           b = random.vector(size_t(g.outChannels));
  std::vector<float> y = random.vector(sizeY(g)), dx = random.vector(sizeX(g)), dw = random.vector(sizeW(g));
  Sums wantY(y.size()), wantX(dx.size()), wantW(dw.size());
  walk(g, [&](size_t xi, size_t wi, size_t yi) {
    wantY.add(yi, x[xi], w[wi]);
    wantX.add(xi, dy[yi], w[wi]);
    wantW.add(wi, x[xi], dy[yi]);
  });
  for (size_t i = 0; i < wantY.exact.size() && bias; ++i) {
    wantY.exact[i] = std::max(0.0, wantY.exact[i] + b[i % size_t(g.outChannels)]);
  }
  CHECK(ops::winogradEligible(g));
  CHECK(!ops::winogradConv(g, x.data(), w.data(), bias ? b.data() : nullptr, y.data(), bias ? 1 : 0).failed());
  CHECK(!ops::winogradGradInput(g, dy.data(), w.data(), dx.data()).failed());
  CHECK(!ops::winogradGradWeight(g, x.data(), dy.data(), dw.data()).failed());
  CHECK(close("y", g, y, wantY));
  CHECK(close("dx", g, dx, wantX));
  CHECK(close("dw", g, dw, wantW));
  return test::hash(dw, test::hash(dx, test::hash(y, bits)));
}

ConvGeometry randomGeometry(Random& random) {
  const auto pick = [&](int64_t low, int64_t high) { return low + below(random, high - low + 1); };
  const int64_t channels = pick(0, 3) == 0 ? 70 : 20;
  return geometry(pick(1, 3), pick(2, 14), pick(2, 14), pick(1, channels), pick(1, channels), pick(1, 4), pick(1, 4), pick(0, 4),
                  pick(0, 4));
}

}  // namespace

TEST(winograd) {
  Random random;
  uint64_t bits = 1;
  for (int i = 0; i < 60; ++i) bits = check(randomGeometry(random), random, below(random, 2) == 0, bits);
  for (const ConvGeometry& g :
       {same(1, 28, 16, 32), same(5, 7, 130, 96), same(40, 2, 33, 65), same(3, 4, 64, 64), same(2, 13, 48, 17)}) {
    bits = check(g, random, true, bits);
  }
  static uint64_t fused = 0;
  if (strcmp(kernels().isa, "baseline") == 0) return;
  CHECK(fused == 0 || fused == bits);
  fused = bits;
}

// The same bits with one thread and with several, and for an image alone and in a batch.
TEST_ONCE(winogradRepeats) {
  const int before = threadCount();
  const ConvGeometry g = same(9, 13, 32, 64);
  uint64_t bits[2] = {};
  for (int threads : {1, 2}) {
    setThreadCount(threads);
    Random random;
    bits[threads - 1] = check(g, random, true, 1);
  }
  setThreadCount(before);
  CHECK(bits[0] == bits[1]);
  Random random;
  const std::vector<float> x = random.vector(sizeX(g)), w = random.vector(sizeW(g));
  std::vector<float> y(sizeY(g));
  ops::winogradConv(g, x.data(), w.data(), nullptr, y.data(), 0);
  const ConvGeometry one = same(1, 13, 32, 64);
  for (int64_t image = 0; image < g.batch; ++image) {
    std::vector<float> alone(sizeY(one));
    ops::winogradConv(one, x.data() + size_t(image) * sizeX(one), w.data(), nullptr, alone.data(), 0);
    CHECK(memcmp(y.data() + size_t(image) * alone.size(), alone.data(), alone.size() * sizeof(float)) == 0);
  }
}

// Infinities and NaN may spread within a tile, but no further than its 4x4 results.
TEST_ONCE(winogradSpread) {
  Random random;
  const ConvGeometry g = same(1, 16, 16, 16);
  std::vector<float> x = random.vector(sizeX(g)), w = random.vector(sizeW(g)), y(sizeY(g)), clean(sizeY(g));
  ops::winogradConv(g, x.data(), w.data(), nullptr, clean.data(), 0);
  x[size_t((6 * 16 + 6) * 16)] = INFINITY;
  ops::winogradConv(g, x.data(), w.data(), nullptr, y.data(), 0);
  for (int64_t i = 0; i < 16; ++i)
    for (int64_t j = 0; j < 16; ++j) {
      const size_t at = size_t((i * 16 + j) * 16);
      const bool meets = i >= 5 && i < 8 && j >= 5 && j < 8, shares = i >= 4 && i < 8 && j >= 4 && j < 8;
      if (meets) CHECK(!isfinite(y[at]));
      if (!shares) CHECK(y[at] == clean[at]);
    }
}

// A thread that starts afresh holds at most 2 MB after all three passes.
TEST_ONCE(winogradScratch) {
  const int before = threadCount();
  setThreadCount(1);
  Random random;
  for (const ConvGeometry& g : {same(1, 56, 64, 64), same(8, 7, 512, 512), same(1, 20, 20, 300)}) {
    const std::vector<float> x = random.vector(sizeX(g)), w = random.vector(sizeW(g)), dy = random.vector(sizeY(g));
    std::vector<float> y(sizeY(g)), dx(sizeX(g)), dw(sizeW(g));
    resetScratchPeak();
    std::thread([&] {
      ops::winogradConv(g, x.data(), w.data(), nullptr, y.data(), 0);
      ops::winogradGradInput(g, dy.data(), w.data(), dx.data());
      ops::winogradGradWeight(g, x.data(), dy.data(), dw.data());
    }).join();
    CHECK(scratchPeakBytes() <= size_t(2) << 20 || explain("%zu bytes", scratchPeakBytes()));
  }
  setThreadCount(before);
}

TEST_ONCE(winogradChoice) {
  const auto chosen = [](ops::ConvKind kind, const ConvGeometry& g) {
    return ops::chooseConv(kind, g) == ops::ConvAlgorithm::winograd;
  };
  for (int64_t batch : {1, 8, 100}) {
    for (ops::ConvKind kind : {ops::ConvKind::forward, ops::ConvKind::gradInput}) {
      CHECK(chosen(kind, same(batch, 56, 64, 64)));
      CHECK(chosen(kind, same(batch, 2, 512, 512)));
      CHECK(!chosen(kind, same(batch, 56, 3, 64)));
      CHECK(!chosen(kind, same(batch, 4, 16, 16)));
    }
    CHECK(chosen(ops::ConvKind::gradWeight, same(batch, 56, 64, 64)));
    CHECK(!chosen(ops::ConvKind::gradWeight, same(batch, 2, 512, 512)));
  }
  ConvGeometry strided = same(8, 57, 64, 64);
  strided.stride[1] = strided.stride[2] = 2;
  strided.out[1] = strided.out[2] = 29;
  CHECK(!chosen(ops::ConvKind::forward, strided));
}
