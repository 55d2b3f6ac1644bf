// Products against plain loops in double, on every instruction set present: all transpositions, edges, row strides, batches,
// bias, activations, packed panels. Then that the bits depend neither on the way a product is cut nor on an instruction set with
// FMA.
#include <math.h>
#include <string.h>

#include <algorithm>
#include <vector>

#include "ops/ops.h"
#include "runtime/dispatch.h"
#include "support.h"
#include "test.h"

using namespace myelin;
using test::below;
using test::explain;
using test::Random;

namespace {

struct Case {
  int64_t m, n, k;
  bool transA, transB, accumulate, bias;
  int32_t activation;
  int64_t batch, padA, padB, padC;
};

struct Problem {
  Case s;
  int64_t lda, ldb, ldc, strideA, strideB, strideC;
  std::vector<float> a, b, c, bias;
};

Problem problemOf(const Case& s, Random& random) {
  Problem p;
  p.s = s;
  p.lda = (s.transA ? s.m : s.k) + s.padA;
  p.ldb = (s.transB ? s.k : s.n) + s.padB;
  p.ldc = s.n + s.padC;
  p.strideA = (s.transA ? s.k : s.m) * p.lda;
  p.strideB = below(random, 3) == 0 ? 0 : (s.transB ? s.n : s.k) * p.ldb;
  p.strideC = s.m * p.ldc;
  p.a = random.vector(size_t(p.strideA * s.batch));
  p.b = random.vector(size_t(p.strideB * (s.batch - 1) + (s.transB ? s.n : s.k) * p.ldb));
  p.c = random.vector(size_t(p.strideC * s.batch));
  p.bias = random.vector(size_t(s.n));
  return p;
}

Status call(Problem& p, std::vector<float>& c) {
  const Case& s = p.s;
  return ops::gemm({p.a.data(), p.a.size()}, {p.b.data(), p.b.size()}, {c.data(), c.size()},
                   {{s.bias ? p.bias.data() : nullptr, s.bias ? p.bias.size() : 0}}, s.m, s.n, s.k, p.lda, p.ldb, p.ldc, s.transA,
                   s.transB, s.accumulate, s.activation, s.batch, p.strideA, p.strideB, p.strideC);
}

double activated(double x, int32_t activation) {
  switch (activation) {
    case 1: return x > 0 ? x : 0;
    case 2: return 1 / (1 + exp(-x));
    case 3: return tanh(x);
    default: return x;
  }
}

bool right(const Problem& p, const std::vector<float>& got) {
  const Case& s = p.s;
  const double bound = 4 * 1.2e-7 * double(s.k + 2);
  for (int64_t q = 0; q < s.batch; ++q)
    for (int64_t i = 0; i < s.m; ++i)
      for (int64_t j = 0; j < p.ldc; ++j) {
        const size_t at = size_t(q * p.strideC + i * p.ldc + j);
        double want = p.c[at], slack = 0;
        if (j < s.n) {
          want = s.accumulate ? want : 0;
          for (int64_t k = 0; k < s.k; ++k) {
            want += double(p.a[size_t(q * p.strideA + (s.transA ? k * p.lda + i : i * p.lda + k))]) *
                    p.b[size_t(q * p.strideB + (s.transB ? j * p.ldb + k : k * p.ldb + j))];
          }
          want = activated(want + (s.bias ? p.bias[size_t(j)] : 0), s.activation);
          slack = bound;
        }
        if (!(fabs(got[at] - want) <= slack)) {
          return explain(
              "m=%ld n=%ld k=%ld trans=%d%d accumulate=%d activation=%d batch=%ld: c[%ld][%ld][%ld] expected %g, got %g",
              long(s.m), long(s.n), long(s.k), s.transA, s.transB, s.accumulate, s.activation, long(s.batch), long(q), long(i),
              long(j), want, double(got[at]));
        }
      }
  return true;
}

// The packed product gives the same bits as the plain one.
void checkPacked(Problem& p, const std::vector<float>& plain) {
  const Case& s = p.s;
  std::vector<float> packed(size_t(ops::gemmPackedSize(s.n, s.k))), c = p.c;
  CHECK(!ops::gemmPack({p.b.data(), p.b.size()}, {packed.data(), packed.size()}, s.n, s.k, p.ldb, s.transB).failed());
  const auto run = [&] {
    return ops::gemmPacked({p.a.data(), p.a.size()}, {packed.data(), packed.size()}, {c.data(), c.size()},
                           {{s.bias ? p.bias.data() : nullptr, s.bias ? p.bias.size() : 0}}, s.m, s.n, s.k, p.lda, p.ldc,
                           s.transA, s.activation);
  };
  CHECK(!run().failed());
  CHECK(c.empty() || memcmp(c.data(), plain.data(), c.size() * sizeof(float)) == 0 ||
        explain("m=%ld n=%ld k=%ld", long(s.m), long(s.n), long(s.k)));
  packed[0] += 1;
  CHECK(run().failed());
}

std::vector<Case> cases(Random& random) {
  std::vector<Case> list;
  const int64_t sizes[] = {0, 1, 3, 15, 16, 17, 31, 32, 33, 65};
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      for (int64_t k : {0, 1, 7, 33}) {
        const int kind = int(below(random, 64));
        list.push_back({m, n, k, (kind & 1) != 0, (kind & 2) != 0, (kind & 4) != 0, (kind & 4) == 0 && (kind & 8) != 0,
                        (kind & 4) ? 0 : int32_t(below(random, 4)), 1, below(random, 3), below(random, 3), below(random, 3)});
      }
  for (int i = 0; i < 60; ++i) {
    const bool accumulate = below(random, 2) == 0;
    list.push_back({1 + below(random, 150), 1 + below(random, 300), below(random, 1200), below(random, 2) == 0,
                    below(random, 2) == 0, accumulate, !accumulate && below(random, 2) == 0,
                    accumulate ? 0 : int32_t(below(random, 4)), 1 + below(random, 3), below(random, 2) * below(random, 300),
                    below(random, 40), below(random, 40)});
  }
  list.push_back({64, 256, 1024, false, false, false, true, 1, 1, 0, 0, 0});
  list.push_back({520, 300, 256, true, true, false, true, 1, 1, 0, 0, 0});
  return list;
}

}  // namespace

TEST(gemm) {
  Random random;
  uint64_t bits = 1;
  for (const Case& s : cases(random)) {
    Problem p = problemOf(s, random);
    std::vector<float> c = p.c;
    CHECK(!call(p, c).failed());
    CHECK(right(p, c));
    if (s.batch == 1 && !s.accumulate) checkPacked(p, c);
    bits = test::hash(c, bits);
  }
  // Every instruction set with fused multiply-add gives the same bits.
  static uint64_t fused = 0;
  if (strcmp(kernels().isa, "baseline") == 0) return;
  CHECK(fused == 0 || fused == bits);
  fused = bits;
}

// A row alone, in a small and in a large product: the same bits.
TEST(gemmRows) {
  Random random;
  Problem p = problemOf({70, 200, 700, false, false, false, true, 1, 1, 0, 0, 0}, random);
  std::vector<float> whole = p.c;
  CHECK(!call(p, whole).failed());
  for (int64_t rows : {1, 2, 5, 9, 40}) {
    p.s.m = rows;
    std::vector<float> c = p.c;
    CHECK(!call(p, c).failed());
    CHECK(memcmp(c.data(), whole.data(), size_t(rows * p.ldc) * sizeof(float)) == 0);
  }
}

TEST_ONCE(gemmRefuses) {
  std::vector<float> v(100);
  const auto refused = [&](int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb, int64_t ldc, int64_t batch,
                           int64_t strideC) {
    return ops::gemm({v.data(), 100}, {v.data(), 100}, {v.data(), 100}, {{nullptr, 0}}, m, n, k, lda, ldb, ldc, false, false,
                     false, 0, batch, 0, 0, strideC)
        .failed();
  };
  CHECK(!refused(10, 10, 10, 10, 10, 10, 1, 0));
  CHECK(refused(10, 10, 10, 9, 10, 10, 1, 0));
  CHECK(refused(10, 10, 10, 11, 10, 10, 1, 0));
  CHECK(refused(10, 10, 11, 11, 10, 10, 1, 0));
  CHECK(refused(-1, 10, 10, 10, 10, 10, 1, 0));
  CHECK(refused(int64_t(1) << 33, int64_t(1) << 33, 1, 1, int64_t(1) << 33, int64_t(1) << 33, 1, 0));
  CHECK(refused(1, 1, 1, 1, 1, 1, int64_t(1) << 39, int64_t(1) << 39));
  CHECK(refused(5, 10, 10, 10, 10, 10, 2, 49));
}
