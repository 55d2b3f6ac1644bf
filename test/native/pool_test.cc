// Maximum pooling and its gradient against plain loops, over random geometries, on every instruction set.
#include <math.h>

#include <algorithm>

#include "ops/ops.h"
#include "runtime/dispatch.h"
#include "support.h"
#include "test.h"

using namespace myelin;
using test::below;
using test::Random;

namespace {

struct Geometry {
  int32_t batch, in[3], channels, out[3], kernel[3], stride[3], pad[3], dilation[3];
  int64_t inPixels() const { return int64_t(in[0]) * in[1] * in[2]; }
  int64_t outPixels() const { return int64_t(out[0]) * out[1] * out[2]; }
  size_t xSize() const { return size_t(batch * inPixels() * channels); }
  size_t ySize() const { return size_t(batch * outPixels() * channels); }
};

Dims dimsOf(const Geometry& g) {
  static_assert(sizeof(Geometry) == 20 * sizeof(int32_t));
  Dims dims = {20, {}};
  memcpy(dims.values, &g, sizeof g);
  return dims;
}

// The cells of a window that lie in the input, in order.
std::vector<int64_t> cellsOf(const Geometry& g, int64_t pixel) {
  std::vector<int64_t> cells;
  const int64_t o[3] = {pixel / g.out[2] / g.out[1], pixel / g.out[2] % g.out[1], pixel % g.out[2]};
  for (int64_t tap = 0; tap < int64_t(g.kernel[0]) * g.kernel[1] * g.kernel[2]; ++tap) {
    const int64_t t[3] = {tap / g.kernel[2] / g.kernel[1], tap / g.kernel[2] % g.kernel[1], tap % g.kernel[2]};
    int64_t cell = 0;
    bool inside = true;
    for (int axis = 0; axis < 3; ++axis) {
      const int64_t at = o[axis] * g.stride[axis] - g.pad[axis] + t[axis] * g.dilation[axis];
      inside = inside && at >= 0 && at < g.in[axis];
      cell = cell * g.in[axis] + at;
    }
    if (inside) cells.push_back(cell);
  }
  return cells;
}

bool same(float a, double b) { return (isnan(a) && isnan(b)) || a == float(b) || fabs(a - b) <= 2e-6 * std::max(1.0, fabs(b)); }

void check(const Geometry& g, Random& random) {
  std::vector<float> x = random.vector(g.xSize()), dy = random.vector(g.ySize());
  for (size_t i = 0; i < x.size(); ++i) {
    if (below(random, 9) == 0) x[i] = 0.5f;
    if (below(random, 50) == 0) x[i] = NAN;
  }
  std::vector<float> y(g.ySize()), values(g.ySize()), dx = random.vector(g.xSize());
  std::vector<int32_t> indices(g.ySize());
  const Dims dims = dimsOf(g);
  CHECK(!ops::maxPool({x.data(), x.size()}, {y.data(), y.size()}, {{indices.data(), indices.size()}}, dims).failed());
  CHECK(!ops::maxPool({x.data(), x.size()}, {values.data(), values.size()}, {{nullptr, 0}}, dims).failed());
  std::vector<double> wantX(dx.size());
  bool allHit = true, right = true;
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t pixel = 0; pixel < g.outPixels(); ++pixel) {
      const std::vector<int64_t> cells = cellsOf(g, pixel);
      for (int64_t c = 0; c < g.channels; ++c) {
        const size_t at = size_t((n * g.outPixels() + pixel) * g.channels + c);
        float best = -INFINITY;
        int64_t where = -1;
        for (int64_t cell : cells) {
          const float v = x[size_t((n * g.inPixels() + cell) * g.channels + c)];
          if (where < 0 || v > best || (isnan(v) && !isnan(best))) best = v, where = cell;
        }
        right = right && same(y[at], best) && same(values[at], best) && indices[at] == where;
        if (where >= 0)
          wantX[size_t((n * g.inPixels() + where) * g.channels + c)] += dy[at];
        else
          allHit = false;
      }
    }
  CHECK(right);
  const bool failed =
      ops::maxPoolGrad({dy.data(), dy.size()}, {indices.data(), indices.size()}, {dx.data(), dx.size()}, dims).failed();
  CHECK(failed == !allHit);
  bool gradients = true;
  for (size_t i = 0; i < dx.size(); ++i) {
    gradients = gradients && (!allHit || same(dx[i], wantX[i]));
  }
  CHECK(gradients);
}

Geometry plain(int32_t batch, int32_t size, int32_t channels, int32_t kernel, int32_t stride) {
  const int32_t out = (size - kernel) / stride + 1;
  return {batch, {1, size, size}, channels, {1, out, out}, {1, kernel, kernel}, {1, stride, stride}, {0, 0, 0}, {1, 1, 1}};
}

}  // namespace

TEST(pool) {
  Random random;
  for (int i = 0; i < 150; ++i) {
    const auto pick = [&](int64_t low, int64_t high) { return int32_t(low + below(random, high - low + 1)); };
    Geometry g = {};
    g.batch = pick(1, 3);
    g.channels = pick(1, 40);
    for (int axis = 0; axis < 3; ++axis) {
      const bool used = axis > 0 || pick(0, 2) == 0;
      g.in[axis] = used ? pick(1, 9) : 1;
      g.kernel[axis] = used ? pick(1, 4) : 1;
      g.stride[axis] = used ? pick(1, 3) : 1;
      g.dilation[axis] = used ? pick(1, 2) : 1;
      g.pad[axis] = used ? pick(0, 2) : 0;
      g.out[axis] = used ? pick(1, 6) : 1;
    }
    check(g, random);
  }
  for (const Geometry& g :
       {plain(5, 26, 32, 2, 2), plain(5, 11, 64, 2, 2), plain(2, 9, 17, 3, 3), plain(2, 8, 20, 3, 2), plain(2, 7, 48, 7, 7)}) {
    check(g, random);
  }
}

TEST(poolIndices) {
  const Geometry g = plain(1, 4, 16, 2, 2);
  std::vector<float> dy(g.ySize(), 1.0f), dx(g.xSize());
  std::vector<int32_t> indices(g.ySize(), 15);
  const auto grad = [&] {
    return ops::maxPoolGrad({dy.data(), dy.size()}, {indices.data(), indices.size()}, {dx.data(), dx.size()}, dimsOf(g)).failed();
  };
  CHECK(!grad());
  CHECK(dx[15 * 16 + 3] == 4.0f && dx[0] == 0.0f);
  for (int32_t index : {16, -1, INT32_MIN, INT32_MAX, 5 | INT32_MIN}) {
    indices[20] = index;
    CHECK(grad());
  }
}

TEST_ONCE(poolRefuses) {
  const Geometry fine = plain(2, 6, 4, 2, 2);
  std::vector<float> x(fine.xSize()), y(fine.ySize());
  std::vector<int32_t> indices(fine.ySize());
  const auto refused = [&](const Dims& dims) {
    const bool forward = ops::maxPool({x.data(), x.size()}, {y.data(), y.size()}, {{nullptr, 0}}, dims).failed();
    CHECK(forward == ops::maxPool({x.data(), x.size()}, {y.data(), y.size()}, {{indices.data(), indices.size()}}, dims).failed());
    return forward;
  };
  CHECK(!refused(dimsOf(fine)));
  for (int field = 0; field < 20; ++field)
    for (int32_t value : {-1, 0, 3, 1 << 16, INT32_MAX, INT32_MIN}) {
      Dims dims = dimsOf(fine);
      dims.values[field] = value;
      CHECK(refused(dims) || value >= 0);
    }
}
